"""A person's word that the broker's book is right where it differs from ours: in the desk's record, for one day and for
this difference alone. Nothing else of the gate can be accepted."""

import hashlib
from datetime import date

import msgspec

from tarazu.app.home import Home
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append, stamped

ACT = "accept_book"
ACCEPTABLE = "BOOK_DIFFERS"
"""The code of the row that is in the way: the account holds other things than ours..."""
CARRIED = "CARRIED"
"""...and of the one that tells what the night changed. Both have what is accepted in their detail."""

_NAMED = "difference "

Held = dict[tuple[str, str], int]
"""Net units by instrument key and product; places with nothing are not in it."""


class Accepted(msgspec.Struct, frozen=True):
    who: str
    reason: str


def hash_of(theirs: Held, ours: Held) -> str:
    """The name of a difference between two books: that of another one is another."""
    books = msgspec.json.encode((sorted(theirs.items()), sorted(ours.items())))
    return hashlib.sha256(books).hexdigest()[:8]


def difference(hash_: str, told: str) -> str:
    """What is told of a difference, by its name."""
    return f"{_NAMED}{hash_}: {told}"


def remedy(hash_: str) -> str:
    """The command by which a person accepts it."""
    return f'if the broker is right: tarazu ready --accept-book {hash_} --why "..."'


def accepted_books(home: Home, day: date) -> dict[str, Accepted]:
    """That day's words by the name of their difference, the last of each. Raises BadDeskRecord, OSError."""
    words = [entry for entry in stamped(home.desk, day) if entry.kind is DeskKind.READINESS]
    return {
        _hash_in(str(entry.body.get("difference", ""))): Accepted(entry.who, str(entry.body.get("reason", "")))
        for entry in words
        if entry.body.get("act") == ACT
    }


def accepted(home: Home, now_ns: int, difference: str) -> Accepted | None:
    """Today's word on exactly this difference. Raises OSError."""
    try:
        told = stamped(home.desk, ist.day_of(now_ns))
    except BadDeskRecord:
        return None  # `desk.chain` blocks
    for entry in reversed(told):
        said = entry.body
        if entry.kind is DeskKind.READINESS and said.get("act") == ACT and said.get("difference") == difference:
            return Accepted(entry.who, str(said.get("reason", "")))
    return None


def accept(home: Home, now_ns: int, difference: str, reason: str, *, who: str) -> None:
    """Raises BadDeskRecord, OSError."""
    body = {"act": ACT, "difference": difference, "reason": reason}
    append(home.desk, DeskKind.READINESS, body, who=who, now_ns=now_ns)


def _hash_in(told: str) -> str:
    return told.removeprefix(_NAMED).partition(":")[0]
