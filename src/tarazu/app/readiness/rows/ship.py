"""The copy of the desk's record on another disk: shipped now, or ready to be."""

from pathlib import Path

from tarazu.app.home import Profile
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.row import block, ok, skip, warn
from tarazu.app.shipping.checks import ship_standing
from tarazu.app.shipping.health import Stage, read_ship_health
from tarazu.app.shipping.probe import probe
from tarazu.app.verdict import Check, Status

OFF = "[ship] to is not set: the only copy of the day is on this disk"


def ship(look: Look, row: Check) -> Check:
    """While it is shipped, what the shipping says of itself; before, what is to be seen of the folder. In live a copy
    that takes nothing is in the way of a day that has not begun, and of nothing later: trading on is not made safer by
    a main that may not start again."""
    settings = look.settings
    if isinstance(settings, str):
        return skip(row, "the settings do not read, as the row config says")
    if not settings.ship.to:
        is_live = look.home.profile is Profile.LIVE
        return warn(row, "SHIP_OFF", OFF, "tarazu config explain ship.to") if is_live else skip(row, OFF)
    health = read_ship_health(look.home)
    if health is not None and health.is_of_now() and health.stage is not Stage.STOPPED:
        _, seen = ship_standing(look.home, settings=settings)
        return _weighed(look, seen, stops=bool(health.code))
    found = probe(look.home, Path(settings.ship.to))
    if not found.code:
        return ok(row, f"{settings.ship.to} can be written, {found.free_bytes / (1 << 30):.0f} GiB free")
    return _weighed(look, warn(row, found.code, found.detail, found.hint), stops=found.stops)


def _weighed(look: Look, seen: Check, *, stops: bool) -> Check:
    if seen.status is Status.OK or not stops or look.market_open or look.home.profile is not Profile.LIVE:
        return seen
    return block(seen, seen.code, seen.detail, seen.hint)
