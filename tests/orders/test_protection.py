"""The stop of every filled entry, and the exit that is brought to the market step by step."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.order_story import NINE_ON_MONDAY_NS, Story, intent, tag_of
from tarazu.model.order import OrdType, Side
from tarazu.model.units import SECOND_NS
from tarazu.orders import messages as m
from tarazu.orders.intent import Purpose
from tarazu.orders.protection import (
    ChaseTerms,
    GaveUp,
    NoStop,
    Rest,
    StopPrices,
    StopTerms,
    chase,
    gaps,
    stop_prices,
)

TERMS = StopTerms(distance_paise=2003, width_paise=1001, tick_paise=5, low_paise=105, high_paise=40_000)


@pytest.mark.control("C17", "C28")
@pytest.mark.parametrize(
    ("entry", "at", "trigger", "price"),
    [
        (Side.BUY, 10_000, 8_000, 6_995),
        (Side.SELL, 10_000, 12_000, 13_005),
        (Side.BUY, 2_500, 500, 105),  # the limit stops at the band
        (Side.SELL, 37_990, 39_990, 40_000),
    ],
)
def test_where_sl_m_is_barred_the_stop_has_a_wide_limit_on_the_tick_and_inside_the_band(
    entry: Side, at: int, trigger: int, price: int
) -> None:
    assert stop_prices(entry, at, TERMS) == StopPrices(order_type=OrdType.SL, trigger_paise=trigger, price_paise=price)


@pytest.mark.control("C17")
def test_where_it_is_not_barred_the_stop_is_sl_m_with_protection() -> None:
    stop = stop_prices(Side.BUY, 10_000, msgspec.structs.replace(TERMS, sl_m_barred=False))
    assert stop == StopPrices(order_type=OrdType.SL_M, trigger_paise=8_000, protection_bps=-1)


def test_without_room_in_the_band_there_is_no_stop_and_it_says_so() -> None:
    assert isinstance(stop_prices(Side.BUY, 2_000, TERMS), NoStop)
    assert isinstance(stop_prices(Side.SELL, 39_000, TERMS), NoStop)
    assert isinstance(stop_prices(Side.BUY, 10_002, msgspec.structs.replace(TERMS, distance_paise=1)), NoStop)


@pytest.mark.control("C02", "C28")
@given(
    st.sampled_from(Side),
    st.integers(1, 100_000),
    st.integers(1, 50_000),
    st.integers(0, 50_000),
    st.sampled_from([1, 5, 10]),
)
def test_a_stop_is_always_an_order_the_exchange_takes(
    entry: Side, at: int, distance: int, width: int, tick: int
) -> None:
    terms = StopTerms(distance_paise=distance, width_paise=width, tick_paise=tick, low_paise=10, high_paise=150_000)
    stop = stop_prices(entry, at, terms)
    if isinstance(stop, NoStop):
        return
    assert stop.price_paise is not None
    assert stop.trigger_paise % tick == 0 and stop.price_paise % tick == 0
    assert terms.low_paise <= stop.price_paise <= terms.high_paise
    assert (stop.trigger_paise - stop.price_paise) * entry.sign >= 0
    assert 0 < (at - stop.trigger_paise) * entry.sign <= distance


def covering(story: Story, name: str, entry: str, side: str, qty: int) -> None:
    wanted = msgspec.structs.replace(intent(name, side, qty), purpose=Purpose.STOP, covers=tag_of(entry))
    story.names[tag_of(name)] = name
    story.blotter.apply(m.Intended(intent=wanted, ts_ns=story.now_ns))


def open_gaps(story: Story) -> str:
    return ", ".join(f"{story.names[g.entry]} {g.side} {g.qty}" for g in gaps(story.blotter))


@pytest.mark.control("C28")
def test_every_filled_unit_needs_a_stop_within_three_seconds() -> None:
    story = Story()
    story.say("sent A BUY 75 @ 100")
    assert open_gaps(story) == ""
    story.say("+2 row 1 A WORKING 25/75")
    assert open_gaps(story) == "A SELL 25"
    assert gaps(story.blotter)[0].due_ns == NINE_ON_MONDAY_NS + 5 * SECOND_NS
    covering(story, "S", "A", "SELL", 25)
    assert open_gaps(story) == ""
    story.say("row 1 A FILLED 75/75")
    assert open_gaps(story) == "A SELL 50"


def test_a_stop_that_is_refused_leaves_its_gap_and_an_unknown_one_is_not_doubled() -> None:
    story = Story()
    story.say("sent A BUY 75 @ 100")
    story.say("row 1 A FILLED 75/75")
    covering(story, "S", "A", "SELL", 75)
    story.say("durable S")
    story.say("send S")
    story.say("answer S lost")
    assert open_gaps(story) == ""
    covering(story, "R", "A", "SELL", 75)
    story.say("durable R")
    story.say("send R")
    story.say("answer R refused REQUEST")
    assert open_gaps(story) == ""
    story.say("+181 book 1 A FILLED 75/75")
    story.say("+2 book 1 A FILLED 75/75")
    assert open_gaps(story) == "A SELL 75"


def test_a_position_that_was_closed_otherwise_needs_no_stop() -> None:
    story = Story()
    story.say("sent A BUY 75 @ 100")
    story.say("book 1 A FILLED 75/75, 9 - WORKING 50/75 SELL")
    assert open_gaps(story) == ""
    story.say("book 1 A FILLED 75/75, 9 - CANCELED 50/75 SELL")
    assert open_gaps(story) == ""
    story.say("+120 book 1 A FILLED 75/75, 9 - CANCELED 50/75 SELL")
    assert open_gaps(story) == "A SELL 25"


def test_shorts_are_protected_like_longs() -> None:
    story = Story()
    story.say("sent A SELL 75 @ 100")
    story.say("row 1 A FILLED 75/75 SELL")
    assert open_gaps(story) == "A BUY 75"


CHASE = ChaseTerms(worst_paise=12_000, tick_paise=5, steps_max=3)


def chased(story: Story, touch: int | None, terms: ChaseTerms = CHASE) -> str:
    told = chase(story.blotter.orders[tag_of("A")], touch, terms, story.now_ns)
    match told:
        case Rest(until_ns=0):
            return "rest"
        case Rest():
            return f"rest {(told.until_ns - story.now_ns) / SECOND_NS:g}"
        case GaveUp():
            return f"gave up: {told.why}"
        case _:
            return f"to {told.price_paise}"


def test_a_resting_exit_is_moved_beyond_the_touch_every_two_seconds_and_no_further_than_its_worst_price() -> None:
    story = Story()
    story.say("sent A BUY 75 @ 100")
    assert chased(story, 10_100) == "rest"
    story.say("row 1 A WORKING 25/75")
    assert chased(story, 10_100) == "rest 2"
    story.say("+2 time")
    assert chased(story, 10_100) == "to 10205"  # 1 % beyond, up to the tick
    assert chased(story, 11_990) == "to 12000"
    assert chased(story, 9_000) == "rest 2"  # never back
    assert chased(story, None) == "gave up: the other side of the book is empty"
    story.say("change A 75 @ 120")
    assert chased(story, 11_000) == "rest"
    story.say("row 1 A WORKING 25/75 @ 120")
    story.say("+2 time")
    assert chased(story, 11_990) == "gave up: it rests at the worst price it may have"


def test_a_chase_ends_after_its_steps() -> None:
    story = Story()
    story.say("sent A SELL 75 @ 100")
    story.say("row 1 A WORKING 0/75 SELL @ 100")
    terms = ChaseTerms(worst_paise=5_000, tick_paise=5, steps_max=2)
    for price in (99, 98):
        story.say("+2 time")
        assert chased(story, (price + 1) * 100, terms) == f"to {price * 100 if price == 99 else 9800}"
        story.say(f"change A 75 @ {price}")
        story.say(f"row 1 A WORKING 0/75 SELL @ {price}")
    story.say("+2 time")
    assert chased(story, 9_000, terms) == "gave up: 2 steps have not filled it"
