"""What can have no stop is not held: its place is left; the broker is not asked for the same stop for ever (C28)."""

import msgspec
import pytest

from harness.engine_desk import BUY
from harness.order_story import KEY
from harness.risk_desk import RiskDesk
from tarazu.engine import messages as m
from tarazu.engine.acts import BeginExit
from tarazu.engine.protect import REFUSED_TIMES_MAX
from tarazu.model.order import OrdType
from tarazu.model.outcome import RefusalKind
from tarazu.model.units import SECOND_NS

TRIGGER = 8_000


def bought(desk: RiskDesk) -> str:
    """Filled; its stop has just been sent."""
    desk.want()
    tag = desk.working()
    desk.filled(str(desk.ids))
    assert desk.sent[-1].order.trigger_paise == TRIGGER
    return tag


def refuse(desk: RiskDesk) -> None:
    desk.answer(desk.sent[-1].order.tag, kind="REFUSED", refusal=RefusalKind.REQUEST, text="trigger is past the LTP")


def left(desk: RiskDesk) -> list[tuple[str, str, str]]:
    return [(act.key, act.strategy, act.why) for act in desk.acts(BeginExit)]


@pytest.mark.control("C28")
def test_a_stop_refused_with_the_market_past_its_trigger_is_left_at_once() -> None:
    desk = RiskDesk().ready()
    bought(desk)
    desk.price(7_000)
    refuse(desk)
    ((key, strategy, why),) = left(desk)
    assert (key, strategy) == (KEY, BUY.strategy) and "past its trigger: trigger is past the LTP" in why
    desk.lived(3)
    assert [sent.order.order_type for sent in desk.sent[2:]] == [OrdType.MARKET], "the exit, and no other stop"
    assert "STOP_IMPOSSIBLE" in desk.alerts


@pytest.mark.control("C28")
def test_one_refused_for_another_reason_is_tried_again() -> None:
    desk = RiskDesk().ready()
    bought(desk)
    refuse(desk)
    assert left(desk) == []
    desk.second(2)
    assert desk.sent[-1].order.trigger_paise == TRIGGER and len(desk.sent) == 3


@pytest.mark.control("C28")
def test_one_that_is_refused_again_and_again_is_given_up_after_half_a_minute_and_its_place_is_left() -> None:
    """A trigger that is too far from the last price, say: the same stop will be refused the same way for ever."""
    desk = RiskDesk().ready()
    bought(desk)
    began_ns = desk.now_ns
    for nth in range(REFUSED_TIMES_MAX):
        assert left(desk) == [] and len(desk.sent) == 2 + nth
        refuse(desk)
        while nth + 1 < REFUSED_TIMES_MAX and len(desk.sent) == 2 + nth:
            desk.lived(1)
    ((_, _, why),) = left(desk)
    assert "refused its stop 6 times: trigger is past the LTP" in why
    assert desk.now_ns - began_ns < 40 * SECOND_NS
    desk.lived(3)
    assert [sent.order.order_type for sent in desk.sent[2 + nth :]] == [OrdType.MARKET], "the exit, and no other stop"


@pytest.mark.control("C28")
def test_refusals_before_one_that_rested_do_not_count() -> None:
    desk = RiskDesk().ready()
    bought(desk)
    for _ in range(REFUSED_TIMES_MAX - 1):
        sent = len(desk.sent)
        refuse(desk)
        while len(desk.sent) == sent:
            desk.lived(1)
    stop = desk.sent[-1].order.tag
    desk.answer(stop, order_id="99")
    desk.heard("99", "CANCELED", 0)
    while desk.sent[-1].order.tag == stop:
        desk.lived(10)
    refuse(desk)
    assert left(desk) == [], "one refusal since"


def test_a_market_past_the_trigger_alone_is_no_reason_before_the_broker_has_said_so() -> None:
    """The last trade may be from before our own."""
    desk = RiskDesk().ready()
    desk.quotes.touches[KEY] = desk.quoted(10_000, last_paise=7_000)  # type: ignore[attr-defined]
    bought(desk)
    assert left(desk) == []


def test_the_market_is_looked_at_when_it_was_seen_lately_only() -> None:
    desk = RiskDesk().ready()
    bought(desk)
    desk.price(7_000, seen_ns=desk.wall_ns - 60_000_000_000)
    refuse(desk)
    assert left(desk) == []


@pytest.mark.control("C28")
def test_what_the_band_leaves_no_room_for_is_left() -> None:
    """A better price than the limit's: the stop from there is below what the exchange takes today."""
    desk = RiskDesk().ready()
    desk.tell(m.BandsRead(bands=(m.Band(key=KEY, low_paise=7_500, high_paise=20_000),)))
    desk.want()
    desk.working()
    desk.filled(str(desk.ids), price_paise=9_000)
    ((_, _, why),) = left(desk)
    assert "no room for its stop" in why
    desk.lived(2)
    assert [sent.order.trigger_paise for sent in desk.sent[1:]] == [None], "the exit alone"


def test_a_place_that_is_left_is_not_left_twice() -> None:
    desk = RiskDesk().ready()
    desk.tell(m.BandsRead(bands=(m.Band(key=KEY, low_paise=7_500, high_paise=20_000),)))
    for _ in range(2):
        desk.want(msgspec.structs.replace(BUY, price_paise=10_000))
        desk.working()
    desk.trade("1", 75, 9_000)
    desk.trade("2", 75, 9_000)
    desk.heard("1", "FILLED", 75, average_paise=9_000)
    desk.heard("2", "FILLED", 75, average_paise=9_000)
    desk.read(m.What.TRADES)
    desk.lived(3)
    assert len(left(desk)) == 1
