"""The broker's day: square-off, settlement, the roll at 06:00, and dates the data does not reach."""

from datetime import date, time
from typing import Any

import pytest

from tarazu.model.calendar import NotCovered

USER = "TZ0001"
TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)
FUT, CE = "NFO:NIFTY26DECFUT", "NFO:NIFTY26NOV26000CE"


def cash(scene: Any) -> int:
    return scene.broker.accounts[USER].ledger.cash_paise  # type: ignore[no-any-return]


def test_intraday_orders_are_cancelled_and_positions_closed_by_the_broker(scene: Any) -> None:
    filled = scene.place(price=1_501)
    resting = scene.place(price=1_490)
    delivery = scene.place(price=1_490, product="CNC")
    scene.go(15, 9)
    assert scene.row(resting).status == "OPEN"
    scene.go(15, 11)
    assert scene.row(resting).status == "CANCELLED"
    assert scene.row(delivery).status == "OPEN"
    closing = scene.orders()[-1]
    assert (closing.placed_by, closing.status, closing.transaction_type) == ("rms", "COMPLETE", "SELL")
    assert scene.broker.positions(USER).net[0].quantity == 0
    penalty = [e for e in scene.broker.accounts[USER].ledger.entries if e.kind == "PENALTY"]
    assert [(e.ref, e.postings[0].paise) for e in penalty] == [(closing.order_id, -59_00)]
    assert scene.row(filled).status == "COMPLETE"


def test_each_venue_is_squared_off_at_its_own_time(scene: Any) -> None:
    scene.place(symbol=FUT, quantity=65, price=26_110)
    scene.go(15, 24)
    assert scene.broker.positions(USER).net[0].quantity == 65
    scene.go(15, 26)
    assert scene.broker.positions(USER).net[0].quantity == 0


def test_delivery_shares_are_holdings_the_next_day_and_settled_on_the_one_after(scene: Any) -> None:
    scene.place(price=1_501, product="CNC")
    scene.go(17, 0)
    holding = scene.broker.holdings(USER)[0]
    assert (holding.quantity, holding.t1_quantity) == (40, 10)
    scene.go(17, 0, WEDNESDAY)
    assert scene.broker.holdings(USER)[0].quantity == 50


def test_an_option_expires_into_cash(open_scene: Any) -> None:
    scene = open_scene()
    scene.place(symbol=CE, quantity=65, price=151, product="NRML")
    scene.wait()
    before = cash(scene)
    scene.price(26_100, "NSE:NIFTY 50")
    scene.go(17, 0)
    assert scene.broker.positions(USER).net == []
    exercise_stt = round(65 * 100_00 * 0.0015)
    assert cash(scene) - before == 65 * 100_00 - exercise_stt


def test_expiry_takes_the_mean_of_the_underlyings_last_half_hour(open_scene: Any) -> None:
    scene = open_scene()
    scene.place(symbol=CE, quantity=65, price=151, product="NRML")
    scene.go(15, 15)
    before = cash(scene)
    scene.price(26_200, "NSE:NIFTY 50")
    scene.go(17, 0)
    gained = cash(scene) - before
    assert 0.9 * 65 * 100_00 < gained < 1.1 * 65 * 100_00


def test_on_a_holiday_the_last_day_stays_readable_and_nothing_trades(scene: Any) -> None:
    scene.go(10, 0, TUESDAY)
    assert not scene.broker.trading
    assert scene.broker.universe.day == date(2026, 11, 23)
    assert scene.ask().message.startswith("Markets are closed")
    amo = scene.place(variety="amo", product="CNC", price=1_510)
    scene.go(9, 20, WEDNESDAY)
    assert scene.broker.trading and scene.row(amo).status == "COMPLETE"


def test_yesterdays_close_follows_into_the_new_day(scene: Any) -> None:
    scene.price(1_600)
    scene.go(9, 30, WEDNESDAY)
    row = scene.broker.exchange.market.rows[scene.broker.universe.index_of_key["NSE:INFY"]]
    assert row["close"] == 1_600_00


