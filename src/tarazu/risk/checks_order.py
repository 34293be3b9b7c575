"""Checks of the order by itself: can there be one like it, and is it small enough (C01-C04, C17)."""

from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import OrdType, Side, Validity
from tarazu.model.units import CRORE, PAISE, rupees_text
from tarazu.orders.slicing import LEGS_MAX
from tarazu.risk.denial import Code, Denial
from tarazu.risk.entry import Entry

# SEBI CIR/MRD/DP/34/2012, 5.1(a): no order above Rs 10 crore.
ORDER_VALUE_PAISE_MAX = 10 * CRORE * PAISE

# Segments whose hours, charges and margins our dated data cover. Others are not enabled, whatever the master lists.
ENABLED = frozenset({Exchange.NSE, Exchange.BSE, Exchange.NFO, Exchange.BFO})


# Kept: to ask an enum for a member takes as long as a whole check.
_INDEX, _MARKET, _SELL, _TTL = Kind.INDEX, OrdType.MARKET, Side.SELL, Validity.TTL
_OF_ENTRIES = (OrdType.LIMIT, _MARKET)


def not_configured(name: str) -> Denial:
    return Denial(Code.NO_LIMIT, f"{name} is not configured", f"[engine.risk] {name}")


def money(paise: float) -> str:
    return f"₹{rupees_text(round(paise))}"


def can_be_traded(it: Instrument) -> bool:
    """An index has neither lots nor ticks; where a master names none, no order can be made."""
    return it.kind is not _INDEX and it.lot_size > 0 and it.tick_size_paise > 0


def instrument(entry: Entry) -> Denial | None:
    """(C01) The broker's lists of what is banned today are not read: there is no request for them (KITE facts 1.6)."""
    it = entry.instrument
    if it is None:
        return Denial(Code.INSTRUMENT, entry.key, "today's master")
    if it.kind is _INDEX:
        return Denial(Code.INSTRUMENT, f"{entry.key} is an index", "what can be traded")
    if entry.tradable is None:
        of = f"{entry.key} has a lot of {it.lot_size} and a tick of {it.tick_size_paise} paise in the master"
        return Denial(Code.INSTRUMENT, of, "what can be traded")
    if it.exchange not in ENABLED:
        return Denial(Code.INSTRUMENT, f"{entry.key} is of {it.exchange}", ", ".join(sorted(ENABLED)))
    if it.expiry is not None and it.expiry < entry.day:
        return Denial(Code.INSTRUMENT, f"{entry.key} expired on {it.expiry}", f"alive on {entry.day}")
    return None


def order_type(entry: Entry) -> Denial | None:
    return None if entry.order_type in _OF_ENTRIES else Denial(Code.ORDER, entry.order_type, "LIMIT or MARKET")


def lot(entry: Entry) -> Denial | None:
    """(C02)"""
    qty, lot = entry.qty, entry.tradable.lot_size if entry.tradable is not None else 1
    return Denial(Code.LOT, str(qty), str(lot)) if qty <= 0 or qty % lot else None


def freeze(entry: Entry) -> Denial | None:
    """(C02) Above the freeze quantity it is sliced, as far as there may be slices."""
    it = entry.tradable
    if it is None or not it.freeze_qty:
        return None
    largest = (it.freeze_qty // it.lot_size) * it.lot_size * LEGS_MAX
    return Denial(Code.FREEZE, str(entry.qty), str(largest)) if entry.qty > largest else None


def tick(entry: Entry) -> Denial | None:
    """(C02)"""
    it, price = entry.tradable, entry.price_paise
    if it is None or entry.order_type is _MARKET:
        return None
    tick = it.tick_size_paise
    if price is not None and price > 0 and price % tick == 0:
        return None
    return Denial(Code.TICK, "no price" if price is None else money(price), f"a multiple of {money(tick)}")


def band(entry: Entry) -> Denial | None:
    """(C02)"""
    if entry.band is None:
        return Denial(Code.BAND, "not known", "the day's band")
    low, high = entry.band
    if entry.price_paise is None or low <= entry.price_paise <= high:
        return None
    return Denial(Code.BAND, money(entry.price_paise), f"{money(low)} to {money(high)}")


def size(entry: Entry) -> Denial | None:
    """(C03) Of the whole want, before it is sliced, and of the whole order where one is made larger."""
    most = entry.limits.order_qty_max
    if most is None:
        return not_configured("order_qty_max")
    return Denial(Code.SIZE, f"{entry.whole_qty} units", f"{most} units") if entry.whole_qty > most else None


def value(entry: Entry) -> Denial | None:
    """(C04) At the worst price it may be filled at: of a sale, that is the better one of its limit and the best bid."""
    most = entry.limits.order_value_max_paise
    if most is None:
        return not_configured("order_value_max")
    worst = entry.worst_paise
    if worst is None:
        return Denial(Code.VALUE, "no price to reckon it by", money(most))
    if entry.side is _SELL and entry.touch is not None:
        worst = max(worst, entry.touch.bid_paise or 0)
    if most > ORDER_VALUE_PAISE_MAX:
        most = ORDER_VALUE_PAISE_MAX
    paise = entry.whole_qty * worst
    return Denial(Code.VALUE, money(paise), money(most)) if paise > most else None


def protection(entry: Entry) -> Denial | None:
    """(C17) Since 1 Apr 2026 MARKET goes out with protection or not at all; in options on shares it is barred, and so
    is SL-M in all of them (KITE facts 0.4, 1.6): entries are LIMIT or MARKET, see `order_type`. IOC is for both; a
    TTL takes minutes, and a want has none."""
    if entry.validity is _TTL:
        return Denial(Code.PROTECTION, "TTL", "DAY or IOC")
    if entry.order_type is not _MARKET:
        return None
    if not entry.protection_bps:
        return Denial(Code.PROTECTION, "MARKET without protection", "market protection")
    if entry.is_stock_option:
        return Denial(Code.PROTECTION, "MARKET in an option on a share", "LIMIT")
    return None
