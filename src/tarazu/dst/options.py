"""What a simulated day is told, and what it tells."""

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import msgspec

from tarazu.engine.process import Engine
from tarazu.runtime.shell import Shell, recover

MakeEngine = Callable[..., Engine]
MakeShell = Callable[..., Shell]


def carried_on(mono_ns: int, ahead_ns: int) -> int:
    """Steady time by the machine's monotonic clock, whatever the wall clock was set to when the process started."""
    return mono_ns


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The product under test. A mutant puts something else in a part's place."""

    engine: MakeEngine = Engine
    shell: MakeShell = Shell
    recover: Callable[..., int] = recover
    steady: Callable[[int, int], int] = carried_on
    """Engine time, of the monotonic clock and how far the wall clock was ahead when the process started."""


Size = Literal["full", "long", "small"]
"""A small day has a few minutes and some ten orders: for killing it at every effect. A long one goes on for a quarter
longer than a full one, and is the same till then; but a late one (`happenings`) begins earlier."""
SIZES: tuple[Size, ...] = get_args(Size)


def sized(word: str) -> Size:
    """Raises ValueError for a word that is no size."""
    for size in SIZES:
        if word == size:
            return size
    raise ValueError(f"{word} is no size")


class DayOptions(msgspec.Struct, frozen=True, kw_only=True):
    size: Size = "full"
    crash_at: int | None = None
    """Kill the process at this effect boundary, counted from 1 over the whole day (`DayResult.effects`)."""
    lose_unsynced: bool = True
    """Whether the crash of `crash_at` loses all that was not synced; else it keeps all of it."""
    muted: frozenset[str] = frozenset()
    """Kinds of fault that do not happen (`loss`), or single ones (`loss#3`, the third of the day). The dice are thrown
    all the same, each kind its own, so that the rest of the day stays as it was as far as can be."""
    until_event: int | None = None
    """Stop after this event, without the checks of the day's end."""
    traced: bool = False
    parts: Parts = Parts()


class Violation(msgspec.Struct, frozen=True):
    invariant: str
    event: int
    ns: int
    """Simulated time since the day's start."""
    text: str


class DayResult(msgspec.Struct, frozen=True, kw_only=True):
    seed: int
    violations: tuple[Violation, ...]
    digest: str
    """SHA-256 over every journalled step of every life, in order, and how each life ended."""
    events: int
    orders: int
    """At the broker, everybody's."""
    faults: Mapping[str, int]
    """How many of each kind were injected."""
    crashes: int
    effects: int
    """Effect boundaries passed: places where a process may die."""
    marks: Mapping[str, int]
    """How often each rare thing of `marks.MARKS` happened."""
    trace: tuple[str, ...] = ()

    @property
    def fault_count(self) -> int:
        return sum(self.faults.values())
