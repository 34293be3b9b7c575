"""Margins and charges before a trade: JSON lists of orders in. Also the legacy list of margins by instrument."""

from typing import Any

from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import OrdType, Product, Side, Variety
from tarazu.model.units import rupees
from tarazu.sim.front.call import Call, Route
from tarazu.sim.front.forms import Form, json_list, query_form
from tarazu.sim.front.http import Response, data
from tarazu.sim.money.margin_rows import basket_margin, contract_note, order_margin
from tarazu.sim.money.margins import Leg, MarginOrder
from tarazu.wire.kite_errors import Refusal
from tarazu.wire.kite_money import OrderMargin

SEGMENTS = ("equity", "commodity", "futures", "currency")
SHARE_PRODUCTS = (Product.CNC, Product.MIS, Product.MTF, Product.CO)
DERIVATIVE_PRODUCTS = (Product.NRML, Product.MIS, Product.CO)


def order_margins(call: Call) -> Response | Refusal:
    """`POST /margins/orders`: each order on top of the open positions; `mode=compact` gives names and totals only."""
    form = query_form(call.request)
    compact = _is_compact(form)
    orders = _read_orders(call, form, "price")
    if form.refusal is not None:
        return form.refusal
    margins, marks, rates = call.broker.desk.margins, call.broker.desk.mark, call.broker.config.charge_rates
    legs = call.broker.accounts[call.user_id].margin_legs()
    rows = [order_margin(margins, rates, order, legs, marks, call.now_ns) for order in orders]
    return data([_compact(row) for row in rows] if compact else rows)


def basket_margins(call: Call) -> Response | Refusal:
    """`POST /margins/basket?consider_positions=…&mode=…`: one after the other, and all together."""
    form = query_form(call.request)
    considers, compact = form.flag("consider_positions", default=True), _is_compact(form)
    orders = _read_orders(call, form, "price")
    if form.refusal is not None:
        return form.refusal
    margins, marks, rates = call.broker.desk.margins, call.broker.desk.mark, call.broker.config.charge_rates
    legs: list[Leg] = call.broker.accounts[call.user_id].margin_legs() if considers else []
    basket = basket_margin(margins, rates, orders, legs, marks, call.now_ns)
    if not compact:
        return data(basket)
    totals = {"initial": _compact(basket.initial), "final": _compact(basket.final), "charges": basket.charges}
    return data({**totals, "orders": [_compact(row) for row in basket.orders]})


def contract_notes(call: Call) -> Response | Refusal:
    """`POST /charges/orders`: what each order costs at the average price it names."""
    form = query_form(call.request)
    orders = _read_orders(call, form, "average_price")
    if form.refusal is not None:
        return form.refusal
    return data(contract_note(call.broker.config.charge_rates, orders, call.broker.universe.day))


def instrument_margins(call: Call) -> Response | Refusal:
    """`GET /margins/{segment}`, a relic: shares with their intraday multiplier, or futures with a lot's margin."""
    segment = call.path["segment"]
    if segment not in SEGMENTS:
        return Refusal(f"Invalid `segment`. It should be one of: {', '.join(SEGMENTS)}.")
    kind = {"equity": Kind.EQ, "futures": Kind.FUT}.get(segment)
    listed = [i for i in call.broker.universe.instruments if i.kind is kind]
    return data([_share_row(call, i) if kind is Kind.EQ else _future_row(call, i) for i in listed])


def _read_orders(call: Call, form: Form, price_field: str) -> list[MarginOrder]:
    """The body's orders; what is wrong with one becomes the form's refusal."""
    listed = json_list(call.request, "order")
    if isinstance(listed, Refusal):
        form.refuse(listed.message)
        return []
    orders = []
    for entry in listed:
        order = _read_order(call, entry, price_field)
        if entry.refusal is not None:
            form.refuse(entry.refusal.message)
        elif order is not None:
            orders.append(order)
    return orders


def _read_order(call: Call, form: Form, price_field: str) -> MarginOrder | None:
    instrument = call.broker.universe.find(f"{form.text('exchange')}:{form.text('tradingsymbol')}")
    product = form.choice("product", Product)
    if instrument is None or instrument.kind is Kind.INDEX:
        form.refuse("Invalid `tradingsymbol`: no such instrument to trade.")
        return None
    if product not in (DERIVATIVE_PRODUCTS if instrument.is_derivative else SHARE_PRODUCTS):
        form.refuse(f"Invalid `product`: {product} is not for {instrument.exchange} {instrument.kind}.")
    return MarginOrder(
        instrument=instrument,
        side=form.choice("transaction_type", Side),
        product=product,
        qty=form.whole("quantity", least=1),
        price_paise=form.paise(price_field, 0 if price_field == "price" else None),
        variety=form.choice("variety", Variety).value,
        order_type=form.choice("order_type", OrdType).value,
        order_id=form.text("order_id", ""),
    )


def _is_compact(form: Form) -> bool:
    mode = form.text("mode", "")
    if mode not in ("", "compact"):
        form.refuse("Invalid `mode`. It should be compact, or left out.")
    return mode == "compact"


def _compact(row: OrderMargin) -> dict[str, Any]:
    return {"type": row.type, "tradingsymbol": row.tradingsymbol, "exchange": row.exchange, "total": row.total}


def _share_row(call: Call, instrument: Instrument) -> dict[str, Any]:
    share = call.broker.config.rules.margins.cash_intraday
    return {
        "tradingsymbol": instrument.tradingsymbol,
        "margin": 100 * share,
        "co_lower": 0,
        "co_upper": 0,
        "mis_multiplier": 1 / share,
        "nrml_margin": 0,
        "mis_margin": 0,
    }


def _future_row(call: Call, instrument: Instrument) -> dict[str, Any]:
    """Span and exposure of one lot bought."""
    leg = Leg(instrument, Product.NRML, instrument.lot_size)
    needed = call.broker.desk.margins.portfolio([leg], call.broker.desk.mark, call.now_ns).requirement()
    value = instrument.lot_size * call.broker.desk.mark(instrument).last_paise
    return {
        "tradingsymbol": instrument.tradingsymbol,
        "margin": round(100 * needed.total / value, 2) if value else 0,
        "co_lower": 0,
        "co_upper": 0,
        "mis_multiplier": 0,
        "nrml_margin": rupees(needed.total),
        "mis_margin": rupees(needed.total),
    }


ROUTES = (
    Route("POST", "/margins/orders", order_margins),
    Route("POST", "/margins/basket", basket_margins),
    Route("POST", "/charges/orders", contract_notes),
    Route("GET", "/margins/{segment}", instrument_margins),
)
