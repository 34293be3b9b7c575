"""What a reconciliation leaves in `closes/<day>/`: its result, and the broker's answers it was made from.

Both are hashed in the desk's record. The broker tells only of today: a day that is over is reconciled again from the
answers that were kept, as long as they are what the record says they were, or what it says a run that was cut off was
going to write.
"""

import hashlib
from datetime import date
from typing import TypeVar

import msgspec

from tarazu.app.account.reading import AccountRead
from tarazu.app.closing.alone import step_alone
from tarazu.app.closing.steps import done, record_step, step_done
from tarazu.app.closing.whole import close_folder
from tarazu.app.closing.written import about, begun, write
from tarazu.app.home import Home
from tarazu.app.reconcile.breaks import FILE, Reconciliation
from tarazu.app.reconcile.legs.charges import Notes
from tarazu.app.reconcile.note.contract_note import ContractNote
from tarazu.app.reconcile.note.kept import kept_note
from tarazu.runtime.desk_record import DeskKind

T = TypeVar("T")

READ_FILE = "broker_read.json"
PART_FILE = "broker_read-part.json"
"""Of a later run that was told less."""


class Altered(ValueError):
    """A file of the day is not what the desk's record says it was; the message names it."""


class BrokerRead(msgspec.Struct, frozen=True, kw_only=True):
    """`closes/<day>/broker_read.json`: the broker's answers of one moment. No credential is in them."""

    schema: str = "tarazu.broker_read/1"
    day: str
    profile: str
    as_of_ns: int
    """When it was asked, UTC ns of the profile's clock."""
    account: AccountRead
    charges: Notes


def read_reconciliation(home: Home, day: date) -> Reconciliation | None:
    """As the last run left it, vouched for by the desk's record; None: there is none that it vouches for.

    Raises Altered, BadDeskRecord, OSError.
    """
    raw = _vouched(home, day, FILE)
    return None if raw is None else _decoded(raw, Reconciliation, FILE)


def saved_read(home: Home, day: date) -> tuple[BrokerRead, str] | None:
    """The answers of the last run of that day, and their SHA-256. Raises Altered, BadDeskRecord, OSError."""
    raw = _vouched(home, day, READ_FILE)
    if raw is None:
        return None
    return _decoded(raw, BrokerRead, READ_FILE), hashlib.sha256(raw).hexdigest()


def latest_note(home: Home, day: date) -> ContractNote | None:
    """The contract note that was taken in last. Raises AlteredNote, BadDeskRecord, OSError."""
    entry = step_done(home, day, DeskKind.CONTRACT_NOTE)
    return None if entry is None else kept_note(home, day, about(home, day), entry)


def encoded(read: BrokerRead) -> bytes:
    return msgspec.json.encode(read)


def keep(
    home: Home,
    day: date,
    result: Reconciliation,
    answers: bytes,
    *,
    verdict: str,
    exit_code: int,
    who: str,
    now_ns: int,
) -> None:
    """Write both whole, and say so in the desk's record; without `answers` those that are kept stay what it is of.
    Answers that leave something unknown do not take the place of others: the broker tells a day only on that day.

    One process at a time. Raises Held, BadDeskRecord, OSError, ValueError.
    """
    with step_alone(home, day, DeskKind.RECONCILED):
        files = _written(home, day, result, answers, who, now_ns)
        body = {
            "verdict": verdict,
            "exit": exit_code,
            "standing": result.standing,
            "files": files,
            "breaks": len(result.breaks),
            "money_breaks": len(result.money_breaks),
        }
        record_step(home, DeskKind.RECONCILED, day, body, who, now_ns)


def _written(home: Home, day: date, result: Reconciliation, answers: bytes, who: str, now_ns: int) -> dict[str, str]:
    """SHA-256 by name of what the reconciliation is of, written now or kept. Raises as `keep`."""
    files = {READ_FILE: result.read_sha256} if result.read_sha256 else {}
    texts: dict[str, bytes] = {}
    if answers:
        before = _hash_there(home, day, READ_FILE) if result.untold else ""
        files = {READ_FILE: before} if before else {}
        texts[PART_FILE if before else READ_FILE] = answers
    texts[FILE] = msgspec.json.encode(result)
    return files | write(home, day, DeskKind.RECONCILED, texts, who, now_ns)


def _vouched(home: Home, day: date, name: str) -> bytes | None:
    path = close_folder(home, day) / name
    wanted, since = _hashes(home, day, name)
    if not wanted and not since:
        return None
    try:
        raw = path.read_bytes()
    except FileNotFoundError as gone:
        if not wanted:
            return None  # the first run of the day was cut off before it was there
        raise Altered(f"{path} is gone; the desk's record has its hash: bring it back from a backup") from gone
    if hashlib.sha256(raw).hexdigest() not in {wanted, *since}:
        raise Altered(f"{path} is not what the desk's record says it was: it was altered; bring it back from a backup")
    return raw


def _hashes(home: Home, day: date, name: str) -> tuple[str, set[str]]:
    """By the last run that was done, empty where it named none; and what runs were going to write since."""
    told = about(home, day)
    entry = next((one for one in reversed(told) if one.kind is DeskKind.RECONCILED), None)
    wanted = "" if entry is None else done(entry).files.get(name, "")
    return wanted, begun(told, entry).get(name, set())


def _hash_there(home: Home, day: date, name: str) -> str:
    """Which of those the file has; of one that was altered what it should have, and empty where there is none."""
    wanted, since = _hashes(home, day, name)
    path = close_folder(home, day) / name
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return found if found in since else wanted


def _decoded(raw: bytes, kind: type[T], name: str) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.MsgspecError as bad:
        raise Altered(f"{name} is of another version of this program, and does not read: {bad}") from bad
