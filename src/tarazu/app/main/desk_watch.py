"""The desk's record, followed: what was asked in it while nobody listened is done, and its head goes into the journal.

A halt that could not be told (`tarazu risk halt`, `tarazu flatten` with main down) is taken at the start and each
second, once: the journal says how far the record was read. A record that was changed, or is shorter than the journal
says, is trouble of `DESK`: no entries until a person has looked.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tarazu.engine.messages import Commanded, DeskNoted, Message, Order, RecordTrouble
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord, DeskEntry, DeskKind, days, entries

OF = "DESK"
_ORDERS = {"HARD_HALT": Order.HALT, "SOFT_HALT": Order.SOFT_HALT}


class DeskWatch:
    """`look` reads what is new; only a record that has grown is opened."""

    def __init__(self, folder: Path, noted: DeskNoted | None, trouble: str = "") -> None:
        """`trouble`: what the engine was last told of it."""
        self._folder, self._noted = folder, noted
        self._seen: tuple[str, int] = ("", -1)
        self._trouble = trouble

    def look(self) -> list[Message]:
        """What was asked since, then how far was read; and trouble that begins or is over. Raises nothing."""
        try:
            latest = self._latest()
            if latest == self._seen:
                return []
            news = list(self._news())
            self._seen = latest
        except (BadDeskRecord, OSError) as bad:
            return self._told(str(bad))
        return [*self._told(""), *news]

    def _latest(self) -> tuple[str, int]:
        """The last day's file, and its size; glob finds nothing where there is no folder yet."""
        path = max(self._folder.glob("*.jsonl"), default=None)
        return ("", 0) if path is None else (path.name, path.stat().st_size)

    def _news(self) -> Iterator[Message]:
        last: DeskEntry | None = None
        for entry in self._after(self._noted):
            last = entry
            if entry.kind is DeskKind.HALT_ASKED:
                yield _halt(entry)
        if last is not None:
            noted = DeskNoted(day=ist.day_of(last.ts_ns).isoformat(), seq=last.seq, hash=last.hash())
            self._noted = noted
            yield noted

    def _after(self, noted: DeskNoted | None) -> Iterator[DeskEntry]:
        """Proven to follow the one that was noted."""
        at = None if noted is None else date.fromisoformat(noted.day)
        there = [day for day in days(self._folder) if at is None or day >= at]
        if at is not None and at not in there:
            raise BadDeskRecord(f"the desk's record of {at} is gone, and the journal has noted it")
        for day in there:
            found = entries(self._folder, day)
            if noted is not None and day == at:
                if len(found) < noted.seq or found[noted.seq - 1].hash() != noted.hash:
                    raise BadDeskRecord(f"the desk's record of {day} is not the one that the journal has noted")
                found = found[noted.seq :]
            yield from found

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


def pending_halts(folder: Path, noted: DeskNoted | None) -> list[DeskEntry]:
    """Halts that no main has taken yet. Raises BadDeskRecord, OSError."""
    return [entry for entry in DeskWatch(folder, noted)._after(noted) if entry.kind is DeskKind.HALT_ASKED]
