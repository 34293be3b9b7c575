"""Kite's margin and contract-note answers."""

import msgspec
import pytest

from tarazu.model import ist
from tarazu.portfolio.charges import Charges
from tarazu.sim.money.margin_rows import basket_margin, charges_row, contract_note, order_margin

LOT = 65
# Kite v3 "Margin calculation".
ROW_KEYS = """
    type tradingsymbol exchange span exposure option_premium additional bo cash var pnl leverage charges total
"""
CHARGE_KEYS = """
    transaction_tax transaction_tax_type exchange_turnover_charge sebi_turnover_charge brokerage stamp_duty gst total
"""


def row_of(till, *order, **options):
    legs = till.account.margin_legs()
    return order_margin(till.margins, till.rates, till.order(*order, **options), legs, till.mark, till.now_ns)


def basket_of(till, *orders, consider_positions: bool = False):
    legs = till.account.margin_legs() if consider_positions else []
    wanted = [till.order(*order) for order in orders]
    return basket_margin(till.margins, till.rates, wanted, legs, till.mark, till.now_ns)


def test_an_order_margin_row_carries_every_field_of_kite(till) -> None:
    row = msgspec.to_builtins(row_of(till, "BUY", "26000CE", LOT, 120.0))
    assert list(row) == ROW_KEYS.split()
    assert list(row["charges"]) == CHARGE_KEYS.split()
    assert list(row["charges"]["gst"]) == ["igst", "cgst", "sgst", "total"]


def test_a_bought_option_shows_its_premium_and_charges(till) -> None:
    row = row_of(till, "BUY", "26000CE", LOT, 120.0)
    assert (row.option_premium, row.span, row.exposure, row.total) == (7_800.0, 0.0, 0.0, 7_800.0)
    assert (row.charges.total, row.charges.brokerage, row.charges.gst.total) == (27.11, 20.0, 4.1)


def test_a_sold_option_shows_span_and_exposure(till) -> None:
    row = row_of(till, "SELL", "26000CE", LOT, 400.0)
    assert row.span > 0 and row.exposure == 33_800.0 and row.option_premium == 0
    assert row.total == row.span + row.exposure
    assert row.charges.transaction_tax == 39.0, "0.15 % of 26,000"


def test_shares_show_var_and_leverage(till) -> None:
    intraday = row_of(till, "BUY", "INFY", 100, 1500.0, product="MIS")
    assert (intraday.var, intraday.leverage, intraday.total) == (30_000.0, 5.0, 30_000.0)
    delivery = row_of(till, "BUY", "INFY", 100, 1500.0, product="CNC")
    assert (delivery.var, delivery.leverage, delivery.total) == (150_000.0, 1.0, 150_000.0)


def test_an_order_without_a_price_is_taken_at_the_last_one(till) -> None:
    till.prices["26000CE"] = 120.0
    assert row_of(till, "BUY", "26000CE", LOT, 0.0) == row_of(till, "BUY", "26000CE", LOT, 120.0)


def test_an_exit_row_needs_nothing(till) -> None:
    till.sell("26000CE", LOT, 300.0)
    assert row_of(till, "BUY", "26000CE", LOT, 310.0).total == 0


def test_a_baskets_final_margin_has_the_benefit_of_the_hedge(till) -> None:
    basket = basket_of(till, ("SELL", "26000CE", LOT, 300.0), ("BUY", "26500CE", LOT, 120.0))
    assert basket.final.total < basket.initial.total / 2
    assert [row.tradingsymbol for row in basket.orders] == ["NIFTY26NOV26000CE", "NIFTY26NOV26500CE"]
    assert basket.charges.total == pytest.approx(sum(row.charges.total for row in basket.orders))


def test_a_basket_that_buys_its_hedge_first_needs_less_to_begin(till) -> None:
    hedge, short = ("BUY", "26500CE", LOT, 120.0), ("SELL", "26000CE", LOT, 300.0)
    first, last = basket_of(till, hedge, short), basket_of(till, short, hedge)
    assert first.initial.total < last.initial.total
    assert first.final == last.final


def test_a_basket_may_or_may_not_consider_positions(till) -> None:
    till.buy("26500CE", LOT, 120.0)
    alone = basket_of(till, ("SELL", "26000CE", LOT, 300.0))
    beside = basket_of(till, ("SELL", "26000CE", LOT, 300.0), consider_positions=True)
    assert beside.final.total < alone.final.total


@pytest.mark.parametrize(
    "orders",
    [
        [("BUY", "26000CE", LOT, 120.0), ("SELL", "26500CE", LOT, 60.0)],
        [("SELL", "26000CE", LOT, 120.0), ("SELL", "26000PE", LOT, 60.0)],
        [("BUY", "FUT", LOT, 26_050.0), ("SELL", "FARFUT", LOT, 26_200.0), ("BUY", "26000PE", LOT, 90.0)],
        [("BUY", "INFY", 10, 1500.0, "MIS"), ("SELL", "INFY", 10, 1500.0, "MIS")],
        [("SELL", "26000CE", 2 * LOT, 120.0), ("BUY", "26000CE", LOT, 500.0)],
    ],
)
def test_a_baskets_final_margin_is_never_above_its_initial_one(till, orders) -> None:
    till.sell("26000CE", LOT, 120.0)
    for consider in (False, True):
        basket = basket_of(till, *orders, consider_positions=consider)
        assert basket.final.total <= basket.initial.total


def test_an_empty_basket_needs_nothing(till) -> None:
    assert basket_of(till).initial.total == basket_of(till).final.total == 0


def test_a_contract_note_shows_each_order_with_its_charges(till) -> None:
    orders = [till.order("SELL", "26000CE", LOT, 120.0), till.order("BUY", "INFY", 100, 1523.35, "CNC")]
    first, second = contract_note(till.rates, orders, ist.day_of(till.now_ns))
    assert list(msgspec.to_builtins(first)) == [
        *("transaction_type", "tradingsymbol", "exchange", "variety", "product", "order_type", "quantity", "price"),
        "charges",
    ]
    assert (first.charges.total, first.charges.transaction_tax, first.price) == (38.58, 11.7, 120.0)
    assert (second.charges.total, second.quantity, second.product) == (180.89, 100, "CNC")


def test_the_exchange_charge_of_a_row_carries_the_investor_protection_levy() -> None:
    row = charges_row(Charges(exchange_paise=202, ipft_paise=3, gst_paise=37))
    assert (row.exchange_turnover_charge, row.gst.igst, row.gst.total, row.total) == (2.05, 0.37, 0.37, 2.42)
