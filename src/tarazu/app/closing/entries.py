"""A day's journal, entry by entry, as who makes tables of it reads it: what says nothing is not decoded."""

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
from tarazu.runtime.journal_reader import JournalReader

NOTHING_CAME_OF_IT = msgspec.msgpack.encode(Step())
"""How the payload of a message without acts and outputs ends."""
QUIET = frozenset({codec.KINDS[m.Ticked], codec.KINDS[m.MarketMoved]})
"""Kinds that by themselves tell of no order, fill, person or halt."""
_TOLD_EVERY = 10_000


def entries(
    home: Home, day: date, progress: Progress, expected: int
) -> Iterator[tuple[Entry, codec.Record | codec.Failure | None]]:
    """Every entry in order; None: a second or a tick of which nothing came. `expected`: how many there may be.

    Of a day without a journal none. Raises BrokenChain, BadPayload, OSError.
    """
    if day not in days(home.journal):
        return
    count = 0
    for entry in JournalReader(day_folder(home.journal, day)).ready():
        count = entry.sequence
        if not count % _TOLD_EVERY:
            progress(count, max(count, expected))
        quiet = entry.kind in QUIET and bytes(entry.payload[-len(NOTHING_CAME_OF_IT) :]) == NOTHING_CAME_OF_IT
        yield entry, None if quiet else codec.decode(entry.kind, entry.payload)
    progress(count, max(count, 1))
