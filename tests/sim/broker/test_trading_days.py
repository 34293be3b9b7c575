"""The broker's day: square-off, settlement, the roll at 06:00, and dates the data does not reach."""

from datetime import date, time
from typing import Any

import pytest

from tarazu.model import ist
from tarazu.model.calendar import NotCovered, Pace
from tarazu.model.instrument import Instrument
from tarazu.model.order import Side
from tarazu.sim.broker.gtt import GttLeg, GttRequest
from tarazu.sim.synthetic.scenario import SCENARIOS

USER = "TZ0001"
TUESDAY, WEDNESDAY, THURSDAY = date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 26)
FUT, CE = "NFO:NIFTY26DECFUT", "NFO:NIFTY26NOV26000CE"


def cash(scene: Any) -> int:
    return scene.broker.accounts[USER].ledger.cash_paise  # type: ignore[no-any-return]


def watch(scene: Any, instrument: Instrument) -> int:
    """A good-till-triggered order far below the market; its id."""
    desk = scene.broker.desk
    ltp = desk.ltp_paise(desk.index_of(instrument))
    trigger = ltp // 2 // instrument.tick_size_paise * instrument.tick_size_paise
    leg = GttLeg(
        exchange=instrument.exchange.value,
        tradingsymbol=instrument.tradingsymbol,
        transaction_type=Side.BUY,
        quantity=instrument.lot_size,
        order_type="LIMIT",
        product="NRML" if instrument.is_derivative else "CNC",
        price_paise=trigger,
    )
    request = GttRequest(
        type="single",
        exchange=leg.exchange,
        tradingsymbol=leg.tradingsymbol,
        trigger_paise=(trigger,),
        last_price_paise=ltp,
        orders=(leg,),
    )
    placed = scene.broker.gtts.place(USER, request)
    assert isinstance(placed, int), placed
    return placed


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


def test_through_the_evening_the_books_stand_as_the_day_left_them(scene: Any) -> None:
    scene.place(price=1_501, product="CNC")
    scene.place(symbol=FUT, quantity=65, price=26_110, product="NRML")
    scene.wait()
    funds, holdings = cash(scene), scene.broker.holdings(USER)
    scene.go(5, 59, TUESDAY)
    rows = {p.tradingsymbol: (p.quantity, p.overnight_quantity) for p in scene.broker.positions(USER).net}
    assert rows == {"INFY": (10, 0), FUT.removeprefix("NFO:"): (65, 0)}
    assert (cash(scene), len(scene.broker.holdings(USER))) == (funds, len(holdings))
    scene.go(6, 0, TUESDAY)
    rows = {p.tradingsymbol: (p.quantity, p.overnight_quantity) for p in scene.broker.positions(USER).net}
    assert rows == {FUT.removeprefix("NFO:"): (65, 65)}


def test_delivery_shares_are_holdings_the_next_day_and_settled_on_the_one_after(scene: Any) -> None:
    scene.place(price=1_501, product="CNC")
    scene.go(6, 0, TUESDAY)
    holding = scene.broker.holdings(USER)[0]
    assert (holding.quantity, holding.t1_quantity) == (40, 10)
    scene.go(6, 0, THURSDAY)
    assert scene.broker.holdings(USER)[0].quantity == 50


def test_an_option_expires_into_cash(open_scene: Any) -> None:
    scene = open_scene()
    scene.place(symbol=CE, quantity=65, price=151, product="NRML")
    scene.wait()
    before = cash(scene)
    scene.price(26_100, "NSE:NIFTY 50")
    scene.go(6, 0, TUESDAY)
    assert scene.broker.positions(USER).net == []
    exercise_stt = round(65 * 100_00 * 0.0015)
    assert cash(scene) - before == 65 * 100_00 - exercise_stt


def test_expiry_takes_the_mean_of_the_underlyings_last_half_hour(open_scene: Any) -> None:
    scene = open_scene()
    scene.place(symbol=CE, quantity=65, price=151, product="NRML")
    scene.go(15, 15)
    before = cash(scene)
    scene.price(26_200, "NSE:NIFTY 50")
    scene.go(15, 30)
    scene.price(30_000, "NSE:NIFTY 50")
    scene.go(6, 0, TUESDAY)
    gained = cash(scene) - before
    assert gained == 65 * 100_00 - round(65 * 100_00 * 0.0015)


def test_a_session_played_short_takes_the_mean_of_its_last_nominal_half_hour(open_scene: Any) -> None:
    scene = open_scene(at=time(8, 59), pace=Pace.SHORT)
    session = scene.broker.session
    scene.wait(90)
    scene.place(symbol=CE, quantity=65, price=151, product="NRML")
    scene.broker.advance(session.actual_ns(ist.at_ns(session.day, time(15, 15))))
    before = cash(scene)
    scene.price(26_200, "NSE:NIFTY 50")
    scene.go(6, 0, TUESDAY)
    assert cash(scene) - before == 65 * 100_00 - round(65 * 100_00 * 0.0015)


