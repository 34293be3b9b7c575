"""The pilot: a few instruments, a lot, a value and a loss; and no way past them but exits."""

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, EngineDesk
from harness.order_story import KEY
from tarazu.engine import carry_out
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, Deny, Guard, Mark, Step
from tarazu.engine.config import EngineConfig, Pilot
from tarazu.market.touch import Touch
from tarazu.model.order import OrdType, Product, Side
from tarazu.risk.denial import Code
from tarazu.strategy.wants import ChangeWant, EntryWant, ExitWant

ONE_LOT = Pilot(keys=(KEY,), lots_max=1, order_value_max_paise=75 * 10_000, day_loss_max_paise=200_000)


def config(**changes: object) -> EngineConfig:
    return msgspec.structs.replace(CONFIG, pilot=msgspec.structs.replace(ONE_LOT, **changes))


def pilot(**changes: object) -> EngineDesk:
    return EngineDesk(config(**changes)).ready()


def denied(step: Step) -> list[tuple[str, str]]:
    """Of the pilot."""
    denials = [denial for act in step.acts if isinstance(act, Deny) for denial in act.denials]
    return [(denial.observed, denial.limit) for denial in denials if denial.code is Code.PILOT]


def changed(want: EntryWant = BUY, **changes: object) -> EntryWant:
    return msgspec.structs.replace(want, **changes)


def test_a_pilot_enters_one_lot_of_what_is_on_its_list() -> None:
    desk = pilot()
    assert not denied(desk.want()) and len(desk.sent) == 1


def test_what_is_not_on_its_list_is_denied() -> None:
    assert denied(pilot(keys=("NSE:INFY",)).want()) == [(KEY, "[engine.pilot] keys: NSE:INFY")]
    assert denied(pilot(keys=()).want()) == [(KEY, "[engine.pilot] keys: none")]


def test_more_than_its_lots_are_denied_and_orders_that_work_count() -> None:
    desk = pilot(order_value_max_paise=10**9)
    assert denied(desk.want(changed(qty=150))) == [("150 units at the worst", "75 (1 lots)")]
    desk.want()
    assert denied(desk.want(changed(price_paise=9_995))) == [("150 units at the worst", "75 (1 lots)")]
    assert not denied(desk.want(changed(side=Side.SELL, stop=None))), "the other side has a lot of its own"


def test_what_one_product_holds_another_does_not_take_back() -> None:
    desk = pilot(order_value_max_paise=10**9)
    desk.want()
    assert denied(desk.want(changed(product=Product.MIS))) == [("150 units at the worst", "75 (1 lots)")]


def test_an_order_is_worth_no_more_than_the_pilot_may() -> None:
    desk = pilot()
    assert denied(desk.want(changed(price_paise=10_005))) == [("order of ₹7,503.75", "₹7,500.00")]
    assert denied(pilot(order_value_max_paise=0).want()) == [("order of ₹7,500.00", "₹0.00")]


@pytest.mark.parametrize("order_type", [OrdType.MARKET, OrdType.LIMIT])
def test_what_has_no_bound_of_its_own_is_valued_by_the_market(order_type: OrdType) -> None:
    desk = pilot()
    desk.quotes.touches[KEY] = Touch(bid_paise=12_000, ask_paise=12_100, last_paise=100, seen_ns=desk.wall_ns)
    limit = 5_000 if order_type is OrdType.LIMIT else None
    sell = changed(side=Side.SELL, order_type=order_type, price_paise=limit)
    assert denied(desk.want(sell)) == [("order of ₹9,075.00", "₹7,500.00")]


def test_a_purchase_at_the_market_is_worth_what_its_protection_reaches() -> None:
    desk = pilot()
    desk.quotes.touches[KEY] = Touch(bid_paise=9_800, ask_paise=9_990, last_paise=9_900, seen_ns=desk.wall_ns)
    observed, limit = denied(desk.want(changed(order_type=OrdType.MARKET, price_paise=None)))[0]
    assert (observed > "order of ₹7,500.00", limit) == (True, "₹7,500.00"), "75 units at 99.90 alone were less"


def test_more_of_an_order_is_valued_with_what_rests_of_it() -> None:
    desk = EngineDesk(config(lots_max=10, order_value_max_paise=2 * 75 * 10_000)).ready()
    desk.want()
    ref = desk.placed("1")
    assert not denied(desk.want(ChangeWant(strategy="story", ref=ref, qty=150)))
    desk = EngineDesk(config(lots_max=10, order_value_max_paise=2 * 75 * 10_000)).ready()
    desk.want()
    ref = desk.placed("1")
    assert denied(desk.want(ChangeWant(strategy="story", ref=ref, qty=225))) == [("order of ₹22,500.00", "₹15,000.00")]


def test_what_cannot_be_valued_is_denied() -> None:
    desk = pilot()
    desk.quotes.touches.clear()
    assert ("no price to value it by", "₹7,500.00") in denied(
        desk.want(changed(order_type=OrdType.MARKET, price_paise=None))
    )


def test_at_its_loss_a_pilot_enters_nothing() -> None:
    desk = pilot()
    marked(desk, -199_999)
    assert not denied(desk.want())
    desk = pilot()
    marked(desk, -200_000)
    assert denied(desk.want()) == [("day loss ₹2,000.00", "₹2,000.00")]
    assert denied(pilot(day_loss_max_paise=0).want()) == [("no day loss is allowed", "[engine.pilot] day_loss_max")]


def marked(desk: EngineDesk, net_paise: int) -> None:
    """As if the day's result had been that: both engines' states, by the act that says so."""
    for engine in (desk.engine, desk.shadow):
        carry_out.act(engine.state, Mark(net_paise=net_paise), desk.now_ns)


def test_a_pilot_leaves_whatever_it_holds() -> None:
    desk = EngineDesk().ready()
    desk.want(changed(qty=300))
    desk.placed("1")
    desk.filled("1", 300)
    switched = desk.tell(m.Commanded(order=m.Order.PILOT_ON, who="asha", why="nerves"))
    assert [act for act in switched.acts if isinstance(act, Guard)]
    desk.want(ExitWant(strategy="story", key=KEY, product=Product.NRML))
    assert desk.engine.state.exits


def test_a_person_switches_the_pilot_on_and_nobody_off_while_it_runs() -> None:
    desk = EngineDesk(msgspec.structs.replace(CONFIG, pilot_as=ONE_LOT)).ready()
    assert not denied(desk.want(changed(qty=150)))
    step = desk.tell(m.Commanded(order=m.Order.PILOT_ON, who="asha", why="nerves"), 1)
    assert ("GUARD_ON", "PILOT") in [(act.code, act.of) for act in step.acts if isinstance(act, Alert)]
    assert denied(desk.want(changed(qty=150)))
    again = desk.tell(m.Commanded(order=m.Order.PILOT_ON, who="asha", why="again"))
    assert not [act for act in again.acts if isinstance(act, Guard)]
    desk.ready()
    assert desk.engine.state.pilot == ONE_LOT


def test_without_settings_of_its_own_a_pilot_enters_nothing() -> None:
    desk = EngineDesk().ready()
    desk.tell(m.Commanded(order=m.Order.PILOT_ON, who="asha", why="nerves"))
    assert denied(desk.want()) and not desk.sent


def test_a_start_with_other_settings_ends_the_pilot_of_the_settings() -> None:
    desk = pilot()
    desk.config = CONFIG
    desk.ready()
    assert desk.engine.state.pilot is None
