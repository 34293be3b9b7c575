"""Day end. The first day is Tuesday 17 November 2026; the contracts expire on Monday the 23rd."""

from datetime import date

import pytest

from tarazu.sim.money.ledger import EntryKind

LOT = 65
EXPIRY = date(2026, 11, 23)


def kinds(till) -> list[str]:
    return [str(e.kind) for e in till.account.ledger.entries]


def test_a_futures_day_becomes_cash_at_the_settlement_price_and_the_next_begins_there(till) -> None:
    till.buy("FUT", LOT, 26_000.0)
    charges = till.charges
    till.prices["FUT"] = 26_100.0
    till.settle()
    assert till.cash == pytest.approx(1_000_000 - charges + 65 * 100)
    till.prices["FUT"] = 26_040.0
    row = till.row("FUT")
    assert (row.average_price, row.close_price) == (26_000.0, 26_100.0)
    assert row.pnl == 65 * 40 and row.m2m == 65 * -60
    till.settle()
    assert till.cash == pytest.approx(1_000_000 - charges + 65 * 40)


def test_a_future_closed_within_the_day_is_paid_out_at_day_end(till) -> None:
    till.buy("FUT", LOT, 26_000.0)
    till.sell("FUT", LOT, 26_020.0)
    assert till.cash == pytest.approx(1_000_000 - till.charges)
    till.settle()
    assert till.cash == pytest.approx(1_000_000 - till.charges + 65 * 20)
    assert till.account.position_rows(till.mark).net == []


def test_an_option_is_carried_without_moving_cash(till) -> None:
    till.sell("26000CE", LOT, 120.0)
    cash = till.cash
    till.prices["26000CE"] = 200.0
    till.settle()
    assert till.cash == cash and till.row("26000CE").overnight_quantity == -LOT


def test_what_is_left_of_a_closed_position_is_gone_the_next_day(till) -> None:
    till.buy("26000CE", LOT, 120.0)
    till.sell("26000CE", LOT, 130.0)
    till.settle()
    data = till.account.position_rows(till.mark)
    assert data.net == data.day == []
    assert till.funds.available.opening_balance == pytest.approx(till.cash)


def test_a_trade_id_may_come_again_the_next_day(till) -> None:
    till.buy("26000CE", LOT, 120.0)
    till.settle()
    till._trade_no = 0
    till.buy("26000CE", LOT, 120.0)
    assert till.row("26000CE").quantity == 2 * LOT


# Underlying 26,240 at expiry: the final settlement price is passed in, whatever the index shows last.
@pytest.mark.parametrize(
    ("name", "side", "paid", "gain", "tax"),
    [
        ("26000CE", "buy", 100.0, 240.0, 65 * 240 * 0.0015),
        ("26000CE", "sell", 100.0, 240.0, 0.0),
        ("26500CE", "buy", 100.0, 0.0, 0.0),
        ("26500PE", "buy", 100.0, 260.0, 65 * 260 * 0.0015),
        ("26000PE", "sell", 100.0, 0.0, 0.0),
    ],
)
def test_index_options_settle_in_cash_at_their_intrinsic_value(till, name, side, paid, gain, tax) -> None:
    till.day = EXPIRY
    getattr(till, side)(name, LOT, paid)
    before, charges = till.cash, till.charges
    settled = till.settle(NIFTY=26_240.0)
    sign = 1 if side == "buy" else -1
    assert till.charges - charges == pytest.approx(round(tax + 1e-9, 2), abs=0.01)
    assert till.cash == pytest.approx(before + sign * LOT * gain - (till.charges - charges))
    assert settled.expired == [till.instruments[name].tradingsymbol]
    assert till.account.position_rows(till.mark).net == []


def test_an_expiring_future_is_marked_for_the_last_time_at_the_underlyings_price(till) -> None:
    till.day = EXPIRY
    till.buy("FUT", LOT, 26_000.0)
    till.buy("FARFUT", LOT, 26_200.0)
    till.settle(NIFTY=26_240.0)
    assert till.cash == pytest.approx(1_000_000 - till.charges + LOT * 240)
    assert [r.tradingsymbol for r in till.account.position_rows(till.mark).net] == ["NIFTY26DECFUT"]


def test_a_contract_does_not_expire_before_its_day(till) -> None:
    till.buy("26000CE", LOT, 100.0)
    assert till.settle().expired == []
    assert till.row("26000CE").quantity == LOT


def test_an_expiry_moved_by_a_holiday_is_the_day_the_contract_says(till) -> None:
    assert not till.calendar.is_trading_day(date(2026, 11, 24))
    assert till.instruments["26000CE"].expiry == EXPIRY


