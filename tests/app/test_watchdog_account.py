"""The broker's rows against the intents of a real journal: what is an entry, what is nobody's, what is left alone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, NIFTY_CALL
from harness.journalled_desk import JournalledDesk
from harness.order_story import DAY
from tarazu.app.account.intents import IntentBook
from tarazu.app.flatten.tags import Tags, on_the_wire
from tarazu.app.home import Home, Profile
from tarazu.app.watchdog.account.audit import audit, working_entries
from tarazu.app.watchdog.account.brake import Brake, Reserve
from tarazu.app.watchdog.account.result import SLACK_PAISE, day_result
from tarazu.engine import messages as m
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.order import Side
from tarazu.orders.client_order_id import ClientOrderId
from tarazu.orders.report import OrderReport, Word
from tarazu.portfolio.charges import ChargeLeg, charges
from tarazu.reference import charge_rates
from tarazu.runtime.journal_files import day_folder, segment_path
from tarazu.wire.kite_money import PositionRow, PositionsData
from tarazu.wire.kite_orders import TradeRow

STRANGE = ClientOrderId(DAY, 900, 1).tag
"""Of our kind, of this day, and of no intent."""


OTHERS = tuple(
    msgspec.structs.replace(
        NIFTY_CALL,
        instrument_token=InstrumentToken(NIFTY_CALL.instrument_token + (n << 8)),
        tradingsymbol=TradingSymbol(f"NIFTY26NOV{26_000 + 50 * n}CE"),
        strike_paise=NIFTY_CALL.strike_paise + 5_000 * n,
    )
    for n in (1, 2)
)


class Books:
    """A desk with a filled entry (order 1), its resting stop (2) and an entry that works (3)."""

    def __init__(self, home: Home) -> None:
        self.home = home
        limits = {i.key: 300 for i in (NIFTY_CALL, *OTHERS)}
        config = msgspec.structs.replace(CONFIG, qty_max=limits)
        self.desk = JournalledDesk(home, config, (NIFTY_CALL, *OTHERS))
        self.desk.ready()
        self.desk.want()
        self.desk.placed("1")
        self.desk.filled("1")
        self.stop = self.desk.placed("2")
        self.entry = self.enter("3")

    def enter(self, order_id: str) -> str:
        """One more entry at work; its tag."""
        self.desk.want(msgspec.structs.replace(BUY, key=OTHERS[int(order_id) - 3].key))
        return self.desk.placed(order_id)

    @property
    def rows(self) -> list[OrderReport]:
        return list(self.desk.book.values())

    def row(self, order_id: str, **changes: Any) -> OrderReport:
        return msgspec.structs.replace(self.desk.book["3"], order_id=order_id, **changes)

    def book(self) -> IntentBook:
        book = IntentBook(self.home.journal)
        book.follow(DAY)
        return book

    def entries(self, *more: OrderReport) -> list[str]:
        return [str(row.order_id) for row in working_entries([*self.rows, *more], self.book(), DAY)]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    made = Books(Home(Profile.SIM, tmp_path / "sim"))
    yield made
    made.desk.close()


def test_of_a_filled_entry_its_stop_and_a_working_entry_only_that_is_cancelled(books: Books) -> None:
    assert books.entries() == ["3"]


def test_nothing_in_a_place_that_is_being_left_is_cancelled(books: Books) -> None:
    books.desk.tell(m.Commanded(order=m.Order.FLATTEN, who="asha", why="enough"))
    assert books.desk.book["3"].word == "WORKING"
    assert books.entries() == []


def test_an_order_that_we_know_nothing_of_is_never_cancelled(books: Books) -> None:
    assert books.entries(books.row("8", tag=""), books.row("9", tag=STRANGE)) == ["3"]


def test_all_that_the_engine_decided_fits_and_nothing_is_told(books: Books) -> None:
    found = audit(books.rows, books.book(), DAY)
    assert not found.nobodys and not found.doubled and not found.foreign


def test_a_tag_of_our_kind_without_an_intent_is_nobodys(books: Books) -> None:
    found = audit([*books.rows, books.row("9", tag=STRANGE)], books.book(), DAY)
    assert [one.order_id for one in found.nobodys] == ["9"] and not found.foreign


def test_an_untagged_order_is_a_strangers_and_one_of_a_flatten_or_disowned_is_told_of_no_more(books: Books) -> None:
    flatten = on_the_wire(Tags(DAY, 40_000_000).fresh())
    rows = [*books.rows, books.row("8", tag=""), books.row("9", tag="EXCEL1"), books.row("10", tag=flatten)]
    assert [one.order_id for one in audit(rows, books.book(), DAY).foreign] == ["8", "9"]
    books.desk.tell(m.Commanded(order=m.Order.DISOWN, who="asha", why="mine", order_id="8"))
    assert [one.order_id for one in audit(rows, books.book(), DAY).foreign] == ["9"]


def test_two_orders_with_one_tag_are_told_but_not_where_one_was_rejected(books: Books) -> None:
    twin = books.row("9", tag=books.entry)
    assert {one.order_id for one in audit([*books.rows, twin], books.book(), DAY).doubled} == {"3", "9"}
    rejected = books.row("9", tag=books.entry, word=Word.REJECTED)
    assert not audit([*books.rows, rejected], books.book(), DAY).doubled


def test_what_the_writer_adds_is_there_at_the_next_look(books: Books) -> None:
    book = books.book()
    tag = books.enter("4")
    assert audit(books.rows, book, DAY).nobodys[0].tag == tag
    book.follow(DAY)
    assert not audit(books.rows, book, DAY).nobodys


def test_an_order_whose_intent_was_damaged_on_the_disk_is_nobodys_and_no_entry_to_cancel(books: Books) -> None:
    before = books.book()
    books.desk.close()
    path = segment_path(day_folder(books.home.journal, DAY), 1)
    content = bytearray(path.read_bytes())
    content[content.index(books.entry.encode()) + 3] ^= 1
    path.write_bytes(bytes(content))
    assert [one.order_id for one in audit(books.rows, books.book(), DAY).nobodys] == ["3"]
    assert books.entries() == []
    assert [str(row.order_id) for row in working_entries(books.rows, before, DAY)] == ["3"], "it was read before"


def test_an_order_claimed_beside_an_untagged_one_is_not_doubled(books: Books) -> None:
    rows = [row for row in books.rows if row.order_id != "3"] + [books.row("8", tag=""), books.row("9", tag="")]
    books.desk.tell(m.Commanded(order=m.Order.CLAIM, who="asha", why="ours", order_id="8", ref=books.entry))
    found = audit(rows, books.book(), DAY)
    assert not found.doubled and [one.order_id for one in found.foreign] == ["9"]
    found = audit([*rows, books.row("10", tag=books.entry)], books.book(), DAY)
    assert {one.order_id for one in found.doubled} == {"8", "10"}, "one intent, two orders"


def test_the_journal_tells_whether_the_desk_is_halted_when_main_cannot(books: Books) -> None:
    assert books.book().on(DAY, DAY).halt is None
    books.desk.tell(m.Commanded(order=m.Order.HALT, who="asha", why="enough"))
    halt = books.book().on(DAY, DAY).halt
    assert halt is not None and "asha" in halt.why


def test_a_damaged_older_day_stops_neither_todays_intents_nor_the_audit(books: Books) -> None:
    older = DAY - timedelta(days=3)
    folder = day_folder(books.home.journal, older)
    segment_path(folder, 1).mkdir(parents=True)
    carried = books.row("8", tag=ClientOrderId(older, 5, 1).tag)
    book = books.book()
    assert not audit([*books.rows, carried], book, DAY).nobodys, "what it was is not known"
    assert list(book.faults) == [older]
    tag = books.enter("4")
    book.follow(DAY)
    found = audit([*books.rows, carried], book, DAY)
    assert not found.nobodys and tag in book.on(DAY, DAY).by_ref and list(book.faults) == [older]


# The brake.


def test_the_brake_can_read_and_cancel_and_nothing_else() -> None:
    can = {name for name in dir(Brake) if not name.startswith("_")}
    assert can == {"orders", "trades", "positions", "cancel", "close"}


def test_no_more_than_two_requests_go_in_a_second() -> None:
    import threading
    import time

    reserve, began_s = Reserve(2, threading.Event()), time.monotonic()
    for _ in range(4):
        reserve.wait()
    assert time.monotonic() - began_s >= 1.5


# The result.


def position(**changes: Any) -> PositionRow:
    zero = dict.fromkeys(PositionRow.__struct_fields__, 0)
    words = {"tradingsymbol": NIFTY_CALL.tradingsymbol, "exchange": "NFO", "product": "NRML", "multiplier": 1}
    return msgspec.convert(zero | words | changes, PositionRow)


def trade(side: str, qty: int, price: float, order_id: str = "1") -> TradeRow:
    words = dict.fromkeys(TradeRow.__struct_fields__, "") | {"trade_id": order_id, "order_id": order_id}
    where = {"exchange": "NFO", "tradingsymbol": NIFTY_CALL.tradingsymbol, "instrument_token": 1, "product": "NRML"}
    figures = {"average_price": price, "quantity": qty, "transaction_type": side}
    return msgspec.convert(words | where | figures, TradeRow)


def cost(side: Side, qty: int, paise: int) -> int:
    leg = ChargeLeg(
        kind=NIFTY_CALL.kind,
        exchange=NIFTY_CALL.exchange,
        product="NRML",  # type: ignore[arg-type]
        side=side,
        qty=qty,
        value_paise=qty * paise,
        day=DAY,
    )
    return charges(charge_rates(), leg).total


def test_bought_today_and_held_is_worth_the_last_price_less_what_was_paid_and_the_charges() -> None:
    row = position(quantity=75, last_price=110.0, day_buy_quantity=75, day_buy_value=7_500.0)
    found = day_result(PositionsData(net=[row], day=[]), [trade("BUY", 75, 100.0)], DAY)
    assert found.net_paise == 75_000 - cost(Side.BUY, 75, 10_000) and not found.why
    assert found.slack_paise == SLACK_PAISE + 75 * 11_000 // 100


def test_what_was_held_overnight_counts_from_the_close_before() -> None:
    row = position(quantity=75, overnight_quantity=75, close_price=100.0, last_price=90.0)
    assert day_result(PositionsData(net=[row], day=[]), [], DAY).net_paise == -75_000


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"quantity": 75, "last_price": 0.0}, "no last price"),
        ({"overnight_quantity": 75, "close_price": 0.0}, "the day before"),
        ({"multiplier": 100}, "counted by 100"),
    ],
)
def test_what_is_not_known_is_not_reckoned(changes: dict[str, Any], why: str) -> None:
    found = day_result(PositionsData(net=[position(**changes)], day=[]), [], DAY)
    assert found.net_paise is None and why in found.why


def test_charges_of_a_year_without_rates_are_not_taken_for_none() -> None:
    found = day_result(PositionsData(net=[], day=[]), [trade("BUY", 75, 100.0)], DAY.replace(year=2019))
    assert found.net_paise is None and "charges" in found.why
