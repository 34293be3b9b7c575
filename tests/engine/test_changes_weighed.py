"""What is changed or taken back is weighed by what it adds, and by whose order it is (findings of review R1)."""

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, NIFTY_CALL, EngineDesk, touch
from harness.limits import WIDE
from harness.order_story import DAY, KEY
from harness.portfolio_desk import CALLS, LOT, PortfolioDesk
from tarazu.engine import messages as m
from tarazu.engine.acts import Decline, Deny, Step
from tarazu.engine.config import EngineConfig
from tarazu.engine.phase import Phase
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.order import Product, Side
from tarazu.orders.client_order_id import ClientOrderId
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.risk.denial import Code, Denial
from tarazu.strategy.wants import CancelWant, ChangeWant, ExitWant, LegWant, SpreadWant

ROOM = msgspec.structs.replace(CONFIG, qty_max={}, qty_max_default=3_000)
FAR_CALL = msgspec.structs.replace(
    NIFTY_CALL,
    instrument_token=InstrumentToken(1002 << 8 | 2),
    tradingsymbol=TradingSymbol("FAR"),
    strike_paise=NIFTY_CALL.strike_paise + 5_000_00,
)
RUPEES = 100


def no(step: Step) -> list[Denial]:
    return [denial for act in step.acts if isinstance(act, Deny) for denial in act.denials]


def codes(step: Step) -> list[Code]:
    return [denial.code for denial in no(step)]


def resting(config: EngineConfig = CONFIG, **changes: object) -> tuple[EngineDesk, str]:
    desk = EngineDesk(config).ready()
    desk.want(msgspec.structs.replace(BUY, **changes))
    return desk, desk.placed("1")


# More of it.


@pytest.mark.control("C28")
def test_a_spreads_short_leg_is_never_made_larger() -> None:
    desk = EngineDesk(ROOM, (NIFTY_CALL, FAR_CALL)).ready()
    hedge = LegWant(name="h", key=FAR_CALL.key, side=Side.BUY, per_set=75, price_paise=10_000)
    main = LegWant(name="m", key=KEY, side=Side.SELL, per_set=75, price_paise=10_000)
    desk.want(SpreadWant(strategy="story", product=Product.NRML, sets=1, hedges=(hedge,), mains=(main,)))
    desk.second()
    desk.placed("1")
    desk.filled("1")
    desk.second()
    sold = desk.placed("2")
    assert desk.order(sold).side is Side.SELL
    denials = no(desk.want(ChangeWant(strategy="story", ref=sold, qty=750)))
    assert [d.code for d in denials] == [Code.STOP] and "leg of spread" in denials[0].observed and not desk.changed


@pytest.mark.control("C28")
def test_more_of_an_order_that_no_stop_would_follow_is_denied_where_one_is_required() -> None:
    desk, ref = resting(msgspec.structs.replace(CONFIG, stop_required=False), stop=None)
    desk.config = CONFIG
    desk.start()
    desk.ready()
    assert codes(desk.want(ChangeWant(strategy="story", ref=ref, qty=150))) == [Code.STOP]


# Another price.


@pytest.mark.control("C09")
def test_another_price_of_what_rests_is_weighed_by_what_it_adds_to_the_unexecuted_value() -> None:
    risk = msgspec.structs.replace(WIDE, unexecuted_value_max_paise=10_000 * RUPEES)
    desk, ref = resting(msgspec.structs.replace(CONFIG, risk=risk))
    assert codes(desk.want(ChangeWant(strategy="story", ref=ref, price_paise=13_400))) == [Code.UNEXECUTED]
    assert not no(desk.want(ChangeWant(strategy="story", ref=ref, price_paise=13_300)))
    desk.second()
    assert desk.engine.scales.unexecuted_paise == 75 * 13_300, "a price that has been asked for counts"


@pytest.mark.control("C10")
def test_another_price_of_what_rests_needs_margin_for_the_difference() -> None:
    desk, ref = resting()
    desk.funds_paise = 5_000 * RUPEES
    desk.second(31)
    desk.reads()
    assert Code.MARGIN in codes(desk.want(ChangeWant(strategy="story", ref=ref, price_paise=20_000)))
    assert not no(desk.want(ChangeWant(strategy="story", ref=ref, price_paise=12_000)))
    desk.answer(ref, "1", call="MODIFY")
    desk.heard("1", "WORKING", price_paise=12_000)
    desk.second()
    assert desk.engine.scales.needed_paise == 75 * 12_000, "the funds were read at the price it had"


# Less of it.