def test_a_stock_future_delivers_its_shares(till) -> None:
    till.day = EXPIRY
    till.buy("INFYFUT", 400, 1505.0)
    till.settle(INFY=1520.0)
    holding = till.account.holdings.find(till.instruments["INFY"])
    assert (holding.t1_qty, holding.cost_paise) == (400, 400 * 152_000)
    # Marked from 1505 to 1520, then 400 shares at 1520: in all 400 at 1505.
    assert till.cash == pytest.approx(1_000_000 - 400 * 1505 - till.charges)


def test_an_exercised_stock_call_pays_the_strike_and_takes_the_shares(till) -> None:
    till.day = EXPIRY
    till.buy("INFY1500CE", 400, 10.0)
    before, charges = till.cash, till.charges
    till.settle(INFY=1520.0)
    assert till.account.holdings.find(till.instruments["INFY"]).t1_qty == 400
    assert till.cash == pytest.approx(before - 400 * 1500 - (till.charges - charges))
    # Delivery tax of 0.1 % on 400 × 1520 and stamp of 0.015 %, but no exercise tax.
    assert till.charges - charges == pytest.approx(608 + 91.2 + 18.66 + 0.61 + 3.47)


def test_a_stock_put_gives_held_shares_for_the_strike(till) -> None:
    till.day = EXPIRY
    till.account.give_holding(till.instruments["INFY"], 400, 140_000)
    till.buy("INFY1500PE", 400, 10.0)
    before, charges = till.cash, till.charges
    till.settle(INFY=1480.0)
    assert till.account.holdings.find(till.instruments["INFY"]) is None
    assert till.cash == pytest.approx(before + 400 * 1500 - (till.charges - charges))


def test_shares_that_are_not_held_are_settled_in_cash(till) -> None:
    till.day = EXPIRY
    till.account.give_holding(till.instruments["INFY"], 100, 140_000)
    till.sell("INFYFUT", 400, 1505.0)
    till.settle(INFY=1490.0)
    assert till.account.holdings.find(till.instruments["INFY"]) is None
    assert till.cash == pytest.approx(1_000_000 + 400 * 15 + 100 * 1490 - till.charges)


def test_obligations_of_one_share_are_netted_before_delivery(till) -> None:
    till.day = EXPIRY
    till.buy("INFYFUT", 400, 1505.0)
    till.sell("INFY1500CE", 400, 10.0)
    till.settle(INFY=1520.0)
    assert till.account.holdings.find(till.instruments["INFY"]) is None
    assert "DEPOSITORY" not in kinds(till)


def test_intraday_contracts_that_could_not_be_squared_off_are_carried_as_nrml(till) -> None:
    till.sell("26000CE", LOT, 100.0, "MIS")
    assert till.settle().carried_intraday == ["NIFTY26NOV26000CE"]
    assert till.row("26000CE", "NRML").overnight_quantity == -LOT


def test_intraday_shares_left_over_are_taken_into_delivery_with_its_charges(till) -> None:
    till.buy("INFY", 100, 1523.35, "MIS")
    assert till.settle().carried_intraday == ["INFY"]
    assert till.account.holdings.find(till.instruments["INFY"]).t1_qty == 100
    assert till.charges == 180.89


def test_shares_sold_short_and_left_over_are_bought_in_at_the_close(till) -> None:
    till.sell("INFY", 10, 1500.0, "MIS")
    till.prices["INFY"] = 1510.0
    assert till.settle().bought_in == ["INFY"]
    assert EntryKind.CLOSE_OUT in kinds(till)
    assert till.cash == pytest.approx(1_000_000 - 10 * 10 - till.charges)


def test_a_day_end_leaves_the_accounts_worth_as_it_was_but_for_charges(till) -> None:
    till.account.give_holding(till.instruments["TCS"], 10, 290_000)
    till.buy("INFY", 10, 1500.0, "CNC")
    till.sell("TCS", 4, 3010.0, "CNC")
    till.sell("26000CE", LOT, 100.0)
    till.buy("FUT", LOT, 26_000.0)
    till.buy("TCS", 5, 2990.0, "MIS")
    till.prices.update(FUT=26_123.0, INFY=1511.0)
    worth, charges = till.net_worth_paise, till.account.ledger.charges_paise
    till.settle()
    assert till.net_worth_paise == worth - (till.account.ledger.charges_paise - charges)
    assert till.balanced()


def test_shares_bought_under_one_delivery_product_cover_a_sale_under_the_other(till) -> None:
    till.account.give_holding(till.instruments["INFY"], 5, 140_000)
    till.sell("INFY", 8, 1500.0, "CNC")
    till.buy("INFY", 3, 1490.0, "MTF")
    assert till.settle().bought_in == []
    assert till.account.holdings.find(till.instruments["INFY"]) is None
