"""Whether an account can carry an order: money, shares, and the depository's permission to deliver them."""

from tarazu.model.order import Product, Side
from tarazu.sim.broker.desk import Desk
from tarazu.sim.broker.oms import Change, Order
from tarazu.sim.money.margins import MarginOrder
from tarazu.wire.kite_errors import ErrorType, Refusal


def refuse_means(desk: Desk, order: Order, change: Change | None = None) -> Refusal | None:
    """The refusal of a new order, or of an order with changed terms; None when the account can carry it."""
    account = desk.accounts[order.user_id]
    asked = margin_order(order) if change is None else _changed(order, change)
    others = working_orders(desk, order.user_id, besides=order.order_id)
    refusal = account.refuse_order(asked, desk.margins, others, desk.mark, desk.now_ns)
    return refusal or _refuse_delivery(desk, order)


def working_orders(desk: Desk, user_id: str, besides: str = "") -> list[MarginOrder]:
    """What is left of the account's working orders, as margins see them."""
    return [margin_order(o) for o in desk.blotter.working(user_id) if o.order_id != besides and o.pending_qty]


def margin_order(order: Order) -> MarginOrder:
    """A stop at market counts at its trigger, any other market order at the last price."""
    price = order.price_paise or order.protected_paise or (order.trigger_paise if order.is_stop else 0)
    return _margin_order(order, order.pending_qty, price)


def _changed(order: Order, change: Change) -> MarginOrder:
    price = change.price_paise or change.protected_paise or (change.trigger_paise if change.order_type.is_stop else 0)
    return _margin_order(order, change.qty - order.filled_qty, price)


def _margin_order(order: Order, qty: int, price_paise: int) -> MarginOrder:
    return MarginOrder(
        instrument=order.instrument,
        side=order.side,
        product=order.product,
        qty=qty,
        price_paise=price_paise,
        variety=order.variety.value,
        order_type=order.order_type.value,
        order_id=order.order_id,
    )


def _refuse_delivery(desk: Desk, order: Order) -> Refusal | None:
    """Fault `holdings.unauthorised`: the depository asks the holder before shares may be sold. KITE facts 1.2."""
    if order.product is not Product.CNC or order.side is not Side.SELL:
        return None
    account, instrument = desk.accounts[order.user_id], order.instrument
    short = account.unauthorised_qty(instrument, order.pending_qty, desk.now_ns)
    if not short or desk.faults.strike("holdings.unauthorised", desk.now_ns, **desk.subject(order)) is None:
        return None
    return Refusal(
        f"{short} quantity of {instrument.tradingsymbol} needs authorisation at the depository before it can be sold.",
        ErrorType.HOLDING,
        428,
        {"tradingsymbol": instrument.tradingsymbol, "quantity": short},
    )
