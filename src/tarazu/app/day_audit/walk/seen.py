"""One entry of the journal as the walk shows it to its readers."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from tarazu.engine import codec
from tarazu.engine.acts import Act
from tarazu.engine.messages import Message, Started
from tarazu.runtime.journal_reader import BrokenChain, JournalReader


class Seen(NamedTuple):
    sequence: int
    ts_ns: int
    """The engine's steady time."""
    wall_ns: int
    durability: int
    message: Message
    acts: tuple[Act, ...]
    outputs: tuple[object, ...]
    """Of `engine.acts.Output`."""
    failed: str = ""
    """How the engine failed at the message; then nothing came of it."""


def seen_day(folder: Path, end: int) -> Iterator[Seen]:
    """In order, up to the entry `end` or the first damage: what that is is for the verifier to say.

    Raises BadPayload.
    """
    entries = JournalReader(folder).ready()
    while True:
        try:
            entry = next(entries, None)
        except BrokenChain:
            return
        if entry is None or entry.sequence > end:
            return
        record = codec.decode(entry.kind, entry.payload)
        stamped = record.stamped
        step = record.step if isinstance(record, codec.Record) else None
        yield Seen(
            entry.sequence,
            stamped.ts_ns,
            stamped.wall_ns,
            entry.durability,
            stamped.message,
            step.acts if step is not None else (),
            step.outputs if step is not None else (),
            record.error if isinstance(record, codec.Failure) else "",
        )


class Bounds:
    """From when to when the day's journal goes, and its starts."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.entries = 0
        self.first_ns = self.last_ns = 0
        """Wall, UTC; 0 where there is no entry."""
        self.starts: list[tuple[int, Started]] = []
        self.failures: list[tuple[int, int, str]] = []
        """Sequence, time and how."""

    def take(self, seen: Seen) -> None:
        self.entries += 1
        self.first_ns = self.first_ns or seen.wall_ns
        self.last_ns = seen.wall_ns
        if isinstance(seen.message, Started):
            self.starts.append((seen.ts_ns, seen.message))
        if seen.failed:
            self.failures.append((seen.sequence, seen.ts_ns, seen.failed))
