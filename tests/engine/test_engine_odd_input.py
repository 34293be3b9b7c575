"""What no broker and no strategy should tell the engine: it survives it, says so, and trades nothing on it."""

import json

import msgspec
import pytest

from harness.engine_desk import BUY, EngineDesk
from harness.order_story import KEY, report, trade
from tarazu.app.main.inbox import BadAsk, message_of
from tarazu.engine import messages as m
from tarazu.engine.acts import BeginSpread, Deny
from tarazu.model.execution import Fill
from tarazu.model.order import Product, Side
from tarazu.strategy.wants import EntryWant, LegWant, SpreadWant


def odd(**changes: object) -> Fill:
    return msgspec.structs.replace(trade("17", "t9", 75), **changes)


@pytest.mark.parametrize("changes", [{"qty": 0}, {"qty": -75}, {"price_paise": -1}, {"order_id": ""}])
def test_a_trade_that_cannot_be_stops_entries_until_a_read_is_without_it(changes: dict[str, object]) -> None:
    desk = EngineDesk().ready()
    desk.trades = [odd(**changes)]
    for _ in range(2):
        desk.read(m.What.TRADES)
        desk.second()
        assert desk.engine.state.phase == "REDUCE_ONLY" and "TRADES: 1 do not read" in desk.engine.state.phase_why
    assert not desk.engine.state.blotter.orders and desk.alerts.count("TRADES") == 1
    desk.trades = []
    desk.read(m.What.TRADES)
    assert desk.engine.state.phase == "ACTIVE"


def test_a_trade_that_does_not_read_is_told_once_and_the_others_are_booked() -> None:
    desk = EngineDesk().ready()
    desk.want()
    tag = desk.placed("17")
    desk.trade("17", 75)
    desk.heard("17", "FILLED", 75, average_paise=10_000)
    now_ns = desk.now_ns
    desk.tell(m.TradesRead(started_ns=now_ns, fills=tuple(desk.trades), odd=("trade t8 of order 5: no product",)))
    assert desk.order(tag).traded_qty == 75
    desk.second()
    assert "trade t8 of order 5" in desk.engine.state.phase_why and desk.alerts.count("TRADES") == 1


def test_an_order_without_an_id_in_a_read_is_dropped_and_the_read_proves_nothing() -> None:
    desk = EngineDesk().ready()
    before_ns = desk.engine.state.broker.rows_ns
    for _ in range(3):
        desk.second()
        desk.tell(m.OrdersRead(started_ns=desk.now_ns, reports=(report("", "WORKING"), report("5", "WORKING"))))
    assert list(desk.engine.state.blotter.orders) == ["#5"] and desk.engine.state.broker.rows_ns == before_ns


def test_a_hint_without_an_id_is_none() -> None:
    desk = EngineDesk().ready()
    for _ in range(2):
        desk.tell(m.OrderHeard(report=report("", "WORKING")))
    assert not desk.engine.state.blotter.orders


def test_a_strangers_order_filled_beyond_its_quantity_is_told_and_halts_nothing() -> None:
    desk = EngineDesk().ready()
    desk.heard("5", "WORKING", 0)
    desk.heard("5", "FILLED", 80)
    assert "OVERFILLED" in desk.alerts and desk.engine.state.halt is None


def test_an_order_of_ours_filled_beyond_its_quantity_halts() -> None:
    desk = EngineDesk().ready()
    desk.want()
    desk.placed("17")
    desk.heard("17", "FILLED", 80)
    assert desk.engine.state.halt is not None and desk.engine.state.halt.code == "OVERFILLED"


@pytest.mark.parametrize("overdue_s", [0.0, -1.0, 86_401.0, 1e300, float("inf")])
def test_a_spread_waits_for_its_legs_a_day_at_most(overdue_s: float) -> None:
    def spread(within_s: float) -> SpreadWant:
        hedge = LegWant(name="hedge", key=KEY, side=Side.BUY, per_set=75, price_paise=10_000)
        main = LegWant(name="main", key="NFO:OTHER", side=Side.SELL, per_set=75, price_paise=10_000)
        product = Product.NRML
        return SpreadWant(strategy="s", sets=1, product=product, hedges=(hedge,), mains=(main,), overdue_s=within_s)

    desk = EngineDesk().ready()
    acts = desk.want(spread(overdue_s)).acts
    assert not any(isinstance(act, BeginSpread) for act in acts)
    (deny,) = (act for act in acts if isinstance(act, Deny))
    assert any("overdue_s" in denial.observed for denial in deny.denials)
    (deny,) = (act for act in desk.want(spread(86_400.0)).acts if isinstance(act, Deny))
    assert not any("overdue_s" in denial.observed for denial in deny.denials)


@pytest.mark.parametrize("qty", [2**53, -(2**53), 10**25])
def test_a_want_with_a_number_that_no_order_can_have_is_refused_at_the_door(qty: int) -> None:
    def line(want: EntryWant) -> bytes:
        return json.dumps({"want": msgspec.to_builtins(want)}).encode()

    assert message_of(line(BUY)) == m.Wanted(want=BUY)
    with pytest.raises(BadAsk, match="bits: none may have more than 53"):
        message_of(line(msgspec.structs.replace(BUY, qty=qty)))
