"""Reading a day for what its entries say: those that say nothing, which are most, are proven with the rest and counted.

A segment at once, by kernels, where all of it is in order; from where it is not, entry by entry as any reader does.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

from tarazu.journal.codec import SEGMENT_HEADER_BYTES, entry_at
from tarazu.journal.entry import Entry, day_number
from tarazu.journal.scan import Progress, check_header
from tarazu.journal.verify import LONG_DAY_ENTRIES
from tarazu.runtime.journal_reader import JournalReader


class TellingReader(JournalReader):
    """A day's entries as `ready` gives them, less those of these kinds whose payload ends so."""

    def __init__(self, folder: Path, kinds: Collection[int], ending: bytes, expected: int) -> None:
        """`expected`: how many entries there may be; of a few the kernels are not worth loading."""
        super().__init__(folder)
        self.passed: Counter[int] = Counter()
        """How many were passed over, by kind; whole once all is given."""
        self._kinds, self._ending = kinds, ending
        self._is_long = expected >= LONG_DAY_ENTRIES
        day = day_number(date.fromisoformat(folder.name))
        self._proven = Progress(day=day, log=None, head=self._head, first_prev=None, leaves=bytearray())

    @property
    def sequence(self) -> int:
        """Up to where the day is proven: what was given or passed over, and at most a segment more."""
        return self._head.sequence

    def telling(self) -> Iterator[Entry]:
        """Once, from the day's begin. Raises BrokenChain."""
        while self._is_long and self._next_segment() and self._takes_whole():
            yield from self._sifted()
        for entry in self.ready():
            if entry.kind in self._kinds and entry.payload.endswith(self._ending):
                self.passed[entry.kind] += 1
            else:
                yield entry

    def _takes_whole(self) -> bool:
        """Prove the segment that was just begun, and be at its end. False where not all of it is in order, or where an
        entry came to the one before meanwhile: nothing is taken then."""
        from tarazu.journal.batch import scan_whole

        proven = self._proven
        proven.entries = 0
        proven.leaves.clear()
        if self._at != SEGMENT_HEADER_BYTES or check_header(self._view, self._segment, proven) is not None:
            return False
        if not scan_whole(self._view, proven):
            return False
        self._head, self._at = proven.head, proven.at
        return True

    def _sifted(self) -> Iterator[Entry]:
        from tarazu.journal.sift import sift

        offsets, passed = sift(self._view, self._proven.at, self._proven.entries, self._kinds, self._ending)
        self.passed += passed
        for at in offsets:
            entry = entry_at(self._view, at)
            assert entry is not None, "it was whole a moment ago"
            yield entry
