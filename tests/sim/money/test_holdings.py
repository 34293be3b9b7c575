"""Delivery shares from trade to depository. Tuesday 17 November 2026 is the first day; see conftest."""

from datetime import date

import msgspec
import pytest

from tarazu.model.units import HOUR_NS
from tarazu.sim.money.holdings import isin_check_digit, isin_of

# Kite v3 "Portfolio: holdings".
ROW_KEYS = """
    tradingsymbol exchange instrument_token isin product price quantity used_quantity t1_quantity realised_quantity
    authorised_quantity authorised_date authorisation opening_quantity short_quantity collateral_quantity
    collateral_type discrepancy average_price last_price close_price pnl day_change day_change_percentage mtf
"""


def holding(till, name: str = "INFY"):
    rows = till.account.holding_rows(till.mark, till.now_ns)
    return next((r for r in rows if r.tradingsymbol == name), None)


def test_a_holding_row_carries_every_field_of_kite(till) -> None:
    till.account.give_holding(till.instruments["INFY"], 10, 140_000)
    assert list(msgspec.to_builtins(holding(till))) == ROW_KEYS.split()


def test_shares_bought_are_a_position_today_t1_tomorrow_and_settled_the_day_after(till) -> None:
    till.buy("INFY", 10, 1500.0, "CNC")
    assert holding(till) is None and till.row("INFY", "CNC").quantity == 10
    till.settle()
    row = holding(till)
    assert (row.quantity, row.t1_quantity, row.opening_quantity, row.average_price) == (0, 10, 10, 1500.0)
    assert till.account.position_rows(till.mark).net == []
    till.settle()
    assert (holding(till).quantity, holding(till).t1_quantity) == (10, 0)


def test_a_settlement_holiday_keeps_shares_on_their_way_for_another_day(till) -> None:
    # Wednesday 26 August 2026 trades and does not settle (KITE.md 3.7).
    till.day = date(2026, 8, 25)
    till.buy("INFY", 10, 1500.0, "CNC")
    till.settle()
    till.settle()
    assert (holding(till).quantity, holding(till).t1_quantity) == (0, 10)
    till.settle()
    assert (holding(till).quantity, holding(till).t1_quantity) == (10, 0)


def test_a_sale_uses_the_holding_at_once_and_takes_it_away_at_day_end(till) -> None:
    till.account.give_holding(till.instruments["INFY"], 10, 140_000)
    till.sell("INFY", 4, 1500.0, "CNC")
    row = holding(till)
    assert (row.quantity, row.used_quantity, row.opening_quantity) == (6, 4, 10)
    assert row.pnl == 6 * 100.0
    assert till.row("INFY", "CNC").quantity == -4
    till.settle()
    row = holding(till)
    assert (row.quantity, row.used_quantity, row.opening_quantity, row.average_price) == (6, 0, 6, 1400.0)


def test_shares_on_their_way_can_be_sold_and_settled_ones_go_first(till) -> None:
    till.account.give_holding(till.instruments["INFY"], 5, 140_000)
    till.buy("INFY", 10, 1500.0, "CNC")
    till.settle()
    till.sell("INFY", 8, 1510.0, "CNC")
    row = holding(till)
    assert (row.quantity, row.t1_quantity, row.used_quantity) == (0, 7, 8)
    assert till.account.sellable_qty(till.instruments["INFY"]) == 7


def test_of_shares_on_their_way_the_oldest_are_given_first(till) -> None:
    holding = till.account.holdings.at(till.instruments["INFY"])
    monday, tuesday, wednesday = (date(2026, 11, day) for day in (16, 17, 18))
    for day, qty in ((monday, 10), (tuesday, 20), (wednesday, 30)):
        holding.receive(day, qty, qty * 150_000)
    holding.deliver(15)
    assert [(lot.day, lot.qty) for lot in holding.incoming] == [(tuesday, 15), (wednesday, 30)]
    assert holding.cost_paise == 45 * 150_000
    holding.settle(wednesday)
    assert (holding.settled_qty, holding.t1_qty) == (15, 30)


def test_selling_out_of_holdings_costs_one_depository_charge_a_share(till) -> None:
    till.account.give_holding(till.instruments["INFY"], 10, 140_000)
    till.sell("INFY", 2, 1500.0, "CNC")
    till.sell("INFY", 2, 1500.0, "CNC")
    before = till.charges
    till.settle()
    assert till.charges == pytest.approx(before + 15.34)


def test_shares_not_held_cannot_be_sold_for_delivery(till) -> None:
    till.account.give_holding(till.instruments["INFY"], 10, 140_000)
    assert till.refuse("SELL", "INFY", 10, 1500.0, "CNC") is None
    assert till.refuse("SELL", "INFY", 11, 1500.0, "CNC").error_type == "HoldingException"
    till.working.append(till.order("SELL", "INFY", 6, 1500.0, "CNC"))
    assert till.refuse("SELL", "INFY", 4, 1500.0, "CNC") is None
    assert till.refuse("SELL", "INFY", 5, 1500.0, "CNC") is not None


def test_an_authorisation_lasts_until_half_past_five_of_its_day(till) -> None:
    infy, account, eleven = till.instruments["INFY"], till.account, till.now_ns
    account.give_holding(infy, 10, 140_000)
    assert account.unauthorised_qty(infy, 4, eleven) == 4
    account.authorise(infy, 10, eleven)
    assert account.unauthorised_qty(infy, 4, eleven) == 0
    assert holding(till).authorised_quantity == 10
    assert account.unauthorised_qty(infy, 4, eleven + 6 * HOUR_NS) == 0
    assert account.unauthorised_qty(infy, 4, eleven + 7 * HOUR_NS) == 4
    assert account.unauthorised_qty(infy, 4, eleven + 24 * HOUR_NS) == 4


def test_the_average_of_two_purchases_is_weighted_and_a_sale_keeps_it(till) -> None:
    till.buy("INFY", 10, 1500.0, "CNC")
    till.settle()
    till.buy("INFY", 30, 1540.0, "CNC")
    till.settle()
    assert holding(till).average_price == 1530.0
    till.sell("INFY", 20, 1600.0, "CNC")
    till.settle()
    assert holding(till).average_price == 1530.0


@pytest.mark.parametrize("body, digit", [("US037833100", 5), ("INE009A0102", 1), ("INE467B0102", 9)])
def test_the_check_digit_is_iso_6166s(body: str, digit: int) -> None:
    # Apple, Infosys, TCS.
    assert isin_check_digit(body) == digit


def test_a_made_up_isin_has_the_right_shape_and_never_changes(till) -> None:
    infy = isin_of(till.instruments["INFY"])
    assert len(infy) == 12 and infy.startswith("INE") and infy[7:9] == "01"
    assert int(infy[-1]) == isin_check_digit(infy[:-1])
    assert isin_of(till.instruments["INFY"]) == infy != isin_of(till.instruments["TCS"])
    assert infy == "INETWJD01321"
