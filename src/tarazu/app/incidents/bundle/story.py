"""What happened, as one list: events of the feed, the engine, the orders and people, and the curves beside them."""

import msgspec

LANES = ("incident", "feed", "engine", "risk", "orders", "desk", "alerts")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    ts_ns: int
    lane: str
    """One of LANES."""
    code: str
    text: str
    grave: bool = False
    source: str = ""
    """Where it is written: `journal 51877`, `feed 1204`, `desk 2026-11-23 17`."""


class Phase(msgspec.Struct, frozen=True):
    """What the engine might do, from here on."""

    ts_ns: int
    phase: str


class Second(msgspec.Struct, kw_only=True):
    """Of the feed log: what came, and how late the last of it had become."""

    frames: int = 0
    packets: int = 0
    gap_ns: int = 0
    """The longest between two frames of ticks that ended in this second."""


class Story(msgspec.Struct, kw_only=True):
    """Filled by the parts, whichever can be had."""

    events: list[Event] = []
    phases: list[Phase] = []
    pnl: list[tuple[int, int | None]] = []
    """Time, and the day's result in paise with charges taken off; None: not computable."""
    seconds: dict[int, Second] = {}
    """By epoch second, UTC."""

    def ordered(self) -> list[Event]:
        return sorted(self.events, key=lambda e: e.ts_ns)
