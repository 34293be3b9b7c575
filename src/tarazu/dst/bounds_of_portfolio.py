"""What the whole would hold with it, in truth: the risk of all places, entries that are out, funds, and the result."""

from datetime import time

from tarazu.dst import true_risk
from tarazu.dst.asked import BPS, NEAR, Asked
from tarazu.dst.strategy import CALL
from tarazu.model import ist
from tarazu.model.order import Side
from tarazu.model.units import HOUR_NS, SECOND_NS
from tarazu.orders.intent import Purpose
from tarazu.orders.messages import SendOrder

HEARD_NS = 60 * SECOND_NS
"""What was filled so long ago has been heard of."""
LEFT_NS_MIN = HOUR_NS
"""An option does not stop being risky in its last minutes: it is reckoned with an hour at least."""
YEAR_NS = 365 * 24 * HOUR_NS


def portfolio(asked: Asked) -> str:
    world, risk = asked.world, asked.purse.risk
    if "gross" not in asked.purse.narrow and not {"delta", "vega", "scenario"} & set(asked.purse.narrow):
        return ""
    place, underlying = (asked.instrument.key, asked.order.product), true_risk.of(asked.instrument.key)
    ends = true_risk.ends_of(world, asked.life)
    after_ends = true_risk.with_added(ends, place, asked.order.side.sign * asked.order.qty)
    market = world.market
    steps = (market.last, market.before[0])
    expiry = world.listed[CALL].expiry
    assert expiry is not None
    left_ns = ist.at_ns(expiry, time(15, 30)) - world.agenda.now_ns - world.wall_ahead_ns
    years = max(left_ns, LEFT_NS_MIN) / YEAR_NS
    if not _is_plain(asked):
        return ""
    limits = (risk.gross_premium_max_paise, risk.delta_max_paise, risk.vega_max_paise, risk.scenario_loss_max_paise)
    over = set(range(4))
    for prices in steps:
        units = true_risk.units_of(prices, years)
        before = true_risk.figures(ends, underlying, units)
        after = true_risk.figures(after_ends, underlying, units)
        over &= {n for n, most in enumerate(limits) if before[n] <= (most or 0) and after[n] > (most or 0) * NEAR}
    return ", ".join(f"{true_risk.Figures._fields[n]} {after[n]:.0f}, at most {limits[n]}" for n in sorted(over))


def _is_plain(asked: Asked) -> bool:
    """Whether what was seen of the market at both steps is what it was."""
    market = asked.world.market
    for last, touches in ((market.last, {key: market.touch(key) for key in market.last}), market.before):
        for key, price in last.items():
            touch = touches.get(key)
            if touch is None or touch.last_paise != price or touch.middle_paise != price:
                return False
            if (touch.ask_paise or 0) - price > 2 * asked.world.listed[key].tick_size_paise:
                return False
    return True


def unexecuted(asked: Asked) -> str:
    world, most = asked.world, asked.purse.risk.unexecuted_value_max_paise or 0
    state = asked.life.engine.state
    total = asked.order.qty * (asked.order.price_paise or 0)
    for order in world.broker.orders.values():
        ours = state.blotter.find(order.order.tag)
        if order.ended or ours is None or ours.intent is None or ours.intent.purpose is not Purpose.ENTRY:
            continue
        price = min(order.price, asked.seen.cheapest.get(ours.ref, order.price))
        total += (order.qty - order.filled) * price
    for request in world.network.under_way.values():
        if isinstance(request, SendOrder):
            ours = state.blotter.find(request.ref)
            if ours is not None and ours.intent is not None and ours.intent.purpose is Purpose.ENTRY:
                total += request.order.qty * (request.order.price_paise or 0)
    return f"{total} of entries are not filled, at most {most}" if total > most else ""


def margin(asked: Asked) -> str:
    if asked.seen.funds is None:
        return "no funds were read in this life"
    asked_ns, available = asked.seen.funds
    risk = asked.purse.risk
    if asked.life.steady_ns() - asked_ns > risk.margin_age_ns:
        return "funds are old"
    if asked.order.side is Side.SELL or asked.order.price_paise is None:
        return ""
    ends = true_risk.ends_of(asked.world, asked.life)
    if any(low < 0 for (key, _), (low, _) in ends.items() if _may_hedge(asked, key)):
        return ""  # it may close or hedge what is short there, and give back more than it costs
    needed, usable = asked.order.qty * asked.order.price_paise, available * (BPS - risk.margin_buffer_bps) // BPS
    return f"costs {needed}, and {usable} may be used" if needed > max(usable, 0) else ""


def _may_hedge(asked: Asked, key: str) -> bool:
    return key == asked.instrument.key or (asked.instrument.is_option and asked.world.listed[key].is_option)


def blind_result(asked: Asked) -> str:
    """What is held for a minute has never been quoted: nobody knows the day's result."""
    world = asked.world
    for (key, product), net in world.broker.net.items():
        known = asked.life.engine.state.exposure(key, product).filled
        if net and known == net and world.market.touch(key) is None and _is_old(asked, (key, product)):
            return f"{net} of {key} is held and has no price"
    return ""


def _is_old(asked: Asked, place: tuple[str, object]) -> bool:
    orders = asked.world.broker.orders.values()
    traded_ns = max((order.filled_ns for order in orders if order.place == place), default=0)
    return asked.world.agenda.now_ns - traded_ns > HEARD_NS
