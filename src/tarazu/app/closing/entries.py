"""A day's journal, entry by entry, as who makes tables of it reads it: what says nothing is counted and not read."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

import msgspec

from tarazu.app.data.steps import Progress
from tarazu.app.home import Home
from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import Step
from tarazu.journal.entry import Entry
from tarazu.runtime.journal_files import day_folder, days
from tarazu.runtime.journal_telling import TellingReader

NOTHING_CAME_OF_IT = msgspec.msgpack.encode(Step())
"""How the payload of a message without acts and outputs ends."""
QUIET = frozenset({codec.KINDS[m.Ticked], codec.KINDS[m.MarketMoved]})
"""Kinds that by themselves tell of no order, fill, person or halt."""
_TOLD_EVERY = 1_000
"""Entries that say something: some hundredth of a second."""


class TellingEntries:
    """Those that say something, in order, once. Of a day without a journal none."""

    def __init__(self, home: Home, day: date, progress: Progress, expected: int) -> None:
        """`expected`: how many entries there may be, for the progress."""
        self._progress, self._expected = progress, expected
        self._reader: TellingReader | None = None
        if day in days(home.journal):
            self._reader = TellingReader(day_folder(home.journal, day), QUIET, NOTHING_CAME_OF_IT, expected)

    def __iter__(self) -> Iterator[tuple[Entry, codec.Record | codec.Failure]]:
        """Raises BrokenChain, BadPayload, OSError."""
        telling = self._reader.telling() if self._reader is not None else ()
        for count, entry in enumerate(telling, start=1):
            if not count % _TOLD_EVERY:
                self._progress(entry.sequence, max(entry.sequence, self._expected))
            yield entry, codec.decode(entry.kind, entry.payload)
        self._progress(self.count, max(self.count, 1))

    @property
    def count(self) -> int:
        """Of all entries there were, once all that say something were given."""
        return self._reader.sequence if self._reader is not None else 0

    @property
    def quiet(self) -> Counter[int]:
        """Seconds and ticks of which nothing came, by kind; whole with `count`."""
        return self._reader.passed if self._reader is not None else Counter()
