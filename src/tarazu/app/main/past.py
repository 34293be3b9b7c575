"""What a day's journal tells the next start besides the engine's state: what stays off, a failure, the market's end.

Midnight resets no halt and switches no entries on (RELIABILITY C27), and an engine that failed is trusted with no new
risk before a person has looked.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from tarazu.engine import codec
from tarazu.engine.acts import EntriesOff, HaltStrategy, SetHalt
from tarazu.engine.halts import Halt, harder
from tarazu.engine.messages import Commanded, DeskNoted, FlagsSet, MarketMoved, Started, entries_off_after
from tarazu.journal.entry import Entry
from tarazu.risk.flags import Flags
from tarazu.runtime.journal_files import day_folder, days
from tarazu.runtime.journal_reader import JournalReader

ENGINE_FAILED = "ENGINE_FAILED"

_MOVED = codec.KINDS[MarketMoved]
_TOLD = frozenset({*(codec.KINDS[kind] for kind in (Started, Commanded, DeskNoted, FlagsSet)), codec.FAILED})
_HALTS = tuple(act.__name__.encode() for act in (SetHalt, HaltStrategy))
"""As the codec writes the acts' names: an entry without these letters sets and lifts no halt."""


class Anchor(msgspec.Struct, frozen=True):
    """The steady time of a start, and the machine's monotonic clock then."""

    boot: str
    steady_ns: int
    mono_ns: int


class Past:
    """Looks at entries as they pass. Raises codec.BadPayload where one does not read."""

    def __init__(self) -> None:
        self.entries = 0
        self.anchor: Anchor | None = None
        """Of the last start."""
        self.strategy_halts: dict[str, Halt] = {}
        """By strategy, as they stand."""
        self.entries_off = ""
        """Who has switched them off, and why."""
        self.flags = Flags()
        """Those that were kept to."""
        self.noted: DeskNoted | None = None
        """How far the desk's record was read; None: not at all."""
        self._halt: Halt | None = None
        self._failure: Halt | None = None
        self._moved: Entry | None = None

    def passing(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            self._heed(entry)
            yield entry

    @property
    def halt(self) -> Halt | None:
        """What the next process begins with: the halt there is, or one for a failure that no start has told of yet."""
        return harder(self._halt, self._failure)

    @property
    def sequence(self) -> int:
        """The last feed-log frame whose messages were taken; 0: none."""
        if self._moved is None:
            return 0
        record = codec.decode(self._moved.kind, self._moved.payload)
        assert isinstance(record, codec.Record) and isinstance(record.stamped.message, MarketMoved)
        return record.stamped.message.sequence

    def after(self, earlier: "Past") -> "Past":
        """Of a day without a start, nothing was taken over from the days before it: both together."""
        both = Past()
        both._halt, both._failure = earlier.halt, self._failure
        both.strategy_halts, both.entries_off = earlier.strategy_halts, earlier.entries_off
        both.noted, both.flags = earlier.noted, earlier.flags
        return both

    def _heed(self, entry: Entry) -> None:
        self.entries += 1
        if entry.kind == _MOVED:
            self._moved = entry
        if entry.kind in _TOLD or any(name in entry.payload for name in _HALTS):
            self._take(codec.decode(entry.kind, entry.payload))

    def _take(self, told: codec.Record | codec.Failure) -> None:
        if isinstance(told, codec.Failure):
            self._failure = Halt(code=ENGINE_FAILED, why=told.error, since_ns=told.stamped.ts_ns)
            return
        if isinstance(told.stamped.message, Started):
            started = told.stamped.message
            self._halt, self._failure = harder(self._halt, started.halt), None
            self.strategy_halts = {**started.strategy_halts, **self.strategy_halts}
            self.entries_off = self.entries_off or started.entries_off
            self.flags = started.flags if self.anchor is None else self.flags
            self.anchor = Anchor(started.boot, told.stamped.ts_ns, started.mono_ns)
        elif isinstance(told.stamped.message, DeskNoted):
            self.noted = told.stamped.message
        elif isinstance(told.stamped.message, FlagsSet):
            self.flags = told.stamped.message.flags
        elif isinstance(told.stamped.message, Commanded):
            self.entries_off = entries_off_after(self.entries_off, told.stamped.message)
        for act in told.step.acts:
            if isinstance(act, SetHalt):
                self._halt = act.halt
            elif isinstance(act, EntriesOff):
                self.entries_off = self.entries_off or act.why
            elif isinstance(act, HaltStrategy):
                self._take_strategy(act)

    def _take_strategy(self, act: HaltStrategy) -> None:
        if act.halt is None:
            self.strategy_halts.pop(act.strategy, None)
        else:
            self.strategy_halts[act.strategy] = act.halt


def before(root: Path, day: date) -> Past:
    """Of the last earlier day that has a start, and of the failures since; where there is none, of those alone. Raises
    codec.BadPayload, journal_reader.BrokenChain."""
    for earlier in reversed([d for d in days(root) if d < day]):
        past = Past()
        for _ in past.passing(JournalReader(day_folder(root, earlier)).ready()):
            pass
        if past.anchor is None:
            return past.after(before(root, earlier))
        if past.noted is None:  # nothing was new in the desk's record on that day
            past.noted = before(root, earlier).noted
        return past
    return Past()


def last_of(root: Path) -> Past:
    """Of the last day that has a start, whatever day it is: what the next process would begin with. Raises the same."""
    return before(root, date.max)
