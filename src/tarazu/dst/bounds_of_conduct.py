"""How the desk conducts itself: what it has sent and done before, and what of its own is in the way."""

from tarazu.dst.asked import Asked
from tarazu.dst.broker_order import BrokerOrder
from tarazu.model.order import OrdType
from tarazu.model.units import SECOND_NS


def duplicate(asked: Asked) -> str:
    now_ns, order = asked.world.agenda.now_ns, asked.order
    like = (asked.instrument.key, order.side, order.qty, order.price_paise, asked.intent.strategy)
    for sent in reversed(asked.seen.earlier):
        if now_ns - sent.sent_ns >= asked.purse.risk.duplicate_ns:
            return ""
        if sent.like == like and not sent.group and not asked.intent.group:
            return f"{sent.ref} was the same {(now_ns - sent.sent_ns) / SECOND_NS:.1f} s ago"
    return ""


def repeated(asked: Asked) -> str:
    risk, strategy = asked.purse.risk, asked.intent.strategy
    since_ns = asked.world.agenda.now_ns - risk.round_trips_ns
    trips = [at_ns for at_ns in asked.seen.trips.get((strategy, asked.instrument.key), ()) if at_ns > since_ns]
    is_over = len(trips) >= (risk.round_trips_max or 0) and not asked.seen.is_blind
    return f"after {len(trips)} round trips" if is_over else ""


def blocked(asked: Asked) -> str:
    blotter = asked.life.engine.state.blotter
    doubted = [o.ref for o in blotter.unknown() if o.key == asked.instrument.key and blotter.lookalikes(o)]
    return f"{doubted[0]} may be an order at the broker, and nobody has said" if doubted else ""


def leaving(asked: Asked) -> str:
    is_left = (asked.instrument.key, asked.order.product) in asked.seen.left or asked.seen.is_flattening
    return "the place is being left" if is_left else ""


def self_match(asked: Asked) -> str:
    """Against what truly rests, and is known to."""
    blotter, price = asked.life.engine.state.blotter, asked.order.price_paise
    side = asked.order.side
    for order in asked.world.broker.open[asked.instrument.key]:
        ours = blotter.find(f"#{order.order_id}") or blotter.find(order.order.tag)
        if order.order.side is side or not _is_in_book(asked, order) or ours is None:
            continue
        if ours.ended or ours.price_paise != order.price or not order.leaves:
            continue
        if price is None or side.sign * (price - order.price) >= 0:
            return f"our {order.order_id} rests on the other side at {order.price}"
    return ""


def _is_in_book(asked: Asked, order: BrokerOrder) -> bool:
    """A stop is once its trigger was met, and the last price says so."""
    if order.order_type is OrdType.LIMIT:
        return True
    last, touch = asked.world.market.last[order.instrument.key], asked.world.market.touch(order.instrument.key)
    is_seen = touch is not None and touch.last_paise == last
    return order.triggered and is_seen and order.order.side.sign * (last - order.trigger) >= 0
