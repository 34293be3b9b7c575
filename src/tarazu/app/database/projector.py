"""Bringing the tables to where the journal is: batch by batch, from wherever they stand.

Only what the journal has acknowledged is shown: of a view that tells what a power cut takes back, nobody knows
afterwards what it was a view of.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from tarazu.adapters.sqlite_projection.projection import Batch, Elsewhere, Place, Projection
from tarazu.app.database.acknowledged import acknowledged
from tarazu.app.database.day_fold import DayFold, OtherJournal
from tarazu.runtime.journal_files import day_folder, days
from tarazu.runtime.journal_reader import BrokenChain

BATCH_ENTRIES = 2_000


class Projector:
    """For one thread. Whatever a method raises, the next call begins again from where the tables then stand."""

    def __init__(self, journal: Path, file: Path, batch_entries: int = BATCH_ENTRIES) -> None:
        self._journal, self._file, self._batch_entries = journal, file, batch_entries
        self._projection: Projection | None = None
        self._places: dict[str, Place] = {}
        self._fold: DayFold | None = None
        self._pending: Batch | None = None
        """Folded, and not known to be written."""

    def catch_up(self, told: Callable[[int], None] = lambda entries: None) -> int:
        """Take in every acknowledged entry that the tables do not show yet; returns how many. `told` hears them added
        up, batch by batch.

        Raises Damaged, CannotUse, OtherJournal, BrokenChain, BadPayload, OSError.
        """
        taken = 0
        while (projection := self._open()) is not None and (batch := self._next()) is not None:
            try:
                new = projection.write(batch)
            except Elsewhere:
                self._start_over()
                continue
            self._pending = None
            self._places[batch.day] = Place(batch.head, batch.first_prev)
            taken += batch.head.sequence - batch.follows.sequence if new else 0
            told(taken)
        return taken

    def close(self) -> None:
        """Idempotent."""
        projection, self._projection = self._projection, None
        if projection is not None:
            projection.close()

    def _start_over(self) -> None:
        self.close()
        self._fold = self._pending = None

    def _open(self) -> Projection | None:
        """The file; None when somebody waits to replace it: it is out of his way then."""
        if self._projection is not None and self._projection.is_wanted:
            self.close()
            return None
        if self._projection is None:
            self._projection = Projection(self._file)
            self._places = self._projection.places()
            self._go_on()
        return self._projection

    def _go_on(self) -> None:
        """With what was folded before, where the file is still the one that showed it."""
        fold = self._fold
        if fold is not None and self._pending is None and self._places.get(fold.day) != fold.place:
            self._fold = None

    def _next(self) -> Batch | None:
        while self._pending is None:
            if self._fold is None and not self._begin():
                return None
            fold = self._fold
            assert fold is not None
            later = [day for day in days(self._journal) if day.isoformat() > fold.day]
            there = acknowledged(self._journal / fold.day)
            try:
                self._pending = fold.batch(None if later else there, self._batch_entries)
            except BaseException:
                self._fold = None
                raise
            if self._pending is not None:
                self._check(self._pending)
            elif fold.head.sequence < there:
                self._fold = None
                raise BrokenChain(f"entry {fold.head.sequence + 1} of {fold.day} was acknowledged, and is not there")
            elif not later:
                return None
            else:
                self._fold = self._at(later[0])
        return self._pending

    def _begin(self) -> bool:
        """On the last day the tables show, else on the journal's first."""
        known = [day.isoformat() for day in days(self._journal)]
        shown = max(self._places, default="")
        ahead = [day for day in known if day >= shown]
        if not ahead and shown:
            raise OtherJournal(f"the database shows {shown}, and {self._journal} has no such day nor a later one")
        if not ahead:
            return False
        self._fold = self._at(date.fromisoformat(ahead[0]))
        return True

    def _at(self, day: date) -> DayFold:
        fold = DayFold(day_folder(self._journal, day))
        place = self._places.get(fold.day)
        if place is not None:
            fold.resume(place)
        return fold

    def _check(self, batch: Batch) -> None:
        """A new day goes on from the last one shown: from the same journal, and leaving none of it out."""
        earlier = [day for day in self._places if day < batch.day]
        if batch.follows.sequence or not earlier:
            return
        before = self._places[max(earlier)]
        if batch.first_prev != before.head.hash:
            self._fold = self._pending = None
            raise OtherJournal(f"{batch.day} does not follow the last entry of {max(earlier)} that the database shows")
