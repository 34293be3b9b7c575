"""The broker's books, told in differences: what is told of a second read against the first gives the second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine_desk import CONFIG, EngineDesk
from harness.order_story import report
from tarazu.engine import messages as m
from tarazu.engine.reads import BrokerBooks, order_news, take_orders
from tarazu.model.units import SECOND_NS

rows = st.dictionaries(st.sampled_from("123456"), st.integers(0, 75)).map(
    lambda filled: tuple(report(order_id, "WORKING", qty) for order_id, qty in filled.items())
)


@given(rows, rows, rows)
def test_differences_give_the_whole_again(first: tuple, second: tuple, third: tuple) -> None:  # type: ignore[type-arg]
    books = BrokerBooks()
    for at, told in enumerate((first, second, third), 1):
        news = order_news(books.rows, books.rows_ns, m.OrdersRead(started_ns=at, reports=told))
        take_orders(books, news)
        assert books.rows == {row.order_id: row for row in told}


def test_a_read_that_is_not_whole_is_no_base() -> None:
    books = BrokerBooks()
    take_orders(books, m.OrdersRead(started_ns=1, reports=(report("1", "WORKING"),)))
    part = order_news(books.rows, books.rows_ns, m.OrdersRead(started_ns=2, reports=(), whole=False))
    take_orders(books, part)
    assert (part.base_ns, books.rows_ns, list(books.rows)) == (0, 1, ["1"])
    with pytest.raises(AssertionError, match="not the last one"):
        take_orders(books, m.OrdersRead(started_ns=3, reports=(), base_ns=2))


def asked_in(desk: EngineDesk, seconds: int) -> list[m.What]:
    """Reads asked for while seconds pass, each answered at once."""
    asked: list[m.What] = []
    for _ in range(seconds):
        desk.second()
        asked += desk.asked
        desk.reads()
    return asked


def test_a_quiet_desk_reads_each_book_every_thirty_seconds() -> None:
    desk = EngineDesk().ready()
    asked = asked_in(desk, 120)
    assert {what: asked.count(what) for what in m.What if what not in (m.What.BANDS, m.What.MARGINS)} == dict.fromkeys(
        (m.What.ORDERS, m.What.TRADES, m.What.POSITIONS), 4
    )


def test_an_unknown_order_has_the_book_read_every_two_seconds_and_never_two_reads_at_once() -> None:
    desk = EngineDesk().ready()
    desk.want()
    desk.answer(desk.sent[-1].order.tag, kind="NO_ANSWER")
    asked = asked_in(desk, 60)
    assert 20 <= asked.count(m.What.ORDERS) <= 31
    desk.second(10)
    assert desk.asked.count(m.What.ORDERS) == 1, "the one under way has not come back"


def test_a_read_that_failed_is_asked_for_again_after_a_second() -> None:
    desk = EngineDesk(CONFIG)
    desk.start()
    desk.asked = []
    for what in (m.What.ORDERS, m.What.TRADES, m.What.POSITIONS):
        desk.tell(m.ReadFailed(what=what, cause="TIMEOUT"))
    assert desk.asked == []
    failed_ns = desk.now_ns
    desk.second()
    assert desk.now_ns == failed_ns + SECOND_NS and len(desk.asked) == 3


def test_a_read_that_is_not_whole_makes_no_agreement_and_is_asked_for_again() -> None:
    """Simulated day 10: entries went out by a book of which a part had been read."""
    desk = EngineDesk(CONFIG)
    desk.start()
    desk.second()
    began_ns = desk.now_ns
    desk.tell(m.OrdersRead(started_ns=began_ns, reports=(), whole=False), after_s=0.05)
    desk.read(m.What.TRADES)
    desk.read(m.What.POSITIONS)
    assert not desk.engine.state.agreement.is_reached and desk.engine.state.phase == "RECONCILING"
    desk.asked = []
    desk.second(2)
    assert m.What.ORDERS in desk.asked
    desk.ready()
