"""A day of 200 orders: untouched it has no break; each thing that is changed at the broker is a typed break."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tarazu import reference
from tarazu.app.account.reading import AccountRead, Failure, Read, Why
from tarazu.app.home import Home, Profile
from tarazu.app.reconcile.breaks import BreakKind
from tarazu.app.reconcile.day import NOT_ASKED, reconcile_day
from tarazu.app.reconcile.told import checks_of, word_of
from tarazu.app.verdict import Status, worst
from tarazu.engine.agreement import found as engine_finds
from tarazu.engine.process import Engine
from tarazu.engine.reads import BrokerBooks
from tarazu.orders.kite_rows import book_read, trades_read
from tarazu.orders.lifecycle import OrdStatus
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.shell import recover
from tarazu.wire.kite_books import OddOrder
from tarazu.wire.kite_orders import KiteStatus


@pytest.mark.control("C31", "C32")
def test_an_untouched_day_of_200_orders_has_no_break_and_its_charges_are_the_brokers_to_the_paisa(kept: Any) -> None:
    result = kept.found()
    books = {leg.against: leg for leg in result.compared}
    assert result.breaks == () and result.unknown == ()
    assert books["orders"].ours == books["orders"].broker == 200
    assert books["trades"].ours == books["trades"].broker >= 200
    assert result.totals.charges_paise > 0
    assert result.totals.asked_charges_paise == result.totals.broker_charges_paise
    assert word_of(checks_of(result)) == "RECONCILED"


def test_what_is_folded_for_it_is_what_a_start_of_the_engine_recovers(kept: Any) -> None:
    whole = Engine(kept.day.instruments, reference.charge_rates())
    recover(whole, JournalReader(kept.day.folder).ready())
    assert kept.ours.state.digest() == whole.state.digest()


# One fill of the broker's.


def _price(account: AccountRead) -> None:
    account.trades.value[7].average_price += 0.05


def _qty(account: AccountRead) -> None:
    account.trades.value[7].quantity += 1


def _dropped(account: AccountRead) -> None:
    del account.trades.value[7]


def _doubled(account: AccountRead) -> None:
    account.trades.value.append(account.trades.value[7])


def _added(account: AccountRead) -> None:
    one = msgspec.structs.replace(account.trades.value[7], trade_id="99999999")
    account.trades.value.append(one)


def _of_another_order(account: AccountRead) -> None:
    one = account.trades.value[7]
    one.order_id = "999999999999999"


def _turned(account: AccountRead) -> None:
    one = account.trades.value[7]
    one.transaction_type = "SELL" if one.transaction_type == "BUY" else "BUY"


CHANGES = [
    (_price, ["PRICE trades"]),
    (_qty, ["QTY trades"]),
    (_dropped, ["MISSING_FILL trades"]),
    (_doubled, ["DUPLICATE_FILL trades"]),
    (_added, ["EXTRA_FILL trades"]),
    (_of_another_order, ["EXTRA_FILL trades", "MISSING_FILL trades"]),
    (_turned, ["TERMS.side trades"]),
]


@pytest.mark.parametrize(("change", "breaks"), CHANGES)
@pytest.mark.control("C31")
def test_one_fill_that_is_changed_at_the_broker_is_one_typed_break(
    kept: Any, told: Any, change: Callable[[AccountRead], None], breaks: list[str]
) -> None:
    account = kept.account
    change(account)
    result = kept.found(account)
    assert sorted(told(result)) == breaks
    assert all(found.money and found.order_id and found.trade_id and found.key for found in result.breaks)
    assert worst(checks_of(result)) is Status.CRIT


def test_a_break_tells_both_sides_their_unit_and_whose_order_it_is(kept: Any) -> None:
    account = kept.account
    theirs = account.trades.value[7]
    theirs.average_price += 0.05
    (found,) = kept.found(account).breaks
    mine = kept.ours.state.blotter.find(f"#{theirs.order_id}")
    assert (found.order_id, found.trade_id, found.ref) == (theirs.order_id, theirs.trade_id, mine.ref)
    assert (found.broker - found.ours, found.unit) == (5, "paise")
    assert found.id.startswith("BRK-") and kept.found(account).breaks[0].id == found.id


@pytest.mark.parametrize("line", ["brokerage", "transaction_tax", "exchange_turnover_charge", "stamp_duty", "total"])
def test_one_charge_that_is_a_paisa_off_is_one_break_of_that_line(kept: Any, line: str) -> None:
    notes = kept.notes
    charges = notes.value[11].charges
    setattr(charges, line, round(getattr(charges, line) + 0.01, 2))
    (found,) = kept.found(notes=notes).breaks
    assert (found.kind, found.against, found.unit, found.broker - found.ours) == ("CHARGES", "charges", "paise", 1)


def test_a_charge_that_the_broker_tells_finer_than_a_paisa_agrees_where_it_is_less_than_one_from_ours(
    kept: Any,
) -> None:
    notes = kept.notes
    charges = notes.value[11].charges
    charges.exchange_turnover_charge += 0.0049
    charges.total += 0.0049
    assert kept.found(notes=notes).breaks == ()
    charges.exchange_turnover_charge += 0.01
    assert [b.field for b in kept.found(notes=notes).breaks] == ["exchange"]


# Orders, positions, money.


def _order_gone(account: AccountRead) -> None:
    del account.orders.value.rows[5]


def _order_added(account: AccountRead) -> None:
    one = msgspec.structs.replace(account.orders.value.rows[5], order_id="999999999999999", tag=None, tags=[])
    account.orders.value.rows.append(one)


def _tag_twice(account: AccountRead) -> None:
    one = msgspec.structs.replace(account.orders.value.rows[5], order_id="999999999999999")
    account.orders.value.rows.append(one)


def _filled_more(account: AccountRead) -> None:
    account.orders.value.rows[5].filled_quantity += 1


def _average(account: AccountRead) -> None:
    account.orders.value.rows[5].average_price += 1


def _still_open(account: AccountRead) -> None:
    account.orders.value.rows[5].status = KiteStatus.OPEN


def _other_end(account: AccountRead) -> None:
    account.orders.value.rows[5].status = KiteStatus.CANCELLED


def _position(account: AccountRead) -> None:
    account.positions.value.net[0].quantity += 1


def _value(account: AccountRead) -> None:
    row = account.positions.value.net[0]
    row.day_buy_value += 0.01
    row.buy_value += 0.01


def _pnl(account: AccountRead) -> None:
    account.positions.value.net[0].pnl += 0.05


def _cash(account: AccountRead) -> None:
    funds = account.funds.value.equity
    funds.net = round(funds.net - 0.01, 2)
    funds.utilised.debits = round(funds.utilised.debits + 0.01, 2)


def _net(account: AccountRead) -> None:
    account.funds.value.equity.net += 1


BOOKS = [
    (_order_gone, ["MISSING_AT_BROKER orders"]),
    (_order_added, ["UNKNOWN_ORDER orders"]),
    (_tag_twice, ["DUPLICATE_ORDER.tag orders", "DUPLICATE_ORDER.tag orders", "UNKNOWN_ORDER orders"]),
    (_filled_more, ["FILLED orders"]),
    (_average, ["AVERAGE orders"]),
    (_still_open, ["STATUS orders"]),
    (_position, ["POSITION.QTY positions"]),
    (_value, ["POSITION.VALUE positions"]),
    (_pnl, ["POSITION.PNL positions"]),
    (_cash, ["CASH.charges funds"]),
    (_net, ["CASH.net funds"]),
]


@pytest.mark.parametrize(("change", "breaks"), BOOKS)
def test_what_else_is_changed_at_the_broker_is_a_typed_break_of_its_book(
    kept: Any, told: Any, change: Callable[[AccountRead], None], breaks: list[str]
) -> None:
    account = kept.account
    change(account)
    result = kept.found(account)
    assert sorted(told(result)) == breaks
    assert all(found.money for found in result.breaks)


def test_another_word_for_an_end_with_nothing_else_different_is_told_and_no_money(kept: Any, told: Any) -> None:
    account = kept.account
    _other_end(account)
    result = kept.found(account)
    assert told(result) == ["STATUS orders"] and result.money_breaks == ()
    assert worst(checks_of(result)) is Status.WARN


def test_an_intent_that_never_became_an_order_is_no_break_and_counts_on_neither_side(kept: Any) -> None:
    blotter = kept.ours.state.blotter
    was = next(order for order in blotter.orders.values() if order.order_id)
    refused = msgspec.structs.replace(was, ref="refused", order_id="", status=OrdStatus.REJECTED, fills={})
    blotter.orders["refused"] = refused
    try:
        result = kept.found()
        assert result.breaks == () and (result.compared[0].ours, result.compared[0].broker) == (200, 200)
        blotter.orders["refused"] = msgspec.structs.replace(refused, status=OrdStatus.UNKNOWN)
        (found,) = kept.found().breaks
        assert (found.kind, found.ref, found.ours, found.broker) == ("UNSETTLED", "refused", "UNKNOWN", None)
    finally:
        del blotter.orders["refused"]


# What is not known.


def test_a_side_that_is_empty_is_all_breaks_and_never_none(kept: Any) -> None:
    account = kept.account
    account.orders.value.rows.clear()
    account.trades.value.clear()
    account.positions.value.net.clear()
    kinds = [found.kind for found in kept.found(account).breaks]
    assert kinds.count(BreakKind.MISSING_AT_BROKER) == 200
    assert kinds.count(BreakKind.MISSING_FILL) == kept.ours.fills
    assert kinds.count(BreakKind.POSITION) > 0


@pytest.mark.parametrize("book", ["orders", "trades", "positions", "funds"])
def test_a_book_that_was_not_read_is_unknown_and_not_equal(kept: Any, book: str) -> None:
    silent: Read[Any] = Read(started_ns=0, ended_ns=0, failure=Failure(Why.UNREACHABLE, "no answer in time"))
    result = kept.found(msgspec.structs.replace(kept.account, **{book: silent}))
    (leg,) = result.unknown
    assert leg.against == book and "no answer in time" in leg.unknown
    assert worst(checks_of(result)) is Status.UNKNOWN


def test_charges_that_were_not_asked_for_are_unknown(kept: Any) -> None:
    result = kept.found(notes=NOT_ASKED)
    assert [leg.against for leg in result.unknown] == ["charges"]


def test_a_row_that_does_not_read_leaves_its_book_unknown(kept: Any) -> None:
    account = kept.account
    gone = account.orders.value.rows.pop(5)
    account.orders.value.odd.append(OddOrder(why="status: a word of 2027", order_id=gone.order_id))
    result = kept.found(account)
    assert "does not read" in result.unknown[0].unknown or "do not read" in result.unknown[0].unknown
    bad = kept.account
    bad.trades.value[3].transaction_type = "LEND"
    assert [leg.against for leg in kept.found(bad).unknown] == ["trades"]


def test_a_day_that_nothing_was_journalled_of_is_told_and_the_brokers_orders_are_unknown_ones(
    kept: Any, tmp_path: Path
) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    result = reconcile_day(home, kept.day.day, kept.account, charges=kept.notes)
    kinds = {found.kind for found in result.breaks}
    assert BreakKind.UNKNOWN_ORDER in kinds and BreakKind.EXTRA_FILL in kinds
    account = kept.account
    for book in (account.orders.value.rows, account.trades.value, account.positions.value.net):
        book.clear()
    empty = reconcile_day(home, date(2026, 11, 24), account)
    assert {check.code for check in checks_of(empty)} >= {"NO_JOURNAL"}
    assert worst(checks_of(empty)) is not Status.OK


def test_of_a_live_account_the_cash_is_only_summed_up_for_kite_tells_no_charges_of_the_day(kept: Any) -> None:
    account = kept.account
    _cash(account)
    result = kept.found(account, profile=Profile.LIVE)
    assert result.breaks == ()
    assert "at night" in next(leg.skipped for leg in result.compared if leg.against == "funds")


def test_a_live_row_that_has_all_of_its_result_in_pnl_agrees(kept: Any) -> None:
    account = kept.account
    for row in account.positions.value.net:
        row.realised, row.unrealised = 0.0, row.pnl
    assert kept.found(account, profile=Profile.LIVE).breaks == ()


# The same code as in the day.


@pytest.mark.parametrize("change", [_price, _qty, _dropped, _added, _order_gone, _order_added, _filled_more])
@pytest.mark.control("C31")
def test_the_engine_finds_in_the_day_what_is_found_at_its_close_by_the_same_comparison(
    kept: Any, change: Callable[[AccountRead], None]
) -> None:
    account = kept.account
    change(account)
    ns = kept.as_of_ns
    rows, (fills, _) = book_read(account.orders.value, ns, ns).reports, trades_read(account.trades.value, ns, ns)
    heard = BrokerBooks(
        rows={row.order_id: row for row in rows},
        rows_ns=ns,
        fills={(f.order_id, f.exec_id): f for f in fills.fills},
        fills_ns=ns,
    )
    state = kept.ours.state
    before = state.broker
    try:
        state.broker = heard
        in_day = {(b.order_id, b.exec_id) for b in engine_finds(state)}
    finally:
        state.broker = before
    at_close = {(b.order_id, b.trade_id) for b in kept.found(account).breaks if b.against in ("orders", "trades")}
    assert in_day == at_close != set()
