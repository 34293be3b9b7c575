"""What a demo is asked for, and refused where it makes no sense."""

from datetime import date
from pathlib import Path

import msgspec

SPEED_MIN, SPEED_MAX = 0.1, 2.0
"""Faster, and a slow machine has no market left by the time its stack is up; freshness limits are in the market's
seconds, and a frame's way takes ours."""
INCIDENT = "mute-feed"


class BadDemo(ValueError):
    """It cannot be begun, and nothing was touched; the message says why and what to do."""


class DemoOptions(msgspec.Struct, frozen=True, kw_only=True):
    seed: int = 1
    """Another seed is another market."""
    scenario: str = "normal"
    """Of `tarazu sim serve`."""
    speed: float = 1.0
    """Market seconds a real one."""
    incident: str = INCIDENT
    """Of `app.demo.incidents`."""
    day: date | None = None
    """Of the market; None: today, or the next trading day that is no expiry (`market_day`)."""
    folder: Path = Path("var/demo")


def refuse(options: DemoOptions) -> None:
    """Raises BadDemo."""
    from tarazu.app.demo.incidents.table import INCIDENTS
    from tarazu.sim.synthetic.scenario import SCENARIOS

    for name, value, known in (
        ("scenario", options.scenario, tuple(SCENARIOS)),
        ("incident", options.incident, tuple(INCIDENTS)),
    ):
        if value not in known:
            raise BadDemo(f"no {name} {value!r}; there are: {', '.join(known)}")
    if not SPEED_MIN <= options.speed <= SPEED_MAX:
        raise BadDemo(f"speed lies between {SPEED_MIN:g} and {SPEED_MAX:g} market seconds a real one")
