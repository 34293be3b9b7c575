"""Kite's answers about money before a trade: order margins, basket margins, the virtual contract note."""

from collections.abc import Sequence
from datetime import date

from tarazu.model import ist
from tarazu.model.instrument import Kind
from tarazu.model.rules import ChargeRates
from tarazu.model.units import rupees
from tarazu.portfolio.charges import NOTHING as NO_CHARGES
from tarazu.portfolio.charges import ChargeLeg, Charges, charges
from tarazu.sim.money.combined import NOTHING, Requirement
from tarazu.sim.money.margins import INTRADAY, Leg, MarginOrder, Margins
from tarazu.sim.money.marks import Marks
from tarazu.wire.kite_money import BasketMargin, ChargesRow, ContractNoteRow, GstRow, OrderMargin


def order_margin(
    margins: Margins, rates: ChargeRates, order: MarginOrder, legs: Sequence[Leg], marks: Marks, now_ns: int
) -> OrderMargin:
    """One row of `POST /margins/orders`: the order on top of `legs`, the open positions."""
    needed = margins.portfolio(legs, marks, now_ns).needed_by_order(order, ())
    return _row(margins, order, needed, order_charges(rates, order, marks, ist.day_of(now_ns)))


def basket_margin(
    margins: Margins,
    rates: ChargeRates,
    orders: Sequence[MarginOrder],
    legs: Sequence[Leg],
    marks: Marks,
    now_ns: int,
) -> BasketMargin:
    """`POST /margins/basket`; `legs` are the positions where `consider_positions` is asked, else none.

    `initial` executes the orders one by one as given, each needing what it adds, so a hedge bought first helps.
    `final` is what all of them together need once filled; never more than `initial`.
    """
    portfolio = margins.portfolio(legs, marks, now_ns)
    steps = [portfolio.take(order) for order in orders]
    initial = sum((step.needed for step in steps), NOTHING)
    final = sum((step.total for step in steps), NOTHING).floored()
    day = ist.day_of(now_ns)
    costs = sum((order_charges(rates, order, marks, day) for order in orders), NO_CHARGES)
    return BasketMargin(
        initial=_total(initial),
        final=_total(final),
        orders=[order_margin(margins, rates, order, legs, marks, now_ns) for order in orders],
        charges=charges_row(costs),
    )


def contract_note(rates: ChargeRates, orders: Sequence[MarginOrder], day: date) -> list[ContractNoteRow]:
    """`POST /charges/orders`: each order at the average price it names."""
    return [
        ContractNoteRow(
            transaction_type=order.side,
            tradingsymbol=order.instrument.tradingsymbol,
            exchange=order.instrument.exchange,
            variety=order.variety,
            product=order.product,
            order_type=order.order_type,
            quantity=order.qty,
            price=rupees(order.price_paise),
            charges=charges_row(charges(rates, _charge_leg(order, order.price_paise, day))),
        )
        for order in orders
    ]


def order_charges(rates: ChargeRates, order: MarginOrder, marks: Marks, day: date) -> Charges:
    """What the order will cost if it fills whole at its price; an order without one, at the last price."""
    price = order.price_paise or marks(order.instrument).last_paise
    return charges(rates, _charge_leg(order, price, day))


def charges_row(cost: Charges) -> ChargesRow:
    gst = rupees(cost.gst_paise)
    return ChargesRow(
        transaction_tax=rupees(cost.stt_paise),
        exchange_turnover_charge=rupees(cost.exchange_paise + cost.ipft_paise),
        sebi_turnover_charge=rupees(cost.sebi_paise),
        brokerage=rupees(cost.brokerage_paise),
        stamp_duty=rupees(cost.stamp_paise),
        gst=GstRow(igst=gst, total=gst),
        total=rupees(cost.total),
    )


def _charge_leg(order: MarginOrder, price_paise: int, day: date) -> ChargeLeg:
    return ChargeLeg(
        kind=order.instrument.kind,
        exchange=order.instrument.exchange,
        product=order.product,
        side=order.side,
        qty=order.qty,
        value_paise=order.qty * price_paise,
        day=day,
    )


def _row(margins: Margins, order: MarginOrder, needed: Requirement, cost: Charges) -> OrderMargin:
    row = _total(needed)
    row.tradingsymbol = order.instrument.tradingsymbol
    row.exchange = order.instrument.exchange
    row.charges = charges_row(cost)
    if order.instrument.kind is Kind.EQ and order.product in INTRADAY:
        row.leverage = round(1 / margins.cash_intraday, 2)
    return row


def _total(needed: Requirement) -> OrderMargin:
    return OrderMargin(
        span=rupees(needed.span),
        exposure=rupees(needed.exposure),
        option_premium=rupees(needed.premium),
        var=rupees(needed.var),
        total=rupees(needed.total),
    )
