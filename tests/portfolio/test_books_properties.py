"""What holds for any flow of fills: one state however it is told, parts that make the whole, two ways to one sum."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.account_flows import BY_KEY, INSTRUMENTS
from harness.ledger_table import DAY, NOW_NS, RATES
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId, InstrumentToken
from tarazu.model.order import Product, Side
from tarazu.portfolio.book import Books, BooksState
from tarazu.portfolio.bookings import Booked, Unbooked, Why
from tarazu.portfolio.pnl import FLAT, Snapshot
from tarazu.portfolio.postings import Carried
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise

KEYS = [i.key for i in INSTRUMENTS[:5]]
PRODUCTS = (Product.NRML, Product.MIS)
MARKS = {key: 10_000 + 37 * n for n, key in enumerate(KEYS)}.__getitem__


@st.composite
def flows(draw: st.DrawFn) -> list[Fill]:
    """Fills of a few orders, each of one instrument, product and side; some of no order."""
    orders = draw(
        st.lists(
            st.tuples(st.sampled_from(KEYS), st.sampled_from(PRODUCTS), st.sampled_from(Side)), min_size=1, max_size=8
        )
    )
    legs = draw(
        st.lists(
            st.tuples(st.integers(0, len(orders) - 1), st.integers(1, 500), st.integers(0, 50_000), st.booleans()),
            max_size=30,
        )
    )
    return [
        Fill(
            exec_id=f"e{n}",
            order_id=BrokerOrderId(f"o{at}" if ordered else ""),
            key=orders[at][0],
            instrument_token=InstrumentToken(1),
            product=orders[at][1],
            side=orders[at][2],
            qty=qty,
            price_paise=price,
            ts_event_ns=NOW_NS + n,
        )
        for n, (at, qty, price, ordered) in enumerate(legs)
    ]


def opening() -> st.SearchStrategy[list[Carried]]:
    one = st.tuples(st.integers(-900, 900).filter(bool), st.integers(0, 40_000), st.integers(1, 40_000))
    return st.dictionaries(st.tuples(st.sampled_from(KEYS), st.sampled_from(PRODUCTS)), one, max_size=4).map(
        lambda held: [
            Carried(key=k, product=p, qty=q, cost_paise=q * cost, close_value_paise=q * close)
            for (k, p), (q, cost, close) in held.items()
        ]
    )


def booked(fills: Iterable[Fill], carried: Sequence[Carried] = ()) -> Books:
    books = Books(DAY, RATES, BY_KEY, carried)
    for fill in fills:
        assert isinstance(books.apply(fill), Booked)
    return books


def interleaved(fills: list[Fill], seed: int) -> list[Fill]:
    """Another order of telling that keeps the order within an instrument and product."""
    dice, queues = random.Random(seed), defaultdict(list)
    for fill in fills:
        queues[fill.key, fill.product].append(fill)
    told = []
    while queues:
        place = dice.choice(sorted(queues))
        told.append(queues[place].pop(0))
        if not queues[place]:
            del queues[place]
    return told


@given(flows(), opening(), st.integers(0, 9_999))
def test_the_books_do_not_depend_on_the_order_of_telling_between_instruments(fills, carried, seed) -> None:
    a, b = booked(fills, carried), booked(interleaved(fills, seed), carried)
    b.charges()
    assert a.state() == b.state()
    assert a.as_of(MARKS) == b.as_of(MARKS)


@given(flows(), opening(), st.integers(0, 9_999))
def test_kites_figures_do_not_depend_on_any_order(fills, carried, seed) -> None:
    shuffled = random.Random(seed).sample(fills, len(fills))
    for a, b in zip(booked(fills, carried).positions(), booked(shuffled, carried).positions(), strict=True):
        assert (a.qty, a.kite_open_cost_paise(), a.kite_realised_paise()) == (
            b.qty,
            b.kite_open_cost_paise(),
            b.kite_realised_paise(),
        )
        assert a.realised_paise - a.open_cost_paise == b.realised_paise - b.open_cost_paise, "the sum does not either"


@given(flows(), opening(), st.integers(0, 30))
def test_books_that_were_stored_and_read_back_go_on_as_if_nothing_had_been(fills, carried, cut) -> None:
    whole, first = booked(fills, carried), booked(fills[:cut], carried)
    kept = msgspec.msgpack.encode(first.state())
    assert kept == msgspec.msgpack.encode(booked(fills[:cut], carried).state())
    again = Books.restored(msgspec.msgpack.decode(kept, type=BooksState), RATES, BY_KEY)
    for fill in fills[:cut]:
        assert again.apply(fill) == Unbooked(Why.REPEATED)
    for fill in fills[cut:]:
        again.apply(fill)
    assert again.state() == whole.state()
    assert again.as_of(MARKS) == whole.as_of(MARKS)
    assert (
        Books.restored(msgspec.json.decode(msgspec.json.encode(whole.state()), type=BooksState), RATES, BY_KEY).state()
        == whole.state()
    )


@given(flows())
def test_a_state_is_a_copy_that_the_books_do_not_touch_again(fills) -> None:
    books = booked(fills[:-1])
    state = books.state()
    kept = msgspec.json.encode(state)
    again = Books.restored(state, RATES, BY_KEY)
    for fill in fills[-1:]:
        books.apply(fill)
        again.apply(fill)
    assert msgspec.json.encode(state) == kept


@settings(max_examples=200)
@given(flows(), opening(), st.dictionaries(st.sampled_from([f"o{n}" for n in range(8)]), st.sampled_from("ab")))
def test_the_parts_of_every_cut_make_the_whole(fills, carried, labels) -> None:
    books = booked(fills, carried)
    snapshot = books.as_of(MARKS)
    assert snapshot.total.gross_paise == snapshot.realised_paise + snapshot.unrealised_paise
    assert snapshot.total.charges_paise == books.charges().total
    for cut in (
        snapshot.by_instrument(),
        snapshot.by_product(),
        snapshot.by_underlying(),
        books.by_strategy(MARKS, labels),
    ):
        assert sum(cut.values(), FLAT) == snapshot.total


ELSEWHERE = "MCX:CRUDEOIL26DECFUT"
"""Of a segment whose money the books cannot keep."""


@given(flows(), opening(), st.sets(st.sampled_from(KEYS)), st.booleans())
def test_the_result_is_the_total_of_all_lines_but_those_of_other_segments(fills, carried, silent, elsewhere) -> None:
    """Known or not, and for the same reasons."""
    books = booked(fills, carried)
    if elsewhere:
        odd = Fill(
            exec_id="odd", order_id=BrokerOrderId("odd"), key=ELSEWHERE, instrument_token=InstrumentToken(1),
            product=Product.NRML, side=Side.BUY, qty=1, price_paise=100, ts_event_ns=NOW_NS,
        )  # fmt: skip
        assert isinstance(books.apply(odd), Booked)

    def mark(key: str) -> Paise:
        return UnknownPaise.because(Cause.NO_PRICE, key) if key in silent else MARKS(key)

    def mark_all(key: str) -> Paise:
        return 1 if key == ELSEWHERE else mark(key)

    lines = [line for line in books.as_of(mark_all).lines if line.key != ELSEWHERE]
    assert books.result(mark) == Snapshot(tuple(lines)).total


@settings(max_examples=200)
@given(flows(), opening())
def test_both_ways_of_counting_add_up_to_the_same_money(fills, carried) -> None:
    """And that money is the plainest sum there is: what was received, less what was paid, and what is left."""
    books = booked(fills, carried)
    for p in books.positions():
        mark = MARKS(p.key)
        assert p.realised() + p.unrealised(mark) == p.kite_m2m_paise(mark)
        assert p.kite_realised_paise() + p.kite_unrealised_paise(mark) == p.kite_pnl_paise(mark)
        assert p.qty * p.open_cost_paise >= 0 and (p.qty or not p.open_cost_paise)
    paid = sum(f.value_paise for f in fills) + sum(c.close_value_paise or 0 for c in carried)
    left = sum(f.signed_qty * MARKS(f.key) for f in fills) + sum(c.qty * MARKS(c.key) for c in carried)
    assert books.as_of(MARKS).total.gross_paise == left - paid


@given(flows())
def test_what_is_realised_stays_realised(fills) -> None:
    """Ours moves only when units are closed, by what the fill said; Kite's may move back."""
    books = Books(DAY, RATES, BY_KEY)
    said: dict[tuple[str, Product], int] = defaultdict(int)
    for fill in fills:
        change = books.apply(fill)
        assert isinstance(change, Booked)
        closes = change.qty_before * fill.signed_qty < 0
        assert closes or change.realised_paise == 0
        said[fill.key, fill.product] += change.realised_paise
    for p in books.positions():
        assert p.realised_paise == said[p.key, p.product]
