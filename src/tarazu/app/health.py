"""What a process says of itself: one file, replaced whole at each beat, and believed while it is young.

Times: `*_mono_ns` are CLOCK_MONOTONIC, which all processes of this machine share, so age is the reader's clock less
`mono_ns`; other `*_ns` are UTC of the profile's clock (the simulated broker's in sim). Nothing here needs numpy.
"""

import functools
import time
from pathlib import Path
from typing import TypeVar

import msgspec

STALE_AFTER_INTERVALS = 3
"""State older than three intervals is UNKNOWN (DESIGN 11)."""


class BadHealth(ValueError):
    """The file is not a health that this version reads; the message is for the user."""


@functools.cache
def boot() -> str:
    """Linux's name for the time since this machine started: random(4), "boot_id"."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class ProcessHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What the health of every process of the desk begins with."""

    schema: str
    profile: str
    pid: int
    boot: str
    """Which start of this machine the monotonic stamps count from."""
    started_ns: int
    started_mono_ns: int
    wall_ns: int
    mono_ns: int
    every_ns: int

    def age_ns(self, mono_ns: int | None = None) -> int:
        return (time.monotonic_ns() if mono_ns is None else mono_ns) - self.mono_ns

    def is_current(self, mono_ns: int | None = None) -> bool:
        """Whether it may be believed: younger than three intervals, and not from before a reboot. One that was written
        between the reader's look at the clock and its look at the file is of now."""
        age_ns = self.age_ns(mono_ns)
        return self.boot == boot() and -self.every_ns <= age_ns <= STALE_AFTER_INTERVALS * self.every_ns


Health = TypeVar("Health", bound=msgspec.Struct)


def read_as(kind: type[Health], path: Path) -> Health | None:
    """None when there is none. Raises BadHealth, OSError."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as bad:
        raise BadHealth(f"{path}: {bad}") from bad


def write_health(path: Path, health: msgspec.Struct) -> None:
    """Replace the file at once: a reader sees the old one or the new one. Raises OSError."""
    beside = path.with_suffix(".new")
    beside.write_bytes(msgspec.json.encode(health))
    beside.replace(path)
