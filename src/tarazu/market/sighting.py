"""Everything freshness is told at one moment."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from numpy.typing import NDArray

from tarazu.model.calendar import Venue
from tarazu.model.ids import InstrumentToken


class Link(StrEnum):
    """What the ticker client knows of a connection."""

    UP = "UP"
    DOWN = "DOWN"
    """Lost, and being dialled again."""
    AUTH_LOST = "AUTH_LOST"
    """Refused with 403."""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """Times are monotonic ns unless named wall; 0 means never. Arrays are by slot, of any integer type, and may be the
    market state's own: they are read, not kept."""

    now_ns: int
    wall_ns: int
    open_venues: frozenset[Venue]
    """`feeds.open_venues` of today's session."""
    data_ns: NDArray[Any]
    """Last packet."""
    depth_ns: NDArray[Any]
    """Last packet with depth."""
    stamp_s: NDArray[Any]
    """Newest exchange stamp, epoch seconds; 0 where packets carry none."""
    changed_ns: NDArray[Any]
    """Last packet that showed anything new but its stamps."""
    byte_ns: Sequence[int]
    """Last byte of any kind, by connection."""
    links: Sequence[Link]
    """By connection."""
    disagreeing: frozenset[InstrumentToken] = frozenset()
    """Sentinels whose REST price the feed does not know (`sentinel.SentinelWatch`)."""