def test_an_expiring_future_ends_at_its_underlyings_mean(open_scene: Any) -> None:
    scene = open_scene(day=date(2026, 12, 29))
    scene.place(symbol=FUT, quantity=65, price=26_110, product="NRML")
    scene.go(15, 15, date(2026, 12, 29))
    before = cash(scene)
    scene.price(26_300, "NSE:NIFTY 50")
    scene.price(26_400, FUT)
    scene.go(6, 0, date(2026, 12, 30))
    assert cash(scene) - before == 65 * (26_150_00 - 26_100_05)


def test_a_stock_option_expires_into_shares_at_the_mean_of_the_share(open_scene: Any) -> None:
    last_tuesday = date(2026, 12, 29)
    scene = open_scene(day=last_tuesday)
    scene.place(symbol="NFO:INFY26DEC1500CE", quantity=400, price=40.10, product="NRML")
    scene.go(15, 15, last_tuesday)
    scene.price(1_700)
    scene.go(6, 0, date(2026, 12, 30))
    entries = scene.broker.accounts[USER].ledger.entries
    expired = [e.postings[0].paise for e in entries if e.kind == "EXPIRY"]
    delivered = [e.postings[0].paise for e in entries if e.ref.startswith("EXP-") and e.kind == "TRADE"]
    assert (expired, delivered) == ([400 * 100_00], [-400 * 1_600_00])


def test_a_living_future_is_marked_at_its_close(scene: Any) -> None:
    scene.place(symbol=FUT, quantity=65, price=26_110, product="NRML")
    scene.go(15, 15)
    before = cash(scene)
    scene.price(26_400, FUT)
    scene.go(6, 0, TUESDAY)
    assert cash(scene) - before == 65 * (26_400_00 - 26_100_05)


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


@pytest.mark.parametrize("pace", [Pace.FULL, Pace.SHORT])
def test_a_start_on_a_holiday_has_the_last_trading_days_candles(open_scene: Any, pace: Pace) -> None:
    broker = open_scene(day=TUESDAY, market_factory=None, pace=pace).broker
    index = broker.universe.index_of_key["NSE:INFY"]
    bars = broker.candles.candles(index, 0, broker.now_ns, "minute")
    assert len(bars) >= (360 if pace is Pace.FULL else 2)
    assert bars[-1].close == broker.exchange.market.rows["ltp"][index]
    assert any(b.high > b.low for b in bars) or pace is Pace.FULL


def test_a_start_before_six_belongs_to_the_day_before(open_scene: Any) -> None:
    scene = open_scene(day=WEDNESDAY, at=time(3, 0))
    assert not scene.broker.trading
    scene.go(9, 30, WEDNESDAY)
    assert scene.broker.trading


def test_a_short_session_is_over_in_minutes_and_keeps_its_phases(open_scene: Any) -> None:
    scene = open_scene(at=time(8, 59), pace=Pace.SHORT)
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
    with pytest.raises(NotCovered, match="brings newer data"):
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
    share = scene.broker.universe.find("NSE:INFY")
    changed, kept = (watch(scene, i) for i in (future, share))
    scene.arm("instruments.lot_change", match={"name": "NIFTY"})
    scene.go(9, 30, WEDNESDAY)
    assert scene.broker.universe.find(future.key).lot_size == 2 * future.lot_size
    assert scene.broker.gtts.get(USER, changed)["status"] == "cancelled"
    assert scene.broker.gtts.get(USER, kept)["status"] == "active"


def test_the_next_scenario_begins_with_the_next_trading_day_and_stays(open_scene: Any) -> None:
    scene = open_scene(market_factory=None, pace=Pace.SHORT, at=time(8, 59))
    twin = open_scene(market_factory=None, pace=Pace.SHORT, at=time(8, 59))
    scene.wait(90)
    scene.broker.next_scenario(SCENARIOS["gap_open"])
    scene.go(5, 59, WEDNESDAY)
    twin.go(5, 59, WEDNESDAY)
    assert (scene.broker.exchange.market.rows == twin.broker.exchange.market.rows).all(), "today stays as it was"
    names = []
    for day in (WEDNESDAY, THURSDAY):
        scene.go(9, 30, day)
        names.append(scene.broker.exchange.market.scenario.name)
    twin.broker.next_scenario(SCENARIOS["gap_open"])
    twin.go(9, 30, THURSDAY)
    assert names == ["gap_open", "gap_open"]
    assert (scene.broker.exchange.market.rows == twin.broker.exchange.market.rows).all(), "whenever it was asked for"


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