def test_tokens_die_at_six(scene: Any) -> None:
    scene.go(5, 59, TUESDAY)
    before = scene.broker.day_epoch
    scene.go(6, 0, TUESDAY)
    assert scene.broker.day_epoch == before + 1


def test_a_start_on_a_holiday_shows_the_last_trading_day(open_scene: Any) -> None:
    scene = open_scene(day=TUESDAY)
    assert scene.broker.universe.day == date(2026, 11, 23) and not scene.broker.trading
    scene.go(9, 30, WEDNESDAY)
    assert scene.broker.universe.day == WEDNESDAY
    scene.place(price=1_501)


def test_a_start_before_six_belongs_to_the_day_before(open_scene: Any) -> None:
    scene = open_scene(day=WEDNESDAY, at=time(3, 0))
    assert not scene.broker.trading
    scene.go(9, 30, WEDNESDAY)
    assert scene.broker.trading


def test_a_short_session_is_over_in_minutes_and_keeps_its_phases(open_scene: Any) -> None:
    scene = open_scene(at=time(8, 59), short=True)
    scene.wait(90)
    order_id = scene.place(price=1_501, product="CNC")
    scene.wait()
    assert scene.row(order_id).status == "COMPLETE"
    scene.go(9, 10)
    assert scene.ask().message.startswith("Markets are closed")
    scene.go(9, 1, WEDNESDAY)
    assert scene.broker.trading


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2027, 1, 4), date(2026, 2, 2)])
def test_a_start_outside_the_dated_data_is_refused(open_scene: Any, day: date) -> None:
    with pytest.raises(NotCovered, match="import newer"):
        open_scene(day=day)


def test_past_its_data_the_broker_stands_still_and_says_why(open_scene: Any) -> None:
    scene = open_scene(day=date(2026, 12, 31))
    order_id = scene.place(price=1_490, product="CNC")
    scene.go(10, 0, date(2027, 1, 4))
    assert scene.broker.standstill.day == date(2027, 1, 1)
    assert "covers 2026-01-01 to 2026-12-31" in scene.broker.standstill.reason
    assert not scene.broker.trading
    assert scene.row(order_id).status == "CANCELLED"
    assert scene.ask().message.startswith("Markets are closed")


def test_the_permissive_market_is_open_on_a_sunday_night_and_rolls_at_midnight(open_scene: Any) -> None:
    scene = open_scene("permissive", day=date(2026, 11, 22), at=time(23, 59))
    order_id = scene.place(price=1_490)
    scene.wait(30)
    assert scene.row(order_id).status == "OPEN"
    scene.wait(40)
    assert scene.broker.universe.day == date(2026, 11, 23) and scene.orders() == []
    again = scene.place(price=1_501)
    scene.wait()
    assert scene.row(again).status == "COMPLETE"


def test_lots_may_change_overnight_and_the_contracts_triggers_end(open_scene: Any) -> None:
    scene = open_scene(market_factory=None, size="tiny")
    future = next(i for i in scene.broker.universe.instruments if i.tradingsymbol.endswith("DECFUT"))
    scene.arm("instruments.lot_change", match={"name": "NIFTY"})
    scene.go(9, 30, WEDNESDAY)
    assert scene.broker.universe.find(future.key).lot_size == 2 * future.lot_size


def test_accounts_balance_to_the_paisa_over_two_days(scene: Any) -> None:
    account = scene.broker.accounts[USER]
    scene.place(price=1_501, product="CNC")
    scene.place(symbol=FUT, quantity=65, price=26_110, product="NRML")
    scene.place(side="SELL", price=1_499)
    scene.price(1_530)
    scene.price(26_300, FUT)
    scene.go(12, 0, WEDNESDAY)
    assert account.ledger.imbalance_paise() == 0
    future = scene.broker.positions(USER).net[0]
    assert (future.quantity, future.overnight_quantity) == (65, 65)
