"""What is left to spend, and the pre-trade check."""

import pytest

LOT = 65


def test_net_is_cash_less_debits_and_debits_are_the_parts(till) -> None:
    till.buy("INFY", 10, 1500.0, "CNC")
    till.sell("26000CE", LOT, 120.0)
    till.buy("FUT", LOT, 26_050.0)
    till.buy("TCS", 10, 3000.0, "MIS")
    till.prices["FUT"] = 26_000.0
    funds, used = till.funds, till.funds.utilised
    assert funds.net == funds.available.live_balance == pytest.approx(funds.available.cash - used.debits)
    loss = -(used.m2m_realised + used.m2m_unrealised)
    assert loss == 65 * 50
    parts = used.span + used.exposure + used.option_premium + used.delivery - used.holding_sales + loss + till.charges
    assert used.debits == pytest.approx(parts)
    assert used.delivery == 15_000


def test_a_losing_future_reduces_what_is_free_and_a_winning_one_does_not_add(till) -> None:
    till.buy("FUT", LOT, 26_050.0)
    free = till.funds.net
    till.prices["FUT"] = 26_000.0
    assert till.funds.net == pytest.approx(free - 65 * 50 + 65 * 50 * 0.12), "the loss; margin falls with the price"
    till.prices["FUT"] = 26_100.0
    assert till.funds.net == pytest.approx(free - 65 * 50 * 0.12), "margin rises, the gain waits for the mark"
    till.settle()
    assert till.funds.net == pytest.approx(free + 65 * 50 - 65 * 50 * 0.12)


def test_intraday_shares_hold_their_margin_and_not_their_price(till) -> None:
    till.buy("INFY", 100, 1500.0, "MIS")
    assert till.cash < 1_000_000 - 150_000
    assert till.funds.net == pytest.approx(1_000_000 - 30_000 - till.charges)
    till.prices["INFY"] = 1490.0
    assert till.funds.net == pytest.approx(1_000_000 - 29_800 - 1_000 - till.charges)
    till.sell("INFY", 100, 1490.0, "MIS")
    assert till.funds.net == pytest.approx(1_000_000 - 1_000 - till.charges)
    assert till.funds.utilised.m2m_realised == -1_000


def test_the_days_gains_and_losses_offset_before_they_count(till) -> None:
    till.buy("INFY", 100, 1500.0, "MIS")
    till.sell("INFY", 100, 1510.0, "MIS")
    till.buy("TCS", 100, 3000.0, "MIS")
    till.sell("TCS", 100, 2985.0, "MIS")
    assert till.funds.net == pytest.approx(1_000_000 - 500 - till.charges)


def test_money_from_shares_sold_is_free_at_once(till) -> None:
    till.account.give_holding(till.instruments["INFY"], 10, 140_000)
    till.sell("INFY", 10, 1500.0, "CNC")
    assert till.funds.net == pytest.approx(1_015_000 - till.charges)
    assert till.funds.utilised.holding_sales == 15_000


def test_an_order_beyond_ones_means_is_refused_in_kites_words(till_with) -> None:
    till = till_with(7_000.0)
    refusal = till.refuse("BUY", "26000CE", LOT, 120.0)
    assert (refusal.error_type, refusal.status) == ("MarginException", 400)
    assert refusal.message == (
        "Insufficient funds. Required margin is 7800.00 but available margin is 7000.00. "
        "Check the orderbook for open orders."
    )
    assert till.refuse("BUY", "26000CE", LOT, 100.0) is None


def test_working_orders_keep_their_money(till_with) -> None:
    till = till_with(20_000.0)
    till.working.append(till.order("BUY", "26000CE", LOT, 200.0))
    assert till.funds.net == 7_000
    assert till.refuse("BUY", "26500CE", LOT, 120.0) is not None
    assert till.refuse("BUY", "26500CE", LOT, 100.0) is None


def test_one_cannot_sell_options_with_the_premium_alone(till_with) -> None:
    till = till_with(50_000.0)
    assert till.refuse("SELL", "26000CE", LOT, 300.0) is not None


def test_a_hedge_that_still_works_does_not_count_and_one_that_filled_does(till_with) -> None:
    till = till_with(120_000.0)
    till.working.append(till.order("BUY", "26500CE", LOT, 100.0))
    assert till.refuse("SELL", "26000CE", LOT, 300.0) is not None
    till.working.clear()
    till.buy("26500CE", LOT, 100.0)
    assert till.refuse("SELL", "26000CE", LOT, 300.0) is None


def test_an_exit_is_free_and_a_second_exit_of_the_same_units_is_an_entry(till) -> None:
    till.buy("26000CE", LOT, 300.0)
    assert till.required("SELL", "26000CE", LOT, 300.0) == 0
    till.working.append(till.order("SELL", "26000CE", LOT, 310.0))
    assert till.required("SELL", "26000CE", LOT, 300.0) > 150_000


def test_an_exit_is_never_refused_for_money_however_little_there_is(till_with) -> None:
    till = till_with(200_000.0)
    till.sell("26000CE", LOT, 300.0)
    till.prices["26000CE"], till.spot["NSE:NIFTY 50"] = 2_100.0, 28_000.0
    assert till.funds.net < 0
    assert till.refuse("BUY", "26000CE", LOT, 2_150.0) is None
    assert till.refuse("BUY", "26500CE", LOT, 100.0) is not None, "no money for anything new"


def test_selling_the_hedge_of_a_short_needs_the_shorts_margin_whatever_the_sale_hopes_for(till) -> None:
    till.buy("26500CE", LOT, 100.0)
    till.sell("26000CE", LOT, 300.0)
    assert till.required("SELL", "26500CE", LOT, 9_999.0) > 100_000
    assert till.required("SELL", "26500CE", LOT, 100.0) > 100_000


def test_the_days_result_of_a_carried_future_counts_from_its_last_settlement_price(till) -> None:
    till.buy("FUT", 2 * LOT, 26_000.0)
    till.prices["FUT"] = 26_100.0
    till.settle()
    till.sell("FUT", LOT, 26_080.0)
    till.prices["FUT"] = 26_110.0
    used = till.funds.utilised
    assert (used.m2m_realised, used.m2m_unrealised) == (LOT * -20.0, LOT * 10.0)
