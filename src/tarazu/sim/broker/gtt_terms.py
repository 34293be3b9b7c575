"""What a good-till-triggered order asks for, and which requests are refused whatever the market does."""

from typing import Any

import msgspec

from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import OrdType, Product, Side, Variety
from tarazu.model.units import PAISE, rupees
from tarazu.sim.orders import OrderRequest
from tarazu.wire.kite_errors import Refusal


class GttLeg(msgspec.Struct, frozen=True, kw_only=True):
    """One order a trigger places."""

    exchange: str
    tradingsymbol: str
    transaction_type: Side
    quantity: int
    order_type: str
    product: str
    price_paise: int


class GttRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger as parsed from Kite's form: types are right, nothing else is promised. Prices in paise."""

    type: str
    """single or two-leg."""
    exchange: str
    tradingsymbol: str
    trigger_paise: tuple[int, ...]
    last_price_paise: int
    orders: tuple[GttLeg, ...]


def refuse_terms(request: GttRequest, instrument: Instrument) -> Refusal | None:
    """The first rule the request breaks by itself."""
    return _refuse_shape(request, instrument) or _refuse_orders(request, instrument)


def _refuse_shape(request: GttRequest, instrument: Instrument) -> Refusal | None:
    legs = {"single": 1, "two-leg": 2}.get(request.type)
    if legs is None:
        return Refusal("Invalid `type`.")
    if len(request.trigger_paise) != legs or len(request.orders) != legs:
        return Refusal(f"A {request.type} GTT takes {legs} trigger value(s) and as many orders.")
    if instrument.exchange not in (Exchange.NSE, Exchange.BSE, Exchange.NFO, Exchange.BFO) or (
        instrument.kind is Kind.INDEX
    ):
        return Refusal(f"GTT is not available on {instrument.exchange}.")
    if any(p <= 0 or p % instrument.tick_size_paise for p in request.trigger_paise):
        return Refusal(f"Trigger price should be a multiple of {instrument.tick_size_paise / PAISE:.2f}.")
    if list(request.trigger_paise) != sorted(set(request.trigger_paise)):
        return Refusal("Trigger values should rise.")
    return None


def _refuse_orders(request: GttRequest, instrument: Instrument) -> Refusal | None:
    product = Product.NRML if instrument.is_derivative else Product.CNC
    for order in request.orders:
        if f"{order.exchange}:{order.tradingsymbol}" != instrument.key:
            return Refusal("A GTT's orders should be for the instrument of its condition.")
        if order.order_type != OrdType.LIMIT:
            return Refusal("Only LIMIT orders are allowed in a GTT.")
        if order.product != product:
            return Refusal(f"Only {product} is allowed for GTT on {instrument.exchange}.")
        if order.quantity <= 0 or order.quantity % instrument.lot_size:
            return Refusal(f"Quantity should be in multiples of {instrument.lot_size}.")
        if order.price_paise <= 0 or order.price_paise % instrument.tick_size_paise:
            return Refusal(f"Price should be a multiple of {instrument.tick_size_paise / PAISE:.2f}.")
    return None


def leg_row(order: GttLeg) -> dict[str, Any]:
    """The leg as Kite shows it."""
    return {
        "exchange": order.exchange,
        "tradingsymbol": order.tradingsymbol,
        "product": order.product,
        "order_type": order.order_type,
        "transaction_type": order.transaction_type.value,
        "quantity": order.quantity,
        "price": rupees(order.price_paise),
    }


def order_request(leg: GttLeg) -> OrderRequest:
    """The order the leg places."""
    return OrderRequest(
        variety=Variety.REGULAR,
        exchange=leg.exchange,
        tradingsymbol=leg.tradingsymbol,
        transaction_type=leg.transaction_type,
        order_type=leg.order_type,
        product=leg.product,
        quantity=leg.quantity,
        price_paise=leg.price_paise,
    )
