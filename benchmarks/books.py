"""The desk's books: fills a second, and a snapshot of 200 positions at their marks.

No peer: the official client has no books, and a plain ledger of floats does less than these do (idempotence, two ways
of counting, charges by order), so a ratio to one would flatter us. CPU seconds, median of the rounds.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date

from tarazu import reference
from tarazu.model import ist
from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId, InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.model.units import HOUR_NS, SECOND_NS
from tarazu.ops.bench import Case, at_least, at_most
from tarazu.portfolio.book import Books
from tarazu.portfolio.marks import Mark, Marks

DAY = date(2026, 11, 23)
NOW_NS = ist.midnight_ns(DAY) + 11 * HOUR_NS
INSTRUMENTS, FILLS, FILLS_AN_ORDER = 200, 20_000, 4
ROUNDS = 7
GOAL_FILLS_PER_S, GOAL_SNAPSHOT_MS = 200_000.0, 1.0  # issue 4, item 5: modest, so that risk may ask at every fill


def instruments() -> dict[str, Instrument]:
    listed = (
        Instrument(
            instrument_token=InstrumentToken((40_000 + n) << 8 | 2),
            exchange=Exchange.NFO,
            tradingsymbol=TradingSymbol(f"NIFTY26NOV{20_000 + 50 * n}CE"),
            name="NIFTY",
            kind=Kind.CE,
            segment="NFO-OPT",
            lot_size=65,
            expiry=DAY,
            strike_paise=(20_000 + 50 * n) * 100,
            underlying="NSE:NIFTY 50",
        )
        for n in range(INSTRUMENTS)
    )
    return {i.key: i for i in listed}


def fills(listed: dict[str, Instrument]) -> list[Fill]:
    """Orders of four fills, buying and selling in turn through zero; every instrument stays open at the end."""
    keys = list(listed)
    made = []
    for n in range(FILLS):
        order = n // FILLS_AN_ORDER
        key = keys[order % INSTRUMENTS]
        made.append(
            Fill(
                exec_id=str(n),
                order_id=BrokerOrderId(f"2611230000{order:05}"),
                key=key,
                instrument_token=listed[key].instrument_token,
                product=Product.NRML,
                side=(Side.BUY, Side.SELL)[order // INSTRUMENTS % 2],
                qty=65 * (1 + order // INSTRUMENTS % 3),
                price_paise=10_000 + 5 * (n % 41),
                ts_event_ns=NOW_NS,
            )
        )
    return made


def cpu_s(call: Callable[[], object]) -> float:
    start = time.thread_time()
    call()
    return time.thread_time() - start


def cases() -> Iterator[Case]:
    listed, rates = instruments(), reference.charge_rates()
    flow = fills(listed)

    def book_all() -> Books:
        books = Books(DAY, rates, listed)
        for fill in flow:
            books.apply(fill)
        return books

    book_s = statistics.median(cpu_s(book_all) for _ in range(ROUNDS))
    yield at_least("books", "apply a fill", ours=FILLS / book_s, unit="fills/s", goal=GOAL_FILLS_PER_S)

    books = book_all()
    marks = Marks({key: Mark(10_100, NOW_NS) for key in listed}, NOW_NS, SECOND_NS)
    first = books.as_of(marks)
    assert len(first.lines) == INSTRUMENTS and all(line.qty for line in first.lines)
    assert isinstance(first.total.net_paise, int)
    asked_s = statistics.median(cpu_s(lambda: books.as_of(marks).total) for _ in range(100))
    yield at_most("books", "200 positions at marks, and the net", ours=asked_s * 1e3, unit="ms", goal=GOAL_SNAPSHOT_MS)

    more = iter(fills(listed))

    def one_more() -> object:
        fill = next(more)
        books.apply(
            Fill(**{name: getattr(fill, name) for name in Fill.__struct_fields__} | {"exec_id": f"more-{fill.exec_id}"})
        )
        return books.as_of(marks).total

    for _ in range(3):
        one_more()
    again_s = statistics.median(cpu_s(one_more) for _ in range(100))
    yield at_most("books", "the same after one more fill", ours=again_s * 1e3, unit="ms", goal=GOAL_SNAPSHOT_MS)
