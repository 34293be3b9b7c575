"""The gate on the morning after: what the night changed since the last close is told, and is in nobody's way."""

from datetime import date

import msgspec
import pytest

from harness.gate_home import LEAVE, GateHome
from harness.journalled_desk import JournalledDesk
from tarazu.app.account.reading import AccountRead, Failure, Read, Why
from tarazu.app.closing.standing import Standing
from tarazu.app.closing.whole import close_folder
from tarazu.app.masters.store import MasterStore
from tarazu.app.readiness.acceptance import accepted_books
from tarazu.app.readiness.asking import ask_gate
from tarazu.app.reconcile.breaks import FILE, Against, Break, BreakKind, Compared, Reconciliation
from tarazu.app.reconcile.day import NOT_ASKED
from tarazu.app.reconcile.kept import READ_FILE, BrokerRead, encoded, keep
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.model.units import HOUR_NS
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv
from tarazu.wire.kite_money import PositionRow, PositionsData

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
NONE = Read(started_ns=0, ended_ns=0, failure=Failure(Why.NOT_ASKED, "not asked for"))
FLAT = PositionRow(**{field.name: field.type() for field in msgspec.structs.fields(PositionRow)})


def closed(gate: GateHome, qty: int, *others: str, hour: int = 16) -> str:
    """On Friday, when the broker held this many of a future that lasts, and 65 of each of the others; its key."""
    assert gate.row("instruments").status is not Status.CRIT, "the gate has fetched today's master"
    kept = MasterStore(gate.home.masters).load(ist.day_of(gate.now_ns))
    assert kept is not None
    master = decode_csv(kept.csv)
    assert isinstance(master, InstrumentMaster)
    future = max((i for i in master.instruments if i.kind == "FUT" and i.name == "NIFTY"), key=lambda i: str(i.expiry))
    held = [(future.tradingsymbol, qty), *((key.partition(":")[2], 65) for key in others)]
    net = [
        msgspec.structs.replace(FLAT, exchange="NFO", tradingsymbol=symbol, product="NRML", quantity=units)
        for symbol, units in held
    ]
    positions = Read(started_ns=0, ended_ns=0, value=PositionsData(net=net, day=[]))
    books = AccountRead(positions=positions, orders=NONE, trades=NONE, funds=NONE)
    asked_ns = ist.midnight_ns(FRIDAY) + hour * HOUR_NS
    read = BrokerRead(day="2026-11-20", profile="live", as_of_ns=asked_ns, account=books, charges=NOT_ASKED)
    result = Reconciliation(day="2026-11-20", profile="live", as_of_ns=asked_ns, standing=Standing())
    keep(gate.home, FRIDAY, result, encoded(read), verdict="OK", exit_code=0, who="t", now_ns=asked_ns)
    return future.key


def rows(gate: GateHome) -> dict[str, Check]:
    gate.served.pass_time(1.0)  # so many questions a second, by the broker's clock
    found = {check.id: check for check in gate.look("reconcile").checks}
    assert found["reconcile"].status is Status.OK, found
    return found


def test_a_night_that_changed_nothing_adds_no_row(gate: GateHome) -> None:
    assert list(rows(gate)) == ["reconcile"]
    closed(gate, 0)
    assert list(rows(gate)) == ["reconcile"]


def test_a_position_that_is_gone_since_the_close_is_a_warning_until_a_person_says_that_the_broker_is_right(
    gate: GateHome,
) -> None:
    key = closed(gate, 65)
    told = rows(gate)["reconcile.carried"]
    assert (told.status, told.code) == (Status.WARN, "CARRIED")
    assert f"{key} NRML was +65, is +0" in told.detail and "since the close of 2026-11-20, 3 days before" in told.detail
    assert gate.look("reconcile").ready, "it is in nobody's way"
    hash_ = told.hint.partition("--accept-book ")[2].split()[0]
    assert told.detail.startswith(f"difference {hash_}: ")
    said, _ = ask_gate(gate.home, who="asha", accept_book=hash_, why="squared off by the broker", environ=LEAVE)
    assert {c.id: c.code for c in said.checks}["reconcile.carried"] == "BOOK_ACCEPTED"
    assert "squared off by the broker" in rows(gate)["reconcile.carried"].detail


@pytest.mark.parametrize("how", ["altered", "gone"])
def test_a_close_that_is_not_to_be_had_is_told(gate: GateHome, how: str) -> None:
    closed(gate, 65)
    path = close_folder(gate.home, FRIDAY) / READ_FILE
    if how == "altered":
        path.write_bytes(path.read_bytes() + b" ")
    else:
        path.unlink()
    told = rows(gate)["reconcile.carried"]
    assert (told.status, told.code) == (Status.WARN, "NO_CLOSING_BOOK") and str(path) in told.detail


