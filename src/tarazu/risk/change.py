"""What no change of an order may be, whether it adds risk or takes it away. Pure; the gate weighs what adds to it."""

import msgspec

from tarazu.model.instrument import Instrument
from tarazu.orders.intent import Purpose
from tarazu.risk.checks_order import can_be_traded
from tarazu.risk.denial import Code, Denial


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, None where it stays as it is, and what the day allows there."""

    key: str
    purpose: Purpose | None
    """Of the order."""
    qty: int | None
    price_paise: int | None
    instrument: Instrument | None
    band: tuple[int, int] | None


def cannot_be(change: Change) -> Denial | None:
    """The first no. Stops are changed by what protects and square-offs by what leaves, and by no want."""
    if change.purpose in (Purpose.STOP, Purpose.SQUARE_OFF):
        return Denial(Code.ORDER, f"it is a {change.purpose}")
    if change.qty is None and change.price_paise is None:
        return Denial(Code.ORDER, "neither a quantity nor a price")
    if change.instrument is None or not can_be_traded(change.instrument):
        return Denial(Code.INSTRUMENT, change.key, "today's master")
    lot = change.instrument.lot_size
    if change.qty is not None and (change.qty <= 0 or change.qty % lot):
        return Denial(Code.LOT, str(change.qty), str(lot))
    freeze_qty = change.instrument.freeze_qty
    if change.qty is not None and freeze_qty and change.qty > freeze_qty:
        return Denial(Code.FREEZE, f"{change.qty} units", f"{freeze_qty} units: one order is not sliced by a change")
    return _priced(change.price_paise, change.instrument.tick_size_paise, change.band)


def _priced(price: int | None, tick: int, band: tuple[int, int] | None) -> Denial | None:
    if price is None:
        return None
    if price <= 0 or price % tick:
        return Denial(Code.TICK, str(price), str(tick))
    if band is None:
        return Denial(Code.BAND, "not known", "the day's band")
    return None if band[0] <= price <= band[1] else Denial(Code.BAND, str(price), f"{band[0]} to {band[1]}")
