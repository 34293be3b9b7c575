"""The order by itself: its shape, its size, what protects it, and who may enter at all."""

from tarazu.dst.asked import NEAR, Asked
from tarazu.model.order import OrdType, Validity
from tarazu.model.units import CRORE, PAISE
from tarazu.orders.slicing import LEGS_MAX


def shape(asked: Asked) -> str:
    order, it, price = asked.order, asked.instrument, asked.order.price_paise
    low, high = asked.world.market.band(it.key)
    if order.order_type not in (OrdType.LIMIT, OrdType.MARKET):
        return f"{order.order_type} is no entry"
    if order.qty <= 0 or order.qty % it.lot_size:
        return f"lots of {it.lot_size}"
    if it.freeze_qty and (order.qty > it.freeze_qty or asked.qty > it.freeze_qty * LEGS_MAX):
        return f"{asked.qty} in all, frozen above {it.freeze_qty}"
    if price is not None and (price % it.tick_size_paise or not low <= price <= high):
        return f"{price} is no price between {low} and {high}"
    return ""


def size(asked: Asked) -> str:
    most = asked.purse.risk.order_qty_max or 0
    return f"{asked.qty} units, at most {most}" if asked.qty > most else ""


def value(asked: Asked) -> str:
    most = min(asked.purse.risk.order_value_max_paise or 0, 10 * CRORE * PAISE)
    value = asked.qty * (asked.order.price_paise or asked.world.market.last[asked.instrument.key])
    return f"worth {value}, at most {most}" if value > most * (1.0 if asked.order.price_paise else NEAR) else ""


def protection(asked: Asked) -> str:
    order = asked.order
    if order.order_type is OrdType.MARKET and not order.protection_bps:
        return "MARKET without protection"
    return "" if order.validity in (Validity.DAY, Validity.IOC) else f"{order.validity}"


def stop(asked: Asked) -> str:
    state = asked.life.engine.state
    is_leg = asked.intent.group in state.spreads
    return "" if is_leg or asked.ref in state.stops else "without a stop"


def pilot(asked: Asked) -> str:
    pilot = asked.seen.pilot
    if pilot is None:
        return ""
    key, lot = asked.instrument.key, asked.instrument.lot_size
    if key not in pilot.keys:
        return "not among the pilot's instruments"
    if asked.qty > pilot.lots_max * lot:
        return f"more than {pilot.lots_max} lots"
    value = asked.qty * (asked.order.price_paise or 0)
    return (
        f"worth {value}, a pilot's at most {pilot.order_value_max_paise}" if value > pilot.order_value_max_paise else ""
    )


def flags(asked: Asked) -> str:
    return asked.world.people.switches.off(asked.intent.strategy)
