"""How a request becomes an order, and an order a request again: terms, protection, ids."""

from typing import Any

from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Product, Side, Validity, Variety
from tarazu.sim.broker.desk import Desk
from tarazu.sim.broker.oms import ALGO_ID, Order
from tarazu.sim.broker.protection import is_given, protected_price, protection_pct, protection_tags
from tarazu.sim.orders import ModifyRequest, OrderRequest
from tarazu.wire.kite_errors import Refusal

MARKET_TYPES = (OrdType.MARKET, OrdType.SL_M)


def new_order(
    desk: Desk,
    user_id: str,
    instrument: Instrument,
    request: OrderRequest,
    parent_order_id: str | None = None,
    meta: dict[str, Any] | None = None,
) -> Order:
    """An order of these terms, not yet anywhere. Its id and guid follow from the clock and its number."""
    kind, variety = OrdType(request.order_type), Variety(request.variety)
    no, order_id = desk.next_order()
    return Order(
        no=no,
        order_id=order_id,
        user_id=user_id,
        instrument=instrument,
        variety=variety,
        side=request.transaction_type,
        order_type=kind,
        product=Product.CO if variety is Variety.CO else Product(request.product),
        validity=Validity(request.validity),
        validity_ttl=request.validity_ttl if request.validity == Validity.TTL else 0,
        qty=request.quantity,
        price_paise=0 if kind in MARKET_TYPES else request.price_paise,
        trigger_paise=request.trigger_paise,
        disclosed_qty=request.disclosed_quantity,
        market_protection=request.market_protection,
        parent_order_id=parent_order_id,
        auction_number=request.auction_number if variety is Variety.AUCTION else None,
        placed_by=user_id,
        tag=request.tag or None,
        tags=[request.tag] if request.tag else [],
        meta=(meta or {}) | ({ALGO_ID: request.algo_id} if request.algo_id else {}),
        guid=f"{no}X{desk.dice.word('guid', no):016x}",
        ordered_ns=desk.now_ns,
    )


def protect(desk: Desk, order: Order) -> None:
    """Price a MARKET or SL-M order's protection: MARKET becomes LIMIT now, SL-M when it triggers."""
    if order.order_type not in MARKET_TYPES or not is_given(order.market_protection):
        return
    kind = order.order_type
    price, pct = protection(desk, order.instrument, order.side, kind, order.market_protection, order.trigger_paise)
    order.protected_pct = pct
    if kind is OrdType.SL_M:
        order.protected_paise = price
        return
    order.order_type, order.price_paise, order.market_protection = OrdType.LIMIT, price, 0.0
    order.tags = [*order.tags, *protection_tags(pct)]


def protection(
    desk: Desk, instrument: Instrument, side: Side, kind: OrdType, market_protection: float, trigger_paise: int
) -> tuple[int, float]:
    """The protected price, reckoned from the LTP (from a stop's trigger), and the percentage that gave it."""
    index = desk.index_of(instrument)
    assert index is not None
    from_paise = trigger_paise if kind is OrdType.SL_M else desk.ltp_paise(index)
    pct = protection_pct(desk.rules, instrument, market_protection, from_paise)
    return protected_price(side, from_paise, pct, instrument.tick_size_paise), pct


def as_request(order: Order) -> OrderRequest:
    """The order's terms as a request for them."""
    return OrderRequest(
        variety=order.variety.value,
        exchange=order.instrument.exchange.value,
        tradingsymbol=order.instrument.tradingsymbol,
        transaction_type=order.side,
        order_type=order.order_type.value,
        product=Product.MIS.value if order.product is Product.CO else order.product.value,
        validity=order.validity.value,
        validity_ttl=order.validity_ttl,
        quantity=order.qty,
        price_paise=order.price_paise,
        trigger_paise=order.trigger_paise,
        disclosed_quantity=order.disclosed_qty,
        iceberg_quantity=order.qty,
        market_protection=order.market_protection,
        algo_id=order.algo_id,
    )


def merged(order: Order, asked: ModifyRequest) -> OrderRequest:
    """The order's terms with what a modification names. An order that is MARKET already need not name its protection
    again (KITE facts 1.6)."""
    was = as_request(order)
    kind = asked.order_type or was.order_type
    inherited = order.protected_pct or order.market_protection if kind in MARKET_TYPES else 0.0
    quantity = was.quantity if asked.quantity is None else asked.quantity
    return OrderRequest(
        variety=was.variety,
        exchange=was.exchange,
        tradingsymbol=was.tradingsymbol,
        transaction_type=was.transaction_type,
        order_type=kind,
        product=was.product,
        validity=asked.validity or was.validity,
        validity_ttl=was.validity_ttl if asked.validity_ttl is None else asked.validity_ttl,
        quantity=quantity,
        price_paise=was.price_paise if asked.price_paise is None else asked.price_paise,
        trigger_paise=was.trigger_paise if asked.trigger_paise is None else asked.trigger_paise,
        disclosed_quantity=was.disclosed_quantity if asked.disclosed_quantity is None else asked.disclosed_quantity,
        iceberg_quantity=quantity,
        market_protection=asked.market_protection or inherited,
    )


def refuse_type(order: Order, order_type: str) -> Refusal | None:
    """The types no modification gives an order, whatever its terms. `order_type` may be no type at all."""
    if order.variety is Variety.AUCTION:
        return Refusal("Auction orders cannot be modified. Cancel the order and place another.")
    becomes_stop = order_type in (OrdType.SL, OrdType.SL_M)
    if order.triggered and becomes_stop and order_type != order.order_type:
        return Refusal("A stoploss order that has triggered cannot be modified to a stoploss order.")
    if order.variety is Variety.CO and not order.triggered and becomes_stop != order.is_stop:
        return Refusal("The order type of a cover order cannot be modified.")
    return None
