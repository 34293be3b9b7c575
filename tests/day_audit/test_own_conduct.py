"""(C34) Patterns of our own conduct that a person should look at, each on its own, and what is none of them."""

from collections.abc import Sequence
from typing import Any

import pytest

from harness.engine_desk import NIFTY_CALL
from harness.order_story import DAY
from tarazu import reference
from tarazu.app.day_audit.finding import Code
from tarazu.app.day_audit.trail.trail import Trail
from tarazu.app.day_audit.walk.conduct import Conduct, Executed
from tarazu.app.verdict import Status
from tarazu.model.calendar import Phase, Venue
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId
from tarazu.model.order import Product, Side
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.orders.lifecycle import OrdStatus

pytestmark = pytest.mark.control("C34")
SESSION = reference.calendar().session(DAY)
assert SESSION is not None
WINDOW = SESSION.window(Venue.DERIVATIVES, Phase.CONTINUOUS)
assert WINDOW is not None
NOON_NS, CLOSE_NS = WINDOW.start_ns + 165 * MINUTE_NS, WINDOW.end_ns
KEY = NIFTY_CALL.key


def executed(ref: str, side: Side, at_ns: int, price_paise: int = 10_000, exec_id: str = "", qty: int = 75) -> Executed:
    fill = Fill(
        exec_id=exec_id or f"{ref}-{at_ns}",
        order_id=BrokerOrderId(ref),
        key=KEY,
        instrument_token=NIFTY_CALL.instrument_token,
        product=Product.NRML,
        side=side,
        qty=qty,
        price_paise=price_paise,
        ts_event_ns=at_ns,
    )
    return Executed(ref, fill, 7)


def order(ref: str, side: Side, price_paise: int, at_ns: int, lasts_ns: int = 20 * SECOND_NS, **more: Any) -> Trail:
    """An entry that was taken back unfilled."""
    known: dict[str, Any] = {"status": OrdStatus.CANCELED, "purpose": "ENTRY", "ended_ns": at_ns + lasts_ns}
    return Trail(ref=ref, key=KEY, side=side, price_paise=price_paise, intended_ns=at_ns, **known | more)


def patterns(fills: Sequence[Executed], orders: Sequence[Trail] = ()) -> list[tuple[str, Status]]:
    conduct = Conduct()
    conduct.executed = list(fills)
    return [(one.code, one.status) for one in conduct.patterns(orders, SESSION)]


def test_one_trade_with_ourselves_on_both_sides_is_a_wash():
    both = [executed("A", Side.BUY, NOON_NS, exec_id="t1"), executed("B", Side.SELL, NOON_NS, exec_id="t1")]
    assert patterns(both) == [(Code.WASH, Status.CRIT)]


def test_in_and_out_at_one_price_within_a_second_is_a_question():
    soon = [executed("A", Side.BUY, NOON_NS), executed("B", Side.SELL, NOON_NS + SECOND_NS // 2)]
    assert patterns(soon) == [(Code.WASH_PAIR, Status.WARN)]


@pytest.mark.parametrize(
    "second",
    [
        executed("B", Side.SELL, NOON_NS + SECOND_NS),
        executed("B", Side.SELL, NOON_NS, price_paise=10_005),
        executed("B", Side.BUY, NOON_NS),
    ],
)
def test_later_at_another_price_or_on_the_same_side_is_none(second):
    assert patterns([executed("A", Side.BUY, NOON_NS), second]) == []


def layers(count: int = 3, apart_paise: int = 50, lasts_ns: int = 20 * SECOND_NS, **more: Any) -> list[Trail]:
    return [order(f"L{n}", Side.BUY, 9_000 - apart_paise * n, NOON_NS, lasts_ns, **more) for n in range(count)]


def test_entries_on_one_side_taken_back_around_a_fill_on_the_other_are_layering():
    assert patterns([executed("S", Side.SELL, NOON_NS + 10 * SECOND_NS)], layers()) == [(Code.LAYERING, Status.WARN)]


@pytest.mark.parametrize(
    "orders",
    [
        layers(count=2),
        layers(apart_paise=0),
        layers(lasts_ns=2 * MINUTE_NS),
        layers(cum_qty=75),
        layers(status=OrdStatus.FILLED),
        layers(purpose="STOP"),
    ],
    ids=["two", "one price", "left there", "filled in part", "filled", "stops"],
)
def test_too_few_at_one_price_left_there_or_filled_is_no_layering(orders):
    assert patterns([executed("S", Side.SELL, NOON_NS + 10 * SECOND_NS)], orders) == []


def test_a_fill_on_the_same_side_or_after_they_were_taken_back_is_no_layering():
    for fill in (executed("S", Side.BUY, NOON_NS + 10 * SECOND_NS), executed("S", Side.SELL, NOON_NS + MINUTE_NS)):
        assert patterns([fill], layers()) == []


def late(
    *prices: int, side: Side = Side.BUY, at_ns: int = CLOSE_NS - 5 * MINUTE_NS
) -> tuple[list[Executed], list[Trail]]:
    """Held since noon, and these at the close."""
    fills = [executed("held", Side.BUY, NOON_NS)]
    fills += [executed(f"E{n}", side, at_ns + 30 * n * SECOND_NS, price) for n, price in enumerate(prices)]
    known = {"status": OrdStatus.FILLED}
    return fills, [order(f"E{n}", side, price, at_ns, **known) for n, price in enumerate(prices)]


def test_buying_what_is_held_higher_and_higher_into_the_close_is_a_question():
    assert patterns(*late(10_000, 10_040, 10_060)) == [(Code.MARKING_CLOSE, Status.WARN)]


@pytest.mark.parametrize(
    "story",
    [
        late(10_000, 10_040),
        late(10_060),
        late(10_060, 10_000),
        late(10_000, 10_100, 10_060),
        late(10_000, 9_900, side=Side.SELL),
        late(10_000, 10_060, at_ns=CLOSE_NS - 20 * MINUTE_NS),
    ],
    ids=["too little", "once", "falling", "up and down", "leaving", "earlier"],
)
def test_little_once_falling_leaving_or_earlier_is_no_marking_of_the_close(story):
    assert patterns(*story) == []


def test_exits_into_the_close_are_expected():
    fills, orders = late(10_000, 10_060)
    for trail in orders:
        trail.purpose = "SQUARE_OFF"
    assert patterns(fills, orders) == []
