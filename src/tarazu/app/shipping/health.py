"""What the shipping says of itself: one file, replaced whole at every pass, read by the gate and by those who look.

It tells when it last had everything, not how it feels: one that hangs on a dead mount writes nothing any more, and what
its last word amounts to grows by itself (`lag_ns`). Nothing here needs numpy.
"""

import time
from enum import StrEnum
from pathlib import Path

import msgspec

from tarazu.app.health import boot, read_as
from tarazu.app.home import Home


class Stage(StrEnum):
    STARTING = "STARTING"
    CATCHING_UP = "CATCHING_UP"
    """It has not had everything yet since it began, and copies."""
    SHIPPING = "SHIPPING"
    FAILING = "FAILING"
    """Something is not copied; `code` and `detail` say what, and it goes on trying."""
    STOPPED = "STOPPED"


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """One of the things that are copied: the journal, the feed log, the desk's record, the files beside them."""

    name: str
    day: str = ""
    """The latest day of it; empty: there is none, or it has no days."""
    sequence: int = 0
    """Of the last entry or frame of that day in the copy, on its disk."""
    caught_up_mono_ns: int | None = None
    """All that was acknowledged by then is in the copy; None: not yet."""
    failing: str = ""


class ShipHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Times are CLOCK_MONOTONIC, which all processes of this machine share."""

    schema: str = "tarazu.ship_health/1"
    profile: str
    pid: int
    boot: str
    to: str
    """The folder of the copy."""
    mono_ns: int
    started_mono_ns: int
    stage: Stage
    code: str = ""
    """Of what fails: TARGET_GONE, TARGET_FULL, SOURCE_DAMAGED, ... (docs/shipping.md has the table)."""
    detail: str = ""
    hint: str = ""
    streams: tuple[Shipped, ...] = ()
    copied_bytes: int = 0
    """Since it began."""

    @property
    def caught_up_mono_ns(self) -> int | None:
        """All of all streams; None: not yet."""
        ends = [stream.caught_up_mono_ns for stream in self.streams]
        return min((end for end in ends if end is not None), default=None) if None not in ends else None

    def lag_ns(self, mono_ns: int | None = None) -> int | None:
        """What the death of this disk would cost now, at most: the age of the oldest moment of which all is in the
        copy. None: the copy has not had everything since this shipping began."""
        now_ns, end_ns = time.monotonic_ns() if mono_ns is None else mono_ns, self.caught_up_mono_ns
        return None if end_ns is None else max(now_ns - end_ns, 0)

    def is_of_now(self) -> bool:
        """Whether its stamps count from this start of the machine."""
        return self.boot == boot()


def health_file(home: Home) -> Path:
    return home.run / "ship_health.json"


def read_ship_health(home: Home) -> ShipHealth | None:
    """None when there is none. Raises BadHealth, OSError."""
    return read_as(ShipHealth, health_file(home))
