"""What is a strategy's own, and when it waits: through a real engine."""

from harness.engine_desk import m
from harness.strategy_desk import INDEX, LOT, SPOT, StrategyDesk
from tarazu.engine.messages import Stamped, Ticked
from tarazu.engine.run import Run
from tarazu.model.order import Product
from tarazu.strategy.own import clipped, middle_paise
from tarazu.strategy.wants import ExitWant

CALL = "NFO:NIFTY26D0126000CE"


def view(desk: StrategyDesk) -> Run:
    return Run(desk.engine.state, Stamped(desk.now_ns, desk.wall_ns, 7, Ticked(skewed=False)), desk.drawn)


def fly(**params: object) -> StrategyDesk:
    return StrategyDesk("iron_fly", from_minutes=0, lots_max=1, **params).begin()


def test_what_it_holds_is_what_its_orders_filled() -> None:
    desk = fly().passes(5)
    held = view(desk).held("iron_fly")
    assert held[CALL, Product.NRML] == -LOT and len(held) == 4 and not sum(held.values())
    assert view(desk).held("another") == {}


def test_what_a_person_has_closed_is_not_its_any_more() -> None:
    desk = fly(flat_minutes=1).passes(5)
    desk.engine._strategies = ()  # it would leave the rest
    desk.tell(m.Wanted(want=ExitWant(strategy="person", key=CALL, product=Product.NRML)))
    desk.passes(10)
    assert (CALL, Product.NRML) not in view(desk).held("iron_fly")
    assert [clipped(own, account) for own, account in ((5, 3), (5, -3), (-5, -3), (-5, 2), (5, 9))] == [3, 0, -3, 0, 5]


def test_its_result_is_what_it_paid_and_got_and_what_it_could_be_closed_at_in_the_middle() -> None:
    desk = fly().passes(5)
    result = view(desk).result_paise("iron_fly")
    fills = sum(-fill.value_paise for fill in desk.trades)
    open_ = sum(p.qty * (middle_paise(desk.quotes.touch(p.key)) or 0.0) for p in desk.positions)
    assert result is not None and result == fills + open_ and result < 0, "the spread was paid"
    desk.silent.add(CALL)
    assert view(desk.passes(1)).result_paise("iron_fly") is None


def test_while_anything_of_its_own_is_on_its_way_it_is_busy() -> None:
    desk = fly()
    desk.lets_fill = False
    desk.passes(4)
    assert desk.sent and view(desk).is_busy("iron_fly") and not view(desk).is_busy("another")
    calm = fly().passes(5)
    assert not view(calm).is_busy("iron_fly")
    calm.tell(m.Wanted(want=ExitWant(strategy="person", key=CALL, product=Product.NRML)))
    assert view(calm).is_busy("iron_fly"), "its place is being left"


def test_the_view_shows_the_day_and_the_risk() -> None:
    desk = fly().passes(5, SPOT)
    shown = view(desk)
    assert shown.risk == "NORMAL" and shown.instruments[INDEX].key == INDEX and shown.is_active
    assert shown.position(CALL, Product.NRML) == -LOT
