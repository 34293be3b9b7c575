"""The steps of a day's close, as the desk's record has them: which are done, in what order, and on what they stood.

    reconcile -> audit daily -> dr backup -> export trades -> rollup          and then the day is CLOSED

Each step's command appends one entry when it is done, whatever came of it:

    {"day": "2026-11-23", "verdict": "OK", "exit": 0, "standing": {...}, "files": {"trades.csv": "<sha256>"}, ...}

Before it puts its files in place their hashes are in the record, too (`closing.written`): a step that was cut off in
between has altered nothing, and is not done. Any step may be done alone, again, or out of order. A day is closed once
its market is, all five have passed (exit 0 or 1), each after the one before it, and on a journal in which nothing has
happened since.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from tarazu.app.closing.standing import Standing, moved_since
from tarazu.app.closing.trading_day import still_open
from tarazu.app.closing.written import about, cut_off
from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status
from tarazu.runtime.desk_record import DeskEntry, DeskKind, append

ORDER: dict[DeskKind, str] = {
    DeskKind.RECONCILED: "tarazu reconcile",
    DeskKind.AUDITED: "tarazu audit daily",
    DeskKind.BACKED_UP: "tarazu dr backup",
    DeskKind.EXPORTED: "tarazu export trades",
    DeskKind.ROLLED_UP: "tarazu rollup",
}
"""Each step and its command, in the order of the runbook."""
IMPORT_NOTE = "tarazu close import-note FILE"
"""No step of the order; what it takes in is compared by reconcile."""
PASSED = (Exit.OK, Exit.WARN)
OUT_OF_ORDER = "OUT_OF_ORDER"


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What every step's entry tells, besides what is its own; further members of a body are kept as they are."""

    day: str
    """ISO date: the day that was closed, which may be earlier than the entry."""
    verdict: str
    exit: int
    standing: Standing = Standing()
    files: dict[str, str] = {}
    """SHA-256, hexadecimal, by the name of the file in `closes/<day>/`."""

    @property
    def passed(self) -> bool:
        return self.exit in PASSED


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """How a step of a day stands."""

    kind: DeskKind
    wrong: str = ""
    """Why the day is not closed by it: not done, cut off, not passed, done before its turn, or of a journal that has
    moved."""
    entry: DeskEntry | None = None
    again: str = ""
    """The command that is to be done for it."""


def step_done(home: Home, day: date, kind: DeskKind) -> DeskEntry | None:
    """The latest entry of this kind about `day`; None: there is none. It may be of a failure: `done(entry).passed`.

    Raises BadDeskRecord, OSError.
    """
    return _latest(about(home, day)).get(kind)


def done(entry: DeskEntry) -> Done:
    """What it tells; one whose body does not read has not passed."""
    try:
        return msgspec.convert(entry.body, Done)
    except msgspec.ValidationError as bad:
        return Done(day=str(entry.body.get("day", "")), verdict=f"not read: {bad}", exit=Exit.UNKNOWN)


def record_step(home: Home, kind: DeskKind, day: date, body: Mapping[str, Any], who: str, now_ns: int) -> DeskEntry:
    """Append the entry of a step that is done: `body` has `verdict`, `exit`, `standing` and `files` (`Done`), and
    whatever else is worth keeping. With the last step the day is closed, where all five have passed.

    Raises BadDeskRecord, DeskRecordBusy, OSError; ValueError for a body that is too long or no `Done`.
    """
    told = {"day": day.isoformat(), **msgspec.to_builtins(dict(body))}
    msgspec.convert(told, Done)
    entry = append(home.desk, kind, told, who=who, now_ns=now_ns)
    if kind is DeskKind.ROLLED_UP and not open_because(home, day, now_ns):
        _close(home, day, who, now_ns)
    return entry


def open_because(home: Home, day: date, now_ns: int) -> list[str]:
    """Why the day is not closed; none: it can be, or is. Raises BadDeskRecord, OSError."""
    early, found = still_open(home, day, now_ns), rows(home, day)
    wrong = [f"{_name(row.kind)} {row.wrong}" for row in found if row.wrong]
    if not early and not wrong and found[0].entry is not None and still_open(home, day, found[0].entry.ts_ns):
        wrong = [f"{_name(found[0].kind)} done before the close: the broker's day was not over"]
    return [early, *wrong] if early else wrong


def rows(home: Home, day: date) -> list[Row]:
    """The five steps as they stand now. Raises BadDeskRecord, OSError."""
    told = about(home, day)
    entries, cut = _latest(told), cut_off(told)
    turns = {kind: turn for turn, kind in enumerate(entries)}
    found: list[Row] = []
    before: DeskKind | None = None
    for kind in ORDER:
        early = before is not None and kind in turns and turns[kind] < turns[before]
        wrong = f"done before {_name(before)} was" if early and before else _wrong(home, day, entries.get(kind))
        wrong = "was cut off while it wrote" if kind in cut else wrong
        again = ORDER[kind]
        if not wrong and kind is DeskKind.RECONCILED and DeskKind.CONTRACT_NOTE in cut:
            wrong, again = "is without a contract note whose import was cut off", IMPORT_NOTE
        found.append(Row(kind=kind, wrong=wrong, entry=entries.get(kind), again=again))
        before = kind if kind in turns else before
    return found


def out_of_order(home: Home, day: date, kind: DeskKind) -> Check | None:
    """For a step's own verdict, before it records itself: a WARN that names the steps before it that are not done, or
    not good; None: it is this one's turn. Raises BadDeskRecord, OSError."""
    kinds = list(ORDER)
    wrong = [row for row in rows(home, day)[: kinds.index(kind)] if row.wrong]
    if not wrong:
        return None
    told = "; ".join(f"{_name(row.kind)} {row.wrong}" for row in wrong)
    hint = f"{wrong[0].again} --date {day}"
    return Check(id="close.order", status=Status.WARN, code=OUT_OF_ORDER, detail=told, hint=hint)


def _wrong(home: Home, day: date, entry: DeskEntry | None) -> str:
    if entry is None:
        return "not done"
    told = done(entry)
    return moved_since(home, day, told.standing) if told.passed else f"{told.verdict}, exit {told.exit}"


def _name(kind: DeskKind) -> str:
    return ORDER[kind].removeprefix("tarazu ")


def _latest(told: list[DeskEntry]) -> dict[DeskKind, DeskEntry]:
    """The last entry of each kind, in the order in which they were written."""
    found: dict[DeskKind, DeskEntry] = {}
    for entry in told:
        found.pop(entry.kind, None)
        found[entry.kind] = entry
    return found


def _close(home: Home, day: date, who: str, now_ns: int) -> None:
    """The flags of a day that was closed are what a rollback goes back to; flags that do not read are told of."""
    from tarazu.app.flags.store import note_known_good
    from tarazu.app.flags.versions import BadFlags

    told: dict[str, Any] = {"day": day.isoformat()}
    try:
        told["flags"] = note_known_good(home, now_ns, who).version
    except (BadFlags, OSError) as bad:
        told["flags_not_noted"] = str(bad)
    append(home.desk, DeskKind.CLOSED, told, who=who, now_ns=now_ns)
