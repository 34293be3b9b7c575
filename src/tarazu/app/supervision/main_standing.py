"""Where main stands, from what it says of itself: does the engine work, is it worth waiting, or must somebody act?"""

import time
from enum import StrEnum

import msgspec

from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.main.health import MainHealth, Stage, read_main_health
from tarazu.app.supervision.orphans import is_running
from tarazu.engine.phase import Phase
from tarazu.model.outcome import RefusalKind

TOKEN_HINT = "put today's KITE_ACCESS_TOKEN into the profile's .env: it is taken up within a second"


class Standing(StrEnum):
    WORKS = "WORKS"
    """Its books agree with the broker's: exits pass, and entries too where the phase is ACTIVE."""
    HALTED = "HALTED"
    """It works, and a person has to reset the halt before it takes on risk."""
    WAITS = "WAITS"
    """On its way, by its own account."""
    NO_TOKEN = "NO_TOKEN"
    """Nothing comes of it before somebody logs in."""


class MainStanding(msgspec.Struct, frozen=True, kw_only=True):
    standing: Standing
    told: str
    """For people: stage or phase, and why."""


def main_standing(health: MainHealth) -> MainStanding:
    """`health` is current."""
    no_token = health.stage is Stage.NO_TOKEN or any(r.failing.startswith(RefusalKind.AUTH_LOST) for r in health.reads)
    if no_token:
        return MainStanding(standing=Standing.NO_TOKEN, told=health.detail or "the broker's session is over")
    if health.stage is not Stage.RUNNING or health.phase is None:
        return MainStanding(standing=Standing.WAITS, told=f"{health.stage} {health.detail}".rstrip())
    told = f"{health.phase}: {health.why}" if health.why else str(health.phase)
    if health.phase is Phase.RECONCILING:
        return MainStanding(standing=Standing.WAITS, told=told)
    standing = Standing.HALTED if health.phase is Phase.HALTED else Standing.WORKS
    return MainStanding(standing=standing, told=told)


def current_main(home: Home) -> MainHealth | None:
    """What a main of this home says now, whoever started it; None where none does. Raises OSError."""
    try:
        health = read_main_health(home.main_health)
    except BadHealth:  # of another version of tarazu: nobody of ours writes it now
        return None
    current = health is not None and health.is_current(time.monotonic_ns())
    return health if current and health is not None and is_running(health.pid) else None