def test_less_of_a_resting_entry_passes_whatever_the_market_is() -> None:
    desk, ref = resting(qty=150)
    assert hasattr(desk.quotes, "touches")
    desk.quotes.touches[KEY] = touch(None, 10_005)
    desk.tell(m.Commanded(order=m.Order.ENTRIES_OFF, who="asha", why="lunch"))
    assert not no(desk.want(ChangeWant(strategy="story", ref=ref, qty=75)))
    assert [change.change.qty for change in desk.changed] == [75]


# Whose order it is.


@pytest.mark.parametrize("want", [CancelWant(strategy="other", ref=""), ChangeWant(strategy="other", ref="", qty=75)])
def test_a_strategy_touches_its_own_orders_alone(want: CancelWant | ChangeWant) -> None:
    desk, ref = resting(qty=150)
    assert codes(desk.want(msgspec.structs.replace(want, ref=ref))) == [Code.ORDER]
    assert not no(desk.want(msgspec.structs.replace(want, ref=ref, strategy="person"))), "a person has a say in all"


@pytest.mark.parametrize("by", ["story", "person"])
def test_nobody_takes_a_stop_back_by_a_want(by: str) -> None:
    desk, _ = resting()
    desk.filled("1")
    stop = desk.placed("2")
    denials = no(desk.want(CancelWant(strategy=by, ref=stop)))
    assert [d.observed for d in denials] == ["it is a STOP"] and "leave the place" in denials[0].limit
    assert not desk.cancelled and not desk.engine.state.cancels


# The position.


@pytest.mark.control("C07")
def test_one_position_limit_counts_all_products_of_the_instrument() -> None:
    desk = EngineDesk().ready()
    assert not no(desk.want(msgspec.structs.replace(BUY, qty=225)))
    desk.placed("1")
    desk.second()
    assert not no(desk.want(msgspec.structs.replace(BUY, product=Product.MIS)))
    desk.placed("2", product=Product.MIS)
    desk.second(3)
    assert Code.POSITION in codes(desk.want(msgspec.structs.replace(BUY, product=Product.MIS, price_paise=9_995)))


# Margins.


@pytest.mark.control("C10")
def test_a_hedge_sold_to_flat_needs_margin_until_the_funds_are_read_again() -> None:
    near, far = CALLS[26_000], CALLS[26_500]
    desk = PortfolioDesk().carried((far, LOT), (near, -LOT))
    desk.second(31)
    desk.reads()
    assert desk.engine.scales.needed_paise == 0
    desk.want(ExitWant(strategy="story", key=far.key, product=Product.NRML))
    for _ in range(5):
        desk.second()
        asked, desk.asked = desk.asked, []
        for what in asked:
            if what is not m.What.MARGINS:
                desk.read(what)
    sold = desk.placed("1")
    assert desk.order(sold).side is Side.SELL
    desk.filled("1", LOT, desk.middle(far))
    desk.second()
    assert desk.engine.state.exposure(far.key, Product.NRML).filled == 0
    needed = desk.engine.scales.needed_paise
    assert needed is not None and needed > 10_000 * RUPEES, "the short is bare"
    desk.read(m.What.MARGINS)
    desk.second()
    desk.read(m.What.MARGINS)
    desk.second()
    assert desk.engine.scales.needed_paise == 0 and not desk.engine.scales.news


# Halts.


@pytest.mark.control("C23")
def test_a_persons_halt_is_not_reset_while_an_order_of_nobody_works() -> None:
    desk = EngineDesk().ready()
    desk.tell(m.Commanded(order=m.Order.HALT, who="asha", why="look"))
    stranger = ClientOrderId(DAY, 77, 1, 0).tag
    desk.heard("99", "WORKING", tag=stranger, side=Side.BUY, key=KEY, product=Product.NRML, price_paise=10_000)
    reset = m.Commanded(order=m.Order.RESET_HALT, who="asha", why="ok", incident="I1")
    (declined,) = [act for act in desk.tell(reset).acts if isinstance(act, Decline)]
    assert declined.why.startswith("NO_INTENT persists: order 99 works")
    desk.heard("99", "CANCELED")
    desk.tell(reset)
    assert desk.engine.state.halt is None


# What is not ours.


@pytest.mark.parametrize("key", ["MCX:CRUDEOIL26NOVFUT", "CDS:USDINR26NOVFUT"])
def test_a_position_by_hand_in_another_segment_is_told_and_stops_nothing(key: str) -> None:
    desk = EngineDesk()
    by_hand = BrokerPosition(key=key, product=Product.NRML, qty=100, overnight_qty=100, close_paise=5_000_00)
    desk.positions = [by_hand]
    desk.ready()
    desk.second(40)
    desk.reads()
    assert desk.engine.state.phase is Phase.ACTIVE and desk.engine.state.marked.why == ""
    assert desk.alerts.count("NOT_OURS") == 1
    assert not no(desk.want())
