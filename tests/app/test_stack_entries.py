"""Entries that work at the broker while no main does: which they are, by a real journal, and that they end."""

from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import cast

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, NIFTY_CALL
from harness.journalled_desk import JournalledDesk
from harness.order_story import DAY
from tarazu.adapters.kite_account.client import KiteAccount, ReadOutcome
from tarazu.app.home import Home, Profile
from tarazu.app.stack import entries
from tarazu.app.stack.entries import NotCancelled, cancel_entries
from tarazu.engine import messages as m
from tarazu.model import ist
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.order_request import Cancellation
from tarazu.model.outcome import Accepted, Answered, OrderOutcome, Timing
from tarazu.orders.client_order_id import ClientOrderId
from tarazu.runtime.journal_files import day_folder, segment_path
from tarazu.wire.kite_books import OrderBook
from tarazu.wire.kite_orders import KiteStatus, OrderRow

AT_ONCE = Timing(1, 1, None)
OTHER_CALL = msgspec.structs.replace(
    NIFTY_CALL,
    instrument_token=InstrumentToken(NIFTY_CALL.instrument_token + 256),
    tradingsymbol=TradingSymbol("NIFTY26NOV26050CE"),
    strike_paise=NIFTY_CALL.strike_paise + 5_000,
)


def row(order_id: str, tag: str | None, order_type: str = "LIMIT") -> OrderRow:
    return OrderRow(
        account_id="TZ0001",
        placed_by="TZ0001",
        order_id=order_id,
        status=KiteStatus.OPEN,
        order_timestamp="2026-11-23 10:00:00",
        variety="regular",
        exchange=NIFTY_CALL.exchange,
        tradingsymbol=NIFTY_CALL.tradingsymbol,
        instrument_token=NIFTY_CALL.instrument_token,
        order_type=order_type,
        transaction_type="BUY",
        validity="DAY",
        product="NRML",
        quantity=75,
        tag=tag,
    )


class Account:
    """A broker's book whose orders end when that is asked for."""

    def __init__(self, *rows: OrderRow) -> None:
        self.rows = {row.order_id: row for row in rows}

    def orders(self) -> ReadOutcome[OrderBook]:
        return Answered(OrderBook(list(self.rows.values()), []), AT_ONCE)

    def cancel(self, wanted: Cancellation) -> OrderOutcome:
        self.rows[wanted.order_id] = msgspec.structs.replace(self.rows[wanted.order_id], status=KiteStatus.CANCELLED)
        return Accepted(wanted.order_id, (), AT_ONCE)

    @property
    def cancelled(self) -> list[str]:
        return [order_id for order_id, row in self.rows.items() if row.status == KiteStatus.CANCELLED]


class Left:
    """What a main left behind: a filled entry's resting stop (2), and an entry that works (3)."""

    def __init__(self, home: Home) -> None:
        calls = (NIFTY_CALL, OTHER_CALL)
        config = msgspec.structs.replace(CONFIG, qty_max={call.key: 300 for call in calls})
        self.home, self.desk = home, JournalledDesk(home, config, calls)
        self.desk.ready()
        self.desk.want()
        self.desk.placed("1")
        self.desk.filled("1")
        self.stop = row("2", self.desk.placed("2"), "SL")
        self.desk.want(msgspec.structs.replace(BUY, key=OTHER_CALL.key))
        self.entry = row("3", self.desk.placed("3"))

    def cancelled(self, *rows: OrderRow) -> list[str]:
        account = Account(*rows)
        cancel_entries(self.home, cast(KiteAccount, account))
        return account.cancelled


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Left]:
    made = Left(Home(Profile.SIM, tmp_path / "sim"))
    monkeypatch.setattr(entries, "now_ns", lambda home: ist.at_ns(DAY, time(10)))
    monkeypatch.setattr(entries, "_AGAIN_S", 0.0)
    yield made
    made.desk.close()


def test_a_working_entry_is_cancelled_and_its_neighbours_stop_is_not(left: Left) -> None:
    assert left.cancelled(left.stop, left.entry) == ["3"]


def test_what_is_nobodys_is_not_cancelled(left: Left) -> None:
    strange = ClientOrderId(DAY, 900, 1).tag
    assert left.cancelled(row("8", None), row("9", strange), row("10", "lunch")) == []


def test_an_entry_that_a_person_claimed_is_cancelled_though_it_has_no_tag(left: Left) -> None:
    left.desk.tell(m.Commanded(order=m.Order.CLAIM, who="asha", why="ours", order_id="8", ref=left.entry.tag or ""))
    assert left.cancelled(row("8", None), row("9", None)) == ["8"]


def test_a_day_that_does_not_read_is_not_a_day_without_entries(left: Left) -> None:
    older = DAY - timedelta(days=3)
    segment_path(day_folder(left.home.journal, older), 1).mkdir(parents=True)
    with pytest.raises(NotCancelled, match=older.isoformat()):
        left.cancelled(left.entry, row("8", ClientOrderId(older, 5, 1).tag))


def test_where_nothing_works_no_journal_needs_to_read(left: Left) -> None:
    left.desk.close()
    segment_path(left.desk.folder, 1).write_bytes(b"torn")
    assert left.cancelled() == []
