"""Fills into books and rows. `till` is in conftest: 10 lakh cash, prices and trades in rupees."""

import msgspec
import pytest

from tarazu.model.order import Side
from tarazu.wire.kite_money import PositionRow

# Kite v3 "Portfolio: positions".
ROW_KEYS = """
    tradingsymbol exchange instrument_token product quantity overnight_quantity multiplier average_price close_price
    last_price value pnl m2m unrealised realised buy_quantity buy_price buy_value buy_m2m sell_quantity sell_price
    sell_value sell_m2m day_buy_quantity day_buy_price day_buy_value day_sell_quantity day_sell_price day_sell_value
"""


def test_a_bought_option_takes_its_premium_and_its_charges_from_cash(till) -> None:
    till.buy("26000CE", 65, 120.0)
    # The note of test_charges: 27.11 on 7,800 of premium.
    assert till.cash == 1_000_000 - 7_800 - 27.11
    assert till.charges == 27.11


def test_a_sold_option_brings_its_premium_in(till) -> None:
    till.sell("26000CE", 65, 120.0)
    assert till.cash == pytest.approx(1_000_000 + 7_800 - 38.58)


def test_a_future_moves_no_cash_but_its_charges_until_it_is_marked(till) -> None:
    till.sell("FUT", 65, 26_000.0)
    assert till.cash == pytest.approx(1_000_000 - 907.09)


def test_a_repeated_trade_id_changes_nothing(till) -> None:
    fill = till.fill(Side.BUY, "26000CE", 65, 120.0, "NRML", "o1", "t1")
    assert till.account.apply(fill)
    before = till.cash
    assert not till.account.apply(fill)
    assert till.cash == before and till.row("26000CE").quantity == 65


def test_both_sides_of_a_trade_with_oneself_are_booked(till) -> None:
    for side, order in ((Side.BUY, "o1"), (Side.SELL, "o2")):
        assert till.account.apply(till.fill(side, "26000CE", 65, 120.0, "NRML", order, "t1"))
    assert till.row("26000CE").quantity == 0 and till.row("26000CE").buy_quantity == 65


def test_charges_are_of_the_order_however_many_fills_it_took(till) -> None:
    for qty in (5, 25, 35):
        till.buy("26000CE", qty, 120.0, order="one")
    assert till.charges == 27.11, "brokerage of 20 once"
    till.buy("26000CE", 65, 120.0, order="two")
    assert till.charges == 54.22


def test_a_position_row_carries_every_field_of_kite(till) -> None:
    till.buy("26000CE", 65, 120.0)
    assert list(msgspec.to_builtins(till.row("26000CE"))) == ROW_KEYS.split()
    assert PositionRow.__struct_fields__ == tuple(ROW_KEYS.split())


def test_pnl_is_kites_formula_and_splits_into_realised_and_unrealised(till) -> None:
    till.buy("26000CE", 130, 100.0)
    till.buy("26000CE", 130, 110.0)
    till.sell("26000CE", 65, 120.0)
    till.prices["26000CE"] = 115.0
    row = till.row("26000CE")
    assert (row.quantity, row.average_price) == (195, 105.0)
    assert (row.buy_quantity, row.buy_price, row.buy_value) == (260, 105.0, 27_300.0)
    assert (row.sell_quantity, row.sell_price, row.sell_value) == (65, 120.0, 7_800.0)
    assert row.value == row.sell_value - row.buy_value == -19_500.0
    assert row.pnl == row.value + 195 * 115.0 == 2_925.0
    assert row.realised == 65 * (120 - 105) == 975.0
    assert row.unrealised == 195 * (115 - 105) == 1_950.0
    assert row.m2m == row.pnl, "nothing was carried in"


def test_a_closed_position_stays_in_the_days_rows_with_its_result(till) -> None:
    till.sell("26000CE", 65, 100.0)
    till.buy("26000CE", 65, 90.0)
    row = till.row("26000CE")
    assert (row.quantity, row.average_price, row.unrealised) == (0, 0.0, 0.0)
    assert row.realised == row.pnl == 650.0


def test_products_of_one_instrument_are_positions_of_their_own(till) -> None:
    till.buy("INFY", 10, 1500.0, "CNC")
    till.sell("INFY", 4, 1510.0, "MIS")
    assert till.row("INFY", "CNC").quantity == 10
    assert till.row("INFY", "MIS").quantity == -4
    assert till.account.net_qty(till.instruments["INFY"]) == 6


def test_a_carried_position_shows_overnight_quantity_and_marks_its_day_from_the_close(till) -> None:
    till.buy("26000CE", 130, 100.0)
    till.prices["26000CE"] = 112.0
    till.settle()
    till.sell("26000CE", 65, 120.0)
    till.prices["26000CE"] = 118.0
    net, day = till.row("26000CE"), till.row("26000CE", of="day")
    assert (net.quantity, net.overnight_quantity, net.close_price, net.average_price) == (65, 130, 112.0, 100.0)
    assert net.pnl == 65 * (120 - 100) + 65 * (118 - 100)
    assert net.m2m == 65 * (120 - 112) + 65 * (118 - 112)
    assert (net.buy_value, net.buy_m2m) == (13_000.0, 130 * 112.0)
    assert (net.day_buy_quantity, net.day_sell_quantity, net.day_sell_price) == (0, 65, 120.0)
    assert (day.quantity, day.overnight_quantity, day.sell_quantity, day.buy_quantity) == (-65, 0, 65, 0)


def test_a_pay_in_is_cash_of_the_day(till) -> None:
    till.account.pay_in(50_000_00, till.now_ns)
    assert till.cash == 1_050_000
    assert till.funds.available.intraday_payin == 50_000
    assert till.funds.net == 1_050_000


def test_a_square_off_costs_the_rule_books_charge_and_gst(till) -> None:
    till.account.penalise(till.rules.square_off_charge_paise, till.now_ns, "order-9")
    assert till.cash == 1_000_000 - 59
    assert till.charges == 59
