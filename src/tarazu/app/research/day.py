"""One day to try strategies on: what was listed, what was followed, and its frames in the order they came."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import msgspec

from tarazu.model.calendar import TradingSession
from tarazu.model.instrument import Instrument
from tarazu.runtime.segment import Frame

Frames = Callable[[], Iterator[Frame]]
"""From the first; a place that cannot be read is passed over."""


class ResearchDay(msgspec.Struct, frozen=True, kw_only=True):
    """Frames may be asked for again and again, and are the same each time."""

    name: str
    """For people: `2026-11-23`, `synthetic 7 crash`."""
    date: date
    session: TradingSession
    instruments: Mapping[str, Instrument]
    """All of the day's master, by key, as the engine knows it."""
    csv: bytes
    """The master itself, for a journal that is kept."""
    traded: tuple[Instrument, ...]
    """What is followed and can be traded here: a row each, in this order; the underlyings of all of them among them."""
    closes: Mapping[str, int]
    """Yesterday's, key to paise."""
    frames: Frames
    first_ns: int
    """When the first frame was received, and the last."""
    last_ns: int
    log: Path | None = None
    """The folder of the feed log, where there is one."""
    note: str = ""
    """What to know of it: damage, what was left out."""
    seed: int = 0
    """Of chance in the exchange model: latencies there, numbers, the call auctions."""
