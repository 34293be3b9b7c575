"""What holds for any orders, ladders and flows: conservation, price-time priority, honest queues."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tarazu.model.order import Side, Validity
from tarazu.sim.exchange.book import Book, Match
from tarazu.sim.exchange.exchange_order import ExchangeOrder, Place

PRICES = st.integers(95, 105)
QTY = st.integers(1, 60)


def new_order(number: int, side: Side, qty: int, price: int, shown: int = 0) -> ExchangeOrder:
    return ExchangeOrder(
        order_id=str(number),
        user_id="TZ0001",
        index=0,
        side=side,
        qty=qty,
        price_paise=price,
        trigger_paise=0,
        validity=Validity.DAY,
        ttl_until_ns=None,
        disclosed_qty=min(shown, qty),
        priority=number,
    )


@st.composite
def ladders(draw: Any) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    middle = draw(PRICES)
    bids = [(middle - n, draw(QTY), 1) for n in range(1, draw(st.integers(0, 4)) + 1)]
    asks = [(middle + n, draw(QTY), 1) for n in range(draw(st.integers(0, 4)))]
    return bids, asks


ORDERS = st.lists(st.tuples(st.sampled_from(Side), QTY, PRICES), max_size=20)
ENTER = st.tuples(st.just("enter"), st.sampled_from(Side), QTY, PRICES, st.sampled_from((0, 0, 7)))
FLOW = st.tuples(st.just("flow"), st.sampled_from(Side), st.integers(1, 200), PRICES)
REFRESH = st.tuples(st.just("refresh"), ladders())
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 30))


@given(ladders(), ORDERS)
def test_matching_is_that_of_a_sorted_list(ladder: Any, orders: list[tuple[Side, int, int]]) -> None:
    """The oracle: all orders in one list; the best price, then the earliest, trades first."""
    book = Book(*ladder)
    standing = [[side, price, -1, qty] for side, levels in zip(Side, ladder, strict=True) for price, qty, _ in levels]
    for number, (side, qty, price) in enumerate(orders):
        wanted = []
        left = qty
        for entry in sorted((e for e in standing if e[0] is side.opposite), key=lambda e: (e[1] * side.sign, e[2])):
            if left and (entry[1] - price) * side.sign <= 0:
                traded = min(left, entry[3])
                entry[3] -= traded
                left -= traded
                wanted.append((entry[1], traded, entry[2]))
        standing = [e for e in standing if e[3]]
        order = new_order(number, side, qty, price)
        matches = book.take(side, qty, price, order)
        assert [(m.price_paise, m.qty, int(m.maker.order_id) if m.maker else -1) for m in matches] == wanted
        if order.leaves:
            book.add(order)
            standing.append([side, price, number, order.leaves])
    for side in Side:
        assert sum(qty for _, qty, _ in book.levels(side)) == sum(e[3] for e in standing if e[0] is side)


@given(ladders(), st.lists(st.one_of(ENTER, FLOW, REFRESH, CANCEL), max_size=30))
def test_any_course_of_events_keeps_the_books_laws(ladder: Any, events: list[Any]) -> None:
    book = Book(*ladder)
    orders: list[ExchangeOrder] = []
    matches: list[Match] = []
    for event in events:
        ahead = {o.order_id: book.ahead(o) for o in orders if o.place is Place.BOOK and not o.disclosed_qty}
        makers_before = {o.order_id: o.filled for o in orders}
        news = _happen(book, event, orders)
        matches += news
        _check_uncrossed(book)
        _check_limits(news)
        for order in orders:
            if order.place is Place.BOOK and order.order_id in ahead:
                assert book.ahead(order) <= ahead[order.order_id], "nobody overtakes a resting order"
                if order.filled > makers_before[order.order_id] and event[0] == "flow":
                    assert book.ahead(order) == 0, "who fills in part is first in the queue"
    for order in orders:
        traded = sum(m.qty for m in matches if order in (m.taker, m.maker))
        assert order.filled == traded <= order.qty
    for side in Side:
        shown = {o.order_id for o in book.orders() if o.side is side}
        assert shown == {o.order_id for o in orders if o.side is side and o.place is Place.BOOK}


@given(ladders(), ORDERS, ladders())
def test_a_market_moving_through_us_fills_no_more_than_it_brings(ladder: Any, orders: Any, moved: Any) -> None:
    book = Book(*ladder)
    for number, (side, qty, price) in enumerate(orders):
        order = new_order(number, side, qty, price)
        book.take(side, qty, price, order)
        if order.leaves:
            book.add(order)
    brought = {Side.BUY: sum(q for _, q, _ in moved[0]), Side.SELL: sum(q for _, q, _ in moved[1])}
    matches = book.refresh(*moved)
    for match in matches:
        maker = match.maker
        assert match.taker is None and maker is not None
        assert match.price_paise == maker.price_paise, "we fill at our price"
    for side in Side:
        assert sum(m.qty for m in matches if m.maker and m.maker.side is side) <= brought[side.opposite]


def _happen(book: Book, event: Any, orders: list[ExchangeOrder]) -> list[Match]:
    if event[0] == "enter":
        _, side, qty, price, shown = event
        order = new_order(len(orders), side, qty, price, shown)
        orders.append(order)
        matches = book.take(side, qty, price, order)
        if order.leaves:
            book.add(order)
        return matches
    if event[0] == "flow":
        _, side, qty, limit = event
        return book.take(side, qty, limit, None)
    if event[0] == "refresh":
        return book.refresh(*event[1])
    if event[1] < len(orders) and orders[event[1]].place is Place.BOOK:
        book.remove(orders[event[1]])
    return []


def _check_uncrossed(book: Book) -> None:
    bid, ask = book.best(Side.BUY), book.best(Side.SELL)
    assert bid is None or ask is None or bid < ask


def _check_limits(matches: list[Match]) -> None:
    for match in matches:
        for order in (match.taker, match.maker):
            if order is not None:
                assert (match.price_paise - order.price_paise) * order.side.sign <= 0, "no worse than its limit"
        if match.taker and match.maker:
            assert match.taker.side is match.maker.side.opposite
