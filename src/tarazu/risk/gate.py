"""The gate every entry passes: each control a small function, all of them asked, each no with what it saw.

What is not configured or not known is a no. Exits, stops and cancellations do not come here.
"""

from collections.abc import Callable

import msgspec

from tarazu.market.touch import Touch
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Side
from tarazu.orders.exposure import Exposure
from tarazu.orders.slicing import LEGS_MAX
from tarazu.orders.throttle import Held
from tarazu.risk.denial import Code, Denial


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is weighed, with everything it is weighed against."""

    key: str
    side: Side
    qty: int
    order_type: OrdType
    price_paise: int | None
    entries: str
    """Why entries are not taken now; empty when they are."""
    instrument: Instrument | None
    exposure: Exposure
    qty_max: int
    """0: no limit is configured."""
    band: tuple[int, int] | None
    touch: Touch | None
    is_blocked: bool
    is_leaving: bool
    lacks_stop: str
    """Why no protective stop could be placed; empty when one can, or none is required."""
    held: Held | None


def weigh(entry: Entry) -> tuple[Denial, ...]:
    """Every no; empty is a yes."""
    return tuple(denial for check in CHECKS if (denial := check(entry)) is not None)


def _order_type(entry: Entry) -> Denial | None:
    is_one = entry.order_type in (OrdType.LIMIT, OrdType.MARKET)
    return None if is_one else Denial(Code.ORDER, entry.order_type, "LIMIT or MARKET")


def _phase(entry: Entry) -> Denial | None:
    return Denial(Code.PHASE, entry.entries, "ACTIVE") if entry.entries else None


def _instrument(entry: Entry) -> Denial | None:
    return Denial(Code.INSTRUMENT, entry.key, "today's master") if entry.instrument is None else None


def _lot(entry: Entry) -> Denial | None:
    lot = entry.instrument.lot_size if entry.instrument else 1
    return Denial(Code.LOT, str(entry.qty), str(lot)) if entry.qty <= 0 or entry.qty % lot else None


def _freeze(entry: Entry) -> Denial | None:
    if entry.instrument is None or not entry.instrument.freeze_qty:
        return None
    largest = (entry.instrument.freeze_qty // entry.instrument.lot_size) * entry.instrument.lot_size * LEGS_MAX
    return Denial(Code.FREEZE, str(entry.qty), str(largest)) if entry.qty > largest else None


def _tick(entry: Entry) -> Denial | None:
    if entry.instrument is None or entry.order_type is OrdType.MARKET:
        return None
    tick, price = entry.instrument.tick_size_paise, entry.price_paise
    return None if price is not None and price > 0 and price % tick == 0 else Denial(Code.TICK, str(price), str(tick))


def _band(entry: Entry) -> Denial | None:
    if entry.band is None:
        return Denial(Code.BAND, "not known", "the day's band")
    low, high = entry.band
    if entry.price_paise is None or low <= entry.price_paise <= high:
        return None
    return Denial(Code.BAND, str(entry.price_paise), f"{low} to {high}")


def _position(entry: Entry) -> Denial | None:
    if entry.qty_max <= 0:
        return Denial(Code.NO_LIMIT, entry.key, "a limit in the config")
    far = entry.exposure.highest if entry.side is Side.BUY else -entry.exposure.lowest
    return Denial(Code.POSITION, str(far + entry.qty), str(entry.qty_max)) if far + entry.qty > entry.qty_max else None


def _blocked(entry: Entry) -> Denial | None:
    return Denial(Code.BLOCKED, entry.key) if entry.is_blocked else None


def _leaving(entry: Entry) -> Denial | None:
    return Denial(Code.LEAVING, entry.key) if entry.is_leaving else None


def _stop(entry: Entry) -> Denial | None:
    return Denial(Code.STOP, entry.lacks_stop, "a stop at the exchange") if entry.lacks_stop else None


def _throttle(entry: Entry) -> Denial | None:
    held = entry.held
    return Denial(Code.THROTTLE, f"{held.count} a {held.window}", str(held.limit)) if held else None


CHECKS: tuple[Callable[[Entry], Denial | None], ...] = (
    _order_type, _phase, _instrument, _lot, _freeze, _tick, _band, _position, _blocked, _leaving, _stop, _throttle,
)  # fmt: skip
