"""What time it is at the desk: the machine's clock; in sim the simulated broker's, as a process of the desk told it."""

import time
from pathlib import Path

import msgspec

from tarazu.app.health import boot
from tarazu.app.home import Home, Profile
from tarazu.model.units import DAY_NS


class _Told(msgspec.Struct):
    """Of any health file: its clock, and which monotonic moment that was."""

    wall_ns: int
    mono_ns: int
    boot: str


def desk_now_ns(home: Home) -> int:
    """UTC ns. In sim with nothing running for a day, the machine's."""
    if home.profile is not Profile.SIM:
        return time.time_ns()
    mono_ns, here = time.monotonic_ns(), boot()
    told = [_told(home.main_health), _told(home.feed_health), _told(home.watchdog_health)]
    known = [one for one in told if one is not None and one.boot == here and 0 <= mono_ns - one.mono_ns < DAY_NS]
    if not known:
        return time.time_ns()
    latest = max(known, key=lambda one: one.mono_ns)
    return latest.wall_ns + mono_ns - latest.mono_ns


def _told(path: Path) -> _Told | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Told)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
