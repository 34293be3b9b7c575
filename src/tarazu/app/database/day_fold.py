"""One day of the journal, folded into batches of rows: what each entry tells, and the engine's state after the last."""

from collections.abc import Iterator
from pathlib import Path

from tarazu import reference
from tarazu.adapters.sqlite_projection.latest import Latest
from tarazu.adapters.sqlite_projection.projection import Batch, Place
from tarazu.adapters.sqlite_projection.rows import Reply, Row, Source, answer_of, failure_row, strangers_of, told
from tarazu.engine import codec
from tarazu.engine.recovery import Recovery
from tarazu.journal.entry import Entry, Head
from tarazu.runtime.journal_reader import JournalReader


class OtherJournal(Exception):
    """The database was made from another journal than this one, or from one that has been changed since."""


class DayFold:
    """A place in a day's journal, and the engine as it was there. It needs no master: nothing is decided anew."""

    def __init__(self, folder: Path) -> None:
        self.day = folder.name
        self.head = Head()
        self.first_prev = b""
        self._engine = Recovery({}, reference.charge_rates())
        self._latest = Latest(self.day)
        self._entries = _following(JournalReader(folder))
        self._next: Entry | None = None
        """Read, and not taken yet: it was not acknowledged."""

    @property
    def place(self) -> Place | None:
        """None at the day's beginning."""
        return Place(self.head, self.first_prev) if self.head.sequence else None

    def resume(self, place: Place) -> None:
        """Go to where the tables stand. Raises OtherJournal when this journal never was there."""
        while self.head.sequence < place.head.sequence:
            entry = self._read(place.head.sequence)
            if entry is None:
                stands = f"the database stands at entry {place.head.sequence}"
                raise OtherJournal(f"the journal of {self.day} ends at entry {self.head.sequence}, and {stands}")
            self._take(entry)
        if self.place != place:
            raise OtherJournal(f"entry {place.head.sequence} of {self.day} is not the one the database was made from")
        self._latest.news(self._engine.state, frozenset())

    def batch(self, upto: int | None, entries_max: int) -> Batch | None:
        """The next so many entries, none beyond `upto`; None when there are none. Raises BrokenChain, BadPayload."""
        follows, ts_ns = self.head, 0
        rows: dict[str, list[Row]] = {}
        answers: list[Reply] = []
        while self.head.sequence < follows.sequence + entries_max and (entry := self._read(upto)) is not None:
            record = self._take(entry)
            ts_ns, source = entry.ts_ns, Source(self.day, entry.sequence)
            if isinstance(record, codec.Failure):
                rows.setdefault("failures", []).append(failure_row(source, record))
                continue
            for table, row in told(source, record):
                rows.setdefault(table, []).append(row)
            answer = answer_of(source, record)
            if answer is not None:
                answers.append(answer)
        if self.head == follows:
            return None
        return Batch(
            day=self.day,
            follows=follows,
            first_prev=self.first_prev,
            head=self.head,
            ts_ns=ts_ns,
            rows=rows,
            answers=answers,
            news=self._latest.news(self._engine.state, strangers_of(rows)),
        )

    def _read(self, upto: int | None) -> Entry | None:
        entry = self._next or next(self._entries)
        self._next = None
        if entry is not None and upto is not None and entry.sequence > upto:
            self._next = entry
            return None
        return entry

    def _take(self, entry: Entry) -> codec.Record | codec.Failure:
        record = codec.decode(entry.kind, entry.payload)
        if isinstance(record, codec.Record):
            self._engine.recover(record.stamped, record.step)
        if not self.head.sequence:
            self.first_prev = entry.prev
        self.head = Head(entry.sequence, entry.hash)
        return record


def _following(reader: JournalReader) -> Iterator[Entry | None]:
    """Without end: None when there is nothing new."""
    while True:
        yield from reader.ready()
        yield None
