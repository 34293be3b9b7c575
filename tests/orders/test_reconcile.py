"""Each way the broker's books can differ from ours is a break of its own kind, with both sides of it."""

import msgspec
import pytest

from harness.order_story import KEY, Story, report, tag_of, trade
from harness.order_world import OrderWorld
from tarazu.model.execution import Fill
from tarazu.model.order import Product
from tarazu.orders import messages as m
from tarazu.orders.flatten_plan import BrokerPosition
from tarazu.orders.reconcile import reconcile
from tarazu.orders.report import OrderReport


def filled() -> Story:
    """A: 75 filled of 75 and all trades known; B: working."""
    story = Story()
    story.say("sent A BUY 75 @ 100")
    story.say("sent B BUY 75 @ 100")
    story.say("book 1 A FILLED 75/75, 2 B WORKING 0/75")
    story.say("trades 1:t1:25 1:t2:50")
    story.now_ns += 10**9
    return story


A = report("1", "FILLED", 75, tag=tag_of("A"), average_paise=10_000)
B = report("2", "WORKING", tag=tag_of("B"))


def breaks(story: Story, *rows: OrderReport, whole: bool = True) -> list[str]:
    book = m.BookRead(started_ns=story.now_ns, reports=rows, whole=whole, ts_ns=story.now_ns)
    return [f"{b.kind} {b.of}: {b.ours} / {b.theirs}" for b in reconcile(story.blotter, book)]


def test_books_that_agree_have_no_breaks() -> None:
    story = filled()
    book = m.BookRead(started_ns=story.now_ns, reports=(A, B), ts_ns=story.now_ns)
    trades = m.TradesRead(
        started_ns=story.now_ns, fills=(trade("1", "t1", 25), trade("1", "t2", 50)), ts_ns=story.now_ns
    )
    assert reconcile(story.blotter, book, trades, [BrokerPosition(key=KEY, product=Product.NRML, qty=75)]) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"filled_qty": 50}, ["FILLED order 1: 75 / 50"]),
        ({"word": "CANCELED"}, ["STATUS order 1: FILLED / CANCELED"]),
        ({"word": "WORKING"}, ["STATUS order 1: FILLED / WORKING"]),
        ({"qty": 150}, ["QTY order 1: 75 / 150"]),
        ({"product": Product.MIS}, ["PRODUCT order 1: NRML / MIS"]),
        ({"average_paise": 10_002}, ["PRICE fills of order 1: 10000 / 10002"]),
        ({"average_paise": 10_001}, []),
    ],
)
def test_a_row_that_differs_is_a_break_of_what_differs(changes: dict[str, object], expected: list[str]) -> None:
    row = msgspec.convert(msgspec.to_builtins(A) | changes, OrderReport)
    assert breaks(filled(), row, B) == expected


def test_the_price_of_a_working_order_is_compared() -> None:
    moved = msgspec.structs.replace(B, price_paise=10_100)
    assert breaks(filled(), A, moved) == ["PRICE order 2: 10000 / 10100"]


def test_orders_missing_on_either_side_are_told_and_a_torn_read_misses_nothing() -> None:
    stranger = report("9", "WORKING", side="SELL")
    assert breaks(filled(), A, stranger) == [
        "MISSING_HERE order 9: none / WORKING 0/75",
        "MISSING_THERE order 2: WORKING 0/75 / none",
    ]
    assert breaks(filled(), A, whole=False) == []


def test_a_foreign_order_is_a_break_as_long_as_it_is_in_the_book() -> None:
    story = filled()
    story.say("row 9 - WORKING 0/75")
    story.now_ns += 1
    assert breaks(story, A, B, report("9", "WORKING")) == [f"FOREIGN order 9: no intent / BUY 0/75 {KEY}"]


def test_what_changed_after_the_read_began_is_not_compared() -> None:
    story = filled()
    began = story.now_ns
    story.say("+1 row 2 B FILLED 75/75")
    book = m.BookRead(started_ns=began, reports=(A, B), ts_ns=story.now_ns)
    assert reconcile(story.blotter, book) == []


@pytest.mark.parametrize(
    ("fills", "expected"),
    [
        ([trade("1", "t1", 25)], ["MISSING_THERE trade t2 of order 1: BUY 50 at 10000 / none"]),
        (
            [trade("1", "t1", 25), trade("1", "t2", 50), trade("2", "t3", 5)],
            ["MISSING_HERE trade t3 of order 2: none / BUY 5 at 10000"],
        ),
        ([trade("1", "t1", 25), trade("1", "t2", 40)], ["QTY trade t2 of order 1: BUY 50 at 10000 / BUY 40 at 10000"]),
    ],
)
def test_trades_are_compared_by_their_id(fills: list[Fill], expected: list[str]) -> None:
    story = filled()
    book = m.BookRead(started_ns=story.now_ns, reports=(A, B), ts_ns=story.now_ns)
    trades = m.TradesRead(started_ns=story.now_ns, fills=tuple(fills), ts_ns=story.now_ns)
    found = reconcile(story.blotter, book, trades)
    assert [f"{b.kind} {b.of}: {b.ours} / {b.theirs}" for b in found] == expected


def test_positions_are_compared_with_what_was_carried_and_filled() -> None:
    story = filled()
    book = m.BookRead(started_ns=story.now_ns, reports=(A, B), ts_ns=story.now_ns)
    before = {(KEY, Product.NRML): -50, ("NSE:INFY", Product.CNC): 10}
    held = [BrokerPosition(key=KEY, product=Product.NRML, qty=75)]
    found = reconcile(story.blotter, book, None, held, before)
    assert [(b.of, b.ours, b.theirs) for b in found] == [
        (f"position {KEY} NRML", "25", "75"),
        ("position NSE:INFY CNC", "10", "0"),
    ]


@pytest.mark.parametrize("seed", range(15))
def test_a_healed_world_has_no_breaks(seed: int) -> None:
    world = OrderWorld(seed)
    for _ in range(120):
        world.step()
    world.heal()
    *_, book, trades = world.messages
    assert isinstance(book, m.BookRead) and isinstance(trades, m.TradesRead)
    held = [BrokerPosition(key=KEY, product=Product.NRML, qty=world.position())]
    assert reconcile(world.blotter, book, trades, held) == []
