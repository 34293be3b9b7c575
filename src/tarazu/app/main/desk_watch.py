"""The desk's record, followed: what was asked in it while nobody listened is done, and its head goes into the journal.

A halt that could not be told (`tarazu risk halt`, `tarazu flatten` with main down) is taken at the start and each
second, once: the journal says how far the record was read. A record that was changed, or is shorter than the journal
says, is trouble of `DESK`: no entries until a person has looked. A halt that stands in it is taken all the same: one
too many is taken back by a person, one too few may cost the account.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from tarazu.engine.messages import Commanded, DeskNoted, Message, Order, RecordTrouble
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry, DeskKind, dated, days, size

OF = "DESK"
_ORDERS = {"HARD_HALT": Order.HALT, "SOFT_HALT": Order.SOFT_HALT}


class DeskWatch:
    """`look` reads what is new; only a record that has grown is opened."""

    def __init__(self, folder: Path, noted: DeskNoted | None) -> None:
        """Of a start: trouble that an earlier main told of is over with it, and is told anew."""
        self._folder, self._noted = folder, noted
        self._seen: tuple[date | None, int] = (None, -1)
        self._trouble = ""
        self._taken: set[bytes] = set()
        """Lines of halts that were taken out of a record that does not prove."""

    def look(self) -> list[Message]:
        """What was asked since, then how far was read; and trouble that begins or is over. Raises nothing."""
        try:
            latest = self._latest()
            if latest == self._seen:
                return []
            news = list(self._news())
            self._seen = latest
        except (BadDeskRecord, OSError) as bad:
            return [*self._told(str(bad)), *self._unproven()]
        return [*self._told(""), *news]

    def _unproven(self) -> Iterator[Message]:
        """Each once by this main; by the next again, for what does not prove cannot be noted."""
        for line, entry in unproven_halts(self._folder, self._noted):
            if line not in self._taken:
                self._taken.add(line)
                yield _halt(entry)

    def _latest(self) -> tuple[date | None, int]:
        """The last day, and its file's size; none where there is no folder yet."""
        last = days(self._folder)[-1:]
        return (last[0], size(self._folder, last[0])) if last else (None, 0)

    def _news(self) -> Iterator[Message]:
        last: tuple[date, DeskEntry] | None = None
        for day, entry in after(self._folder, self._noted):
            last = day, entry
            if entry.kind is DeskKind.HALT_ASKED:
                yield _halt(entry)
        if last is not None:
            day, entry = last  # the file's day: the entry's stamp may be of an earlier one
            self._noted = DeskNoted(day=day.isoformat(), seq=entry.seq, hash=entry.hash())
            yield self._noted

    def _told(self, trouble: str) -> list[Message]:
        if trouble == self._trouble:
            return []
        self._trouble = trouble
        return [RecordTrouble(of=OF, ok=not trouble, text=trouble)]


def _halt(entry: DeskEntry) -> Commanded:
    """What does not read is the hardest of what it may have been."""
    order = _ORDERS.get(str(entry.body.get("level")), Order.HALT)
    why = f"{entry.body.get('why') or 'no reason was written'} (asked {ist.stamp(entry.ts_ns)} IST, main was not there)"
    return Commanded(order=order, who=entry.who, why=why)


def after(folder: Path, noted: DeskNoted | None) -> Iterator[tuple[date, DeskEntry]]:
    """What stands behind the entry that was noted, proven to follow it; all where none was. Raises BadDeskRecord,
    OSError."""
    if noted is None:
        yield from dated(folder)
        return
    at = date.fromisoformat(noted.day)
    if at not in days(folder):
        raise BadDeskRecord(f"the desk's record of {at} is gone, and the journal has noted it")
    met = False
    for day, entry in dated(folder, at):
        if met:
            yield day, entry
        elif day == at and entry.seq == noted.seq and entry.hash() == noted.hash:
            met = True
        elif day > at or entry.seq >= noted.seq:
            break
    if not met:
        raise BadDeskRecord(f"the desk's record of {at} is not the one that the journal has noted")


def unproven_halts(folder: Path, noted: DeskNoted | None) -> Iterator[tuple[bytes, DeskEntry]]:
    """Every halt that reads, with its line, in a record that does not prove: behind the entry that was noted, where
    that still stands, else of its whole day and all later ones. Raises nothing: what does not read is passed over."""
    for day in days(folder):
        if noted is not None and day.isoformat() < noted.day:
            continue
        try:
            lines = (folder / f"{day.isoformat()}.jsonl").read_bytes().split(b"\n")
        except OSError:
            continue
        hashes = [hashlib.sha256(line).hexdigest() for line in lines]
        start = hashes.index(noted.hash) + 1 if noted is not None and noted.hash in hashes else 0
        for line in lines[start:]:
            try:
                entry = msgspec.json.decode(line, type=DeskEntry)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            if entry.kind is DeskKind.HALT_ASKED:
                yield line, entry


def pending_halts(folder: Path, noted: DeskNoted | None) -> list[DeskEntry]:
    """Halts that no main has taken yet. Raises BadDeskRecord, OSError."""
    return [entry for _, entry in after(folder, noted) if entry.kind is DeskKind.HALT_ASKED]