def test_a_place_that_is_gone_and_whose_expiry_nobody_knows_is_named_beside_a_difference_and_alone(
    gate: GateHome,
) -> None:
    nameless = "NFO:NIFTY26DEC99000CE"
    closed(gate, 0, nameless)
    alone = rows(gate)
    assert list(alone) == ["reconcile", "reconcile.carried.unknown"]
    told = alone["reconcile.carried.unknown"]
    assert (told.status, told.code) == (Status.WARN, "NOT_COMPARED") and nameless in told.detail
    closed(gate, 65, nameless)
    both = rows(gate)
    assert both["reconcile.carried"].code == "CARRIED" and nameless in both["reconcile.carried.unknown"].detail
    hash_ = both["reconcile.carried"].hint.partition("--accept-book ")[2].split()[0]
    said, _ = ask_gate(gate.home, who="asha", accept_book=hash_, why="looked", environ=LEAVE)
    after = {c.id: c.code for c in said.checks}
    assert after["reconcile.carried"] == "BOOK_ACCEPTED" and after["reconcile.carried.unknown"] == "NOT_COMPARED"


@pytest.mark.parametrize("where", ["closes", "desk"])
def test_a_file_that_cannot_be_read_is_a_warning_and_no_bug_of_the_gate(gate: GateHome, where: str) -> None:
    closed(gate, 65)
    path = close_folder(gate.home, FRIDAY) / READ_FILE
    if where == "closes":
        path.unlink()
        path.mkdir()
    else:
        path = gate.home.desk / "2026-11-22.jsonl"
        path.mkdir()
    told = rows(gate)["reconcile.carried"]
    assert (told.status, told.code) == (Status.WARN, "NO_CLOSING_BOOK") and str(path) in told.detail


def test_a_day_that_was_journalled_and_not_reconciled_is_told_with_its_date(gate: GateHome) -> None:
    with JournalledDesk(gate.home, day=FRIDAY) as desk:
        desk.start()
    told = rows(gate)["reconcile.carried"]
    assert (told.status, told.code) == (Status.WARN, "NO_CLOSING_BOOK") and "2026-11-20" in told.detail
    assert "tarazu reconcile --date 2026-11-20" in told.hint


def test_a_close_that_was_read_before_its_market_closed_is_told(gate: GateHome) -> None:
    closed(gate, 65, hour=11)
    told = rows(gate)["reconcile.carried"]
    assert (told.status, told.code) == (Status.WARN, "NO_CLOSING_BOOK") and "before its close" in told.detail
    assert "tarazu reconcile --date 2026-11-20" in told.hint


def test_a_hash_that_no_row_has_is_accepted_by_nobody_and_that_is_told(gate: GateHome) -> None:
    closed(gate, 0)
    said, _ = ask_gate(gate.home, who="asha", accept_book="3fa91c02", why="looked", environ=LEAVE)
    (told,) = (c for c in said.checks if c.id == "reconcile.accept")
    assert (told.status, told.code) == (Status.WARN, "NOT_ACCEPTED")
    assert "no row has the difference 3fa91c02" in told.detail
    assert accepted_books(gate.home, MONDAY) == {}


def test_the_difference_that_todays_reconciliation_named_is_accepted_though_the_gate_has_another(
    gate: GateHome,
) -> None:
    leg = Compared(against=Against.CARRIED, ours=1, broker=0, since="2026-11-20", difference="3fa91c02")
    found = Break(kind=BreakKind.CARRIED, against=Against.CARRIED, key="NFO:X", product="NRML", ours=75, broker=0)
    reconciled_today(
        gate,
        Reconciliation(
            day="2026-11-23",
            profile="live",
            as_of_ns=gate.now_ns,
            standing=Standing(),
            compared=(leg,),
            breaks=(found,),
        ),
    )
    said, _ = ask_gate(gate.home, who="asha", accept_book="3fa91c02", why="sold by hand", environ=LEAVE)
    (told,) = (c for c in said.checks if c.id == "reconcile.accept")
    assert told.status is Status.OK and "3fa91c02" in told.detail
    assert accepted_books(gate.home, MONDAY)["3fa91c02"].reason == "sold by hand"
    path = close_folder(gate.home, MONDAY) / FILE
    path.write_bytes(path.read_bytes().replace(b"3fa91c02", b"0fa91c02"))
    said, _ = ask_gate(gate.home, who="asha", accept_book="0fa91c02", why="sold by hand", environ=LEAVE)
    (told,) = (c for c in said.checks if c.id == "reconcile.accept")
    assert told.code == "NOT_ACCEPTED" and "altered" in told.detail, "only as the record has its hash"


def test_a_reconciliation_without_a_break_of_the_night_has_nothing_to_accept(gate: GateHome) -> None:
    leg = Compared(against=Against.CARRIED, ours=0, broker=0, since="2026-11-20", difference="3fa91c02")
    reconciled_today(
        gate,
        Reconciliation(day="2026-11-23", profile="live", as_of_ns=gate.now_ns, standing=Standing(), compared=(leg,)),
    )
    said, _ = ask_gate(gate.home, who="asha", accept_book="3fa91c02", why="looked", environ=LEAVE)
    assert "NOT_ACCEPTED" in {c.code for c in said.checks}


def reconciled_today(gate: GateHome, result: Reconciliation) -> None:
    keep(gate.home, MONDAY, result, b"", verdict="BREAKS", exit_code=2, who="t", now_ns=gate.now_ns)
