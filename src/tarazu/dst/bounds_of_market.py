"""The market that it goes to, and when: by what was truly to be seen of it."""

from datetime import time

from tarazu.dst.asked import BPS, Asked
from tarazu.model import ist


def phase(asked: Asked) -> str:
    """By the clock that the engine is told by."""
    world = asked.world
    if world.agenda.now_ns < asked.seen.started_ns + world.plan.config.settle_ns:
        return "the process has just started"
    if not world.feed_fresh or world.is_skewed:
        return "our clock is off the broker's" if world.is_skewed else "the feed is stale"
    at = ist.clock_of(world.agenda.now_ns + world.wall_ahead_ns)
    return "" if time(9, 15) <= at < time(15, 30) else f"at {at:%H:%M:%S}"


def reference(asked: Asked) -> str:
    return "no bid and ask" if _middle(asked, asked.instrument.key) is None else ""


def collar(asked: Asked) -> str:
    price, middle = asked.order.price_paise, _middle(asked, asked.instrument.key)
    if price is None or not middle:
        return ""
    through = asked.order.side.sign * (price - middle) * BPS / middle
    most = asked.purse.risk.collar_bps[asked.instrument.kind]
    return f"{through:.0f} bps through {middle}, at most {most}" if through > most else ""


def steadiness(asked: Asked) -> str:
    it, risk = asked.instrument, asked.purse.risk
    touch, middle = asked.world.market.touch(it.key), _middle(asked, it.key)
    if touch is None or touch.bid_paise is None or touch.ask_paise is None or not middle:
        return ""
    wide = touch.ask_paise - touch.bid_paise
    if wide > it.tick_size_paise and wide * BPS > risk.spread_bps_max[it.kind] * middle:
        return f"{wide} between bid and ask, around {middle}"
    most = risk.jump_bps_max * (6 if it.is_option else 1)
    were = [still.middle(it.key) for still in asked.seen.stills]
    if were and all(was and _has_jumped(was, middle, it.tick_size_paise, most) for was in were):
        return f"the middle went from {were} to {middle}"
    return ""


def _middle(asked: Asked, key: str) -> float | None:
    touch = asked.world.market.touch(key)
    return touch.middle_paise if touch is not None else None


def _has_jumped(was: float, middle: float, tick: int, most: int) -> bool:
    far = abs(middle - was)
    return far > 20 * tick and far * BPS > most * was
