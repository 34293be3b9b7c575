"""What everybody may know of the shipping: one check and one line, for the gate and for those who look."""

import time

from tarazu.app.health import BadHealth
from tarazu.app.home import Home
from tarazu.app.settings import BadSettings, Settings, read_settings
from tarazu.app.shipping.health import ShipHealth, Stage, read_ship_health
from tarazu.app.verdict import Check, Status, plain
from tarazu.model.units import SECOND_NS

LAG_S_MAX = 5.0
"""RELIABILITY 5, "RPO": what a dead disk may cost."""
ID = "ship"
LOGS = "tarazu logs watchdog"


def ship_standing(home: Home, mono_ns: int | None = None, settings: Settings | None = None) -> tuple[str, Check]:
    """In words, and the check: SKIP where nothing is to be copied. `mono_ns`: CLOCK_MONOTONIC, None: now. Raises
    nothing: what does not read is the check."""
    now_ns = time.monotonic_ns() if mono_ns is None else mono_ns
    at = Check(id=ID, status=Status.OK)
    try:
        ship = (settings or read_settings(home.settings_file)).ship
        health = read_ship_health(home) if ship.to else None
    except (BadSettings, BadHealth, OSError) as bad:
        return "unknown", at.broken(Status.UNKNOWN, "SHIP_UNKNOWN", plain(str(bad)), LOGS)
    if not ship.to:
        off = "off: the only copy of the day is on this disk ([ship] to)"
        return off, at.broken(Status.SKIP, "", "[ship] to is not set: nothing is copied to another disk")
    to = f"to {plain(ship.to)}"
    if health is None or not health.is_of_now() or health.stage is Stage.STOPPED:
        return f"{to} | down", at.broken(
            Status.WARN, "SHIP_DOWN", "the watchdog ships, and is down", "tarazu up watchdog"
        )
    return f"{to} | {_words(health, now_ns)}", _judged(at, health, now_ns)


def _judged(at: Check, health: ShipHealth, now_ns: int) -> Check:
    lag_ns = health.lag_ns(now_ns)
    if lag_ns is None:
        told = health.detail if health.code else "the copy has not had everything yet since this shipping began"
        code = health.code or "SHIP_CATCHING_UP"
        return at.broken(Status.WARN, code, plain(told), health.hint or LOGS)
    seen = Check(id=ID, status=Status.OK, observed=round(lag_ns / SECOND_NS, 1), limit=LAG_S_MAX, unit="s")
    if health.code:
        return seen.broken(Status.WARN, health.code, plain(health.detail), health.hint)
    if lag_ns > LAG_S_MAX * SECOND_NS:
        told = "the copy is behind: this disk's death would cost so much"
        return seen.broken(Status.WARN, "SHIP_LAG", told, f"df -h {health.to}; {LOGS}")
    return seen


def _words(health: ShipHealth, now_ns: int) -> str:
    lag_ns = health.lag_ns(now_ns)
    behind = "catching up" if lag_ns is None else f"behind {lag_ns / SECOND_NS:.1f} s"
    parts = [f"{one.name} {one.sequence:,}" for one in health.streams if one.sequence]
    failing = f" | FAILING {health.code}" if health.code else ""
    return f"{behind}{failing} | {', '.join(parts) or 'nothing copied yet'}"
