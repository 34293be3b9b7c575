"""Changing the product of an open position: `PUT /portfolio/positions`."""

import msgspec

from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.sim.money.positions import Position, PositionBook
from tarazu.wire.kite_errors import Refusal

# Kite v3 "Portfolio: position conversion". CO is bound to its stop order, so it stays what it is.
_SHARES = (Product.CNC, Product.MIS, Product.MTF)
_DERIVATIVES = (Product.NRML, Product.MIS)


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """As parsed from the form: products and position type are still Kite's text and may be nonsense."""

    instrument: Instrument
    side: Side
    """Of the position: BUY for a long one."""
    position_type: str
    """`day` or `overnight`: which of the open units."""
    qty: int
    old_product: str
    new_product: str

    @property
    def sells_shares(self) -> bool:
        return self.side is Side.SELL and self.instrument.kind is Kind.EQ and self.new_product != Product.MIS


def convert_position(book: PositionBook, request: Conversion) -> int | Refusal:
    """Move the units with their cost; returns the value moved. A refusal leaves the book as it was.

    The day's units move at the day's average of their side. Whether the new product is affordable is the account's
    question.
    """
    refusal = _malformed(request)
    if refusal is not None:
        return refusal
    old = book.find(request.instrument, Product(request.old_product))
    have = 0 if old is None else open_units(old, request.side, request.position_type)
    if old is None or have < request.qty:
        return Refusal(f"Only {have} of the {request.position_type} position can be converted, not {request.qty}.")
    new = book.at(request.instrument, Product(request.new_product))
    if request.position_type == "day":
        moved = old.take_day(request.side, request.qty)
        new.trade(request.side, request.qty, moved)
    else:
        signed = request.side.sign * request.qty
        cost, mark = old.take_overnight(signed)
        new.give_overnight(signed, cost, mark)
        moved = abs(cost)
    if old.is_blank:
        book.drop(old)
    return moved


def open_units(position: Position, side: Side, position_type: str) -> int:
    """Open units of this side that are the day's or were carried in; a closed unit is nobody's to convert."""
    open_qty = position.qty * side.sign
    if position_type == "overnight":
        part = position.overnight_qty * side.sign
    else:
        part = position.buy_qty if side is Side.BUY else position.sell_qty
    return max(0, min(open_qty, part))


def _malformed(request: Conversion) -> Refusal | None:
    allowed = _DERIVATIVES if request.instrument.is_derivative else _SHARES
    if request.position_type not in ("day", "overnight"):
        return Refusal(f"Invalid `position_type`: {request.position_type}.")
    if request.qty <= 0 or request.qty % request.instrument.lot_size:
        return Refusal(f"Invalid `quantity`: not a positive multiple of {request.instrument.lot_size}.")
    for product in (request.old_product, request.new_product):
        if product not in allowed:
            return Refusal(f"Invalid product `{product}` for {request.instrument.key}.")
    if request.old_product == request.new_product:
        return Refusal("`old_product` and `new_product` are the same.")
    return None
