"""Any permutation, duplication and loss of updates that ends in one full read gives one state."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.order_story import NINE_ON_MONDAY_NS, Story, intent, report, tag_of, trade
from tarazu.model.units import SECOND_NS
from tarazu.orders import messages as m
from tarazu.orders.blotter import Blotter
from tarazu.orders.evidence import BEHIND_NS
from tarazu.orders.order_state import OrderState
from tarazu.orders.report import Answer, AnswerKind, OrderReport

TAG = tag_of("A")
TIMES = {
    "status_ns",
    "row_ns",
    "filled_ns",
    "ended_ns",
    "unknown_ns",
    "absent_reads",
    "told",
    "was_working",
    "text",
    "sent_ns",
}
"""Of when things were heard; they differ by what was heard when, and should."""


@st.composite
def histories(draw: st.DrawFn) -> list[OrderReport]:
    """What one order truly goes through: filled never falls, ends hold until more is filled, people modify it."""
    filled, qty, word, rows = 0, 75, "SUBMITTED", []
    for _ in range(draw(st.integers(1, 12))):
        more = draw(st.integers(0, qty - filled))
        ended = word in ("CANCELED", "EXPIRED", "REJECTED", "FILLED")
        if ended and not more:
            break
        filled += more
        word = draw(st.sampled_from(["WORKING", "MODIFYING", "CANCELING", "CANCELED", "EXPIRED", "REJECTED", "ODD"]))
        if filled == qty:
            word = "FILLED"
        elif draw(st.booleans()) and word == "WORKING":
            qty = draw(st.integers(filled + 1, 150))
        rows.append(report("1", word, filled, qty, tag=TAG))
    return rows


def heard(history: list[OrderReport], data: st.DataObject) -> Blotter:
    """A blotter to which some of it came, in any order, some of it twice; then one full read of orders and trades."""
    blotter, now = Blotter(), NINE_ON_MONDAY_NS
    for message in (
        m.Intended(intent=intent("A"), ts_ns=now),
        m.Durable(ref=TAG, ts_ns=now),
        m.Send(ref=TAG, ts_ns=now),
    ):
        blotter.apply(message)
    trades = [trade("1", f"t{n}", 1) for n in range(history[-1].filled_qty)]
    answer = data.draw(st.sampled_from([AnswerKind.ACCEPTED, AnswerKind.NO_ANSWER]))
    updates: list[Any] = data.draw(
        st.lists(st.sampled_from([*history, "answer", "trades", "book", "restart"]), max_size=15)
    )
    for update in updates:
        now += data.draw(st.integers(0, 5)) * SECOND_NS
        message: m.Message
        if update == "answer":
            message = m.PlaceAnswered(ref=TAG, answer=Answer(answer, "1"), ts_ns=now)
        elif update == "trades":
            message = m.TradesRead(started_ns=now, fills=tuple(data.draw(st.permutations(trades))[::2]), ts_ns=now)
        elif update == "restart":
            message = m.Restarted(ts_ns=now)
        elif update == "book":
            row = data.draw(st.sampled_from(history))
            message = m.BookRead(started_ns=now - SECOND_NS, reports=(row,), ts_ns=now)
        else:
            message = m.Reported(report=update, ts_ns=now)
        blotter.apply(message)
    for _ in range(2):  # the first read shows the end, the second, later than a book may lag, that it is one
        now += BEHIND_NS
        blotter.apply(m.BookRead(started_ns=now, reports=(history[-1],), ts_ns=now))
    blotter.apply(m.TradesRead(started_ns=now, fills=tuple(trades), ts_ns=now))
    return blotter


def settled(order: OrderState) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(order).items() if name not in TIMES}


@settings(max_examples=300, deadline=None)
@given(histories(), st.data())
def test_two_hearings_of_one_history_end_in_one_state(history: list[OrderReport], data: st.DataObject) -> None:
    one, other = heard(history, data), heard(history, data)
    assert list(one.orders) == list(other.orders) == [TAG]
    assert settled(one.orders[TAG]) == settled(other.orders[TAG])
    truth, order = history[-1], one.orders[TAG]
    quantities = order.cum_qty, order.qty, order.qty_high, order.qty_low
    assert quantities == (truth.filled_qty, truth.qty, truth.qty, truth.qty)
    assert sum(fill.qty for fill in order.fills.values()) == truth.filled_qty


@settings(max_examples=200, deadline=None)
@given(histories(), st.data())
def test_filled_quantity_is_monotone_and_an_end_is_left_only_for_more_filled(
    history: list[OrderReport], data: st.DataObject
) -> None:
    blotter, now = Blotter(), NINE_ON_MONDAY_NS
    before: OrderState | None = None
    for row in data.draw(st.lists(st.sampled_from(history), max_size=20)):
        blotter.apply(m.Reported(report=row, ts_ns=now))
        order = blotter.orders["#1"]
        if before:
            assert order.cum_qty >= before.cum_qty
            assert not before.ended or order.status == before.status or order.cum_qty > before.cum_qty
        before = order


@given(histories())
def test_the_same_read_twice_says_nothing_the_second_time(history: list[OrderReport]) -> None:
    blotter, now = Blotter(), NINE_ON_MONDAY_NS
    for row in history:
        blotter.apply(m.Reported(report=row, ts_ns=now))
    read = m.BookRead(started_ns=now, reports=(history[-1],), ts_ns=now)
    blotter.apply(read)
    assert blotter.apply(read) == []


def test_an_update_from_before_what_is_known_changes_no_terms() -> None:
    """By the broker's stamps. Of two of one second, the one heard later; after some seconds the book itself."""
    story, second = Story(), NINE_ON_MONDAY_NS
    story.say("sent A BUY 150 @ 100")
    story.say("answer A accepted 1")

    def say(qty: int, ts_ns: int, read_after_s: int | None = None) -> int:
        row = report("1", "WORKING", qty=qty, tag=TAG, ts_event_ns=ts_ns)
        now_ns = second + 60 * SECOND_NS + (read_after_s or 0) * SECOND_NS
        if read_after_s is None:
            story.blotter.apply(m.Reported(report=row, ts_ns=now_ns))
        else:
            story.blotter.apply(m.BookRead(started_ns=now_ns, reports=(row,), ts_ns=now_ns))
        return story.blotter.orders[TAG].qty

    assert say(75, second + 2) == 75
    assert say(150, second + 1) == 75, "it is older"
    assert say(225, second + 2) == 225, "it is of the same moment, and heard later"
    assert say(150, second + 1, read_after_s=1) == 225, "a read may be as old"
    assert say(150, second + 1, read_after_s=9) == 150, "not that old: the broker's clock was set back"
    assert say(75, 0) == 75, "it has no stamp"
