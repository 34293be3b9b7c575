"""`tarazu reconcile` and `tarazu close import-note` on kept answers: exit codes, what they write, what they refuse."""

import hashlib
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tarazu.app.account.reading import Failure, Read, Why
from tarazu.app.closing.steps import done, step_done
from tarazu.app.closing.whole import close_folder
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import incidents
from tarazu.app.reconcile import broker_side
from tarazu.app.reconcile.broker_side import BROKER, BothSides, NoBroker
from tarazu.app.reconcile.kept import READ_FILE, Altered, BrokerRead, encoded, keep, latest_note, read_reconciliation
from tarazu.app.reconcile.legs.charges import note_of, traded
from tarazu.app.verdict import Exit, Verdict
from tarazu.ops import reconcile as ops_reconcile
from tarazu.ops.close_import_note import import_note
from tarazu.ops.reconcile import reconcile
from tarazu.runtime.desk_record import DeskKind

DAY_NS = 1_795_420_800 * 10**9
FOUR_NS = 1_795_429_800 * 10**9
"""16:00 IST."""


@pytest.fixture
def home(kept: Any, tmp_path: Path) -> Home:
    """A copy of the traded day."""
    shutil.copytree(kept.day.home.root, tmp_path / "sim")
    return Home(Profile.SIM, tmp_path / "sim")


@pytest.fixture
def answered(kept: Any, home: Home) -> Home:
    """Reconciled once, with the broker's answers kept."""
    return answers(kept, home)


def answers(kept: Any, home: Home, **changed: Any) -> Home:
    theirs = {"account": kept.account, "charges": kept.notes, "as_of_ns": FOUR_NS} | changed
    read = BrokerRead(day=kept.day.day.isoformat(), profile="sim", **theirs)
    keep(home, kept.day.day, kept.found(), encoded(read), verdict="RECONCILED", exit_code=0, who="t", now_ns=DAY_NS)
    return home


def again(kept: Any, home: Home) -> Verdict:
    return reconcile(home, kept.day.day, True, "tester")


def test_a_day_that_agrees_is_reconciled_and_recorded_with_what_it_stood_on(kept: Any, answered: Home) -> None:
    verdict = again(kept, answered)
    assert (verdict.word, verdict.exit_code) == ("RECONCILED", Exit.OK)
    entry = step_done(answered, kept.day.day, DeskKind.RECONCILED)
    assert entry is not None and entry.who == "tester" and done(entry).passed
    assert done(entry).standing == kept.ours.standing
    result = read_reconciliation(answered, kept.day.day)
    assert result is not None and result.source == "saved" and result.breaks == ()
    assert "orders 200 = 200" in verdict.text() and msgspec.json.decode(verdict.json())["exit_code"] == 0


def test_done_twice_it_says_and_writes_the_same(kept: Any, answered: Home) -> None:
    first = again(kept, answered)
    wrote = (close_folder(answered, kept.day.day) / "reconciliation.json").read_bytes()
    assert again(kept, answered).body == first.body
    assert (close_folder(answered, kept.day.day) / "reconciliation.json").read_bytes() == wrote


def test_a_break_of_money_exits_with_2_and_opens_one_incident_however_often_it_is_found(kept: Any, home: Home) -> None:
    account = kept.account
    account.trades.value[7].average_price += 0.05
    answers(kept, home, account=account)
    for _ in range(2):
        verdict = again(kept, home)
        assert (verdict.word, verdict.exit_code) == ("BREAKS", Exit.CRIT)
    (opened,) = incidents(home)
    assert opened.code == "RECONCILE_BREAK" and opened.is_open and f"incident  {opened.id}" in verdict.tail
    entry = step_done(home, kept.day.day, DeskKind.RECONCILED)
    assert entry is not None and not done(entry).passed and entry.body["money_breaks"] == 1


def test_answers_that_were_altered_are_named_and_nothing_is_compared(kept: Any, answered: Home) -> None:
    path = close_folder(answered, kept.day.day) / READ_FILE
    path.write_bytes(path.read_bytes().replace(b'"quantity":', b'"quantity": ', 1))
    verdict = again(kept, answered)
    assert verdict.exit_code == Exit.CRIT and "ALTERED" in verdict.text() and str(path) in verdict.text()
    path.unlink()
    assert "is gone" in again(kept, answered).text()


def test_a_disk_that_takes_nothing_is_told_with_what_was_found(kept: Any, answered: Home) -> None:
    folder = close_folder(answered, kept.day.day)
    (folder / "reconciliation.json").unlink()
    (folder / "reconciliation.json").mkdir()
    verdict = again(kept, answered)
    assert verdict.exit_code == Exit.CRIT and "NOT_WRITTEN" in verdict.text() and "orders 200 = 200" in verdict.text()


def test_a_result_that_was_altered_is_not_read_as_one(kept: Any, answered: Home) -> None:
    path = close_folder(answered, kept.day.day) / "reconciliation.json"
    path.write_bytes(path.read_bytes().replace(b'"breaks":[]', b'"breaks":[ ]'))
    with pytest.raises(Altered, match="altered"):
        read_reconciliation(answered, kept.day.day)


def test_a_day_without_kept_answers_cannot_be_told_and_nothing_is_written(kept: Any, home: Home) -> None:
    verdict = again(kept, home)
    assert (verdict.word, verdict.exit_code) == ("UNKNOWN", Exit.UNKNOWN)
    assert "NO_READ" in verdict.text() and not home.closes.exists() and not home.desk.exists()


def test_for_a_day_that_is_over_no_broker_in_a_box_is_begun(kept: Any, home: Home) -> None:
    verdict = reconcile(home, date(2020, 1, 1), False, "tester")
    assert verdict.exit_code == Exit.UNKNOWN and "NO_READ" in verdict.text()
    assert not home.run.exists() and not home.sim_broker.exists()


def test_a_byte_of_the_journal_that_was_changed_is_no_reconciled_day(kept: Any, answered: Home) -> None:
    segment = max((answered.journal / kept.day.day.isoformat()).glob("*.seg*"), default=None) or max(
        path for path in (answered.journal / kept.day.day.isoformat()).iterdir() if path.stat().st_size > 100_000
    )
    raw = bytearray(segment.read_bytes())
    raw[50_000] ^= 1
    segment.write_bytes(bytes(raw))
    verdict = again(kept, answered)
    assert verdict.exit_code == Exit.CRIT and "DAMAGED" in verdict.text()


def test_the_paper_account_is_nobodys_word_but_mains_and_that_is_a_warning(kept: Any, tmp_path: Path) -> None:
    shutil.copytree(kept.day.home.root, tmp_path / "paper")
    verdict = reconcile(Home(Profile.PAPER, tmp_path / "paper"), kept.day.day, False, "tester")
    assert verdict.exit_code == Exit.WARN and "NO_BROKER" in verdict.text()


# The contract note.


def file_of(kept: Any, tmp_path: Path, more: str = "") -> Path:
    lines = ["order_id,trade_id,exchange,symbol,trade_type,quantity,price,total"]
    for order in kept.ours.orders:
        for f in order.fills.values():
            exchange, _, symbol = f.key.partition(":")
            lines.append(f"{f.order_id},{f.exec_id},{exchange},{symbol},{f.side},{f.qty},{f.price_paise / 100:.2f},")
    lines += [f"{o.order_id},,,,,,,{note_of(kept.ours, o).total / 100:.2f}" for o in traded(kept.ours)]
    path = tmp_path / "note.csv"
    path.write_text("\n".join(lines) + "\n" + more)
    return path


def test_a_note_that_is_taken_in_is_hashed_in_the_record_and_compared_from_then_on(
    kept: Any, answered: Home, tmp_path: Path
) -> None:
    day = kept.day.day
    taken = import_note(answered, (file_of(kept, tmp_path),), day, "tester")
    assert (taken.word, taken.exit_code) == ("TAKEN_IN", Exit.OK)
    entry = step_done(answered, day, DeskKind.CONTRACT_NOTE)
    note = latest_note(answered, day)
    assert entry is not None and note is not None and entry.body["sha256"] == note.sha256
    assert again(kept, answered).exit_code == Exit.OK
    result = read_reconciliation(answered, day)
    assert result is not None and result.note_sha256 == note.sha256
    assert result.totals.note_charges_paise == result.totals.asked_charges_paise


def test_the_same_note_again_changes_nothing_and_another_takes_its_place(
    kept: Any, answered: Home, tmp_path: Path
) -> None:
    day = kept.day.day
    import_note(answered, (file_of(kept, tmp_path),), day, "tester")
    assert import_note(answered, (file_of(kept, tmp_path),), day, "tester").word == "UNCHANGED"
    other = file_of(kept, tmp_path, more="1,999,NSE,INFY,buy,1,1.00,\n")
    assert import_note(answered, (other,), day, "tester").word == "TAKEN_IN"
    verdict = again(kept, answered)
    assert verdict.exit_code == Exit.CRIT and "EXTRA_FILL" in verdict.text()


def test_a_kept_note_that_was_altered_is_named(kept: Any, answered: Home, tmp_path: Path) -> None:
    import_note(answered, (file_of(kept, tmp_path),), kept.day.day, "tester")
    (path,) = close_folder(answered, kept.day.day).glob("contract_note-*.json")
    path.write_bytes(path.read_bytes() + b" ")
    verdict = again(kept, answered)
    assert verdict.exit_code == Exit.CRIT and "ALTERED" in verdict.text() and path.name in verdict.text()


def test_a_file_that_is_no_note_changes_nothing(kept: Any, home: Home, tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_bytes(b"%PDF-1.7")
    verdict = import_note(home, (path,), kept.day.day, "tester")
    assert verdict.exit_code == Exit.CRIT and "BAD_NOTE" in verdict.text()
    assert import_note(home, (tmp_path / "none.csv",), kept.day.day, "tester").exit_code == Exit.CRIT
    assert not home.closes.exists() and not home.desk.exists()


@pytest.mark.parametrize("again", ["away", "partly"])
def test_a_second_reading_that_tells_less_takes_no_break_back(
    kept: Any, home: Home, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    account = kept.account
    del account.trades.value[7]
    read = BrokerRead(
        day=kept.day.day.isoformat(), profile="sim", as_of_ns=FOUR_NS, account=account, charges=kept.notes
    )
    first = BothSides(ours=kept.ours, read=read, source=BROKER, answers=encoded(read), sha256="")
    nothing = msgspec.structs.replace(
        account, trades=Read(started_ns=0, ended_ns=0, failure=Failure(Why.THROTTLED, ""))
    )
    partly = msgspec.structs.replace(first, read=msgspec.structs.replace(read, account=nothing))
    told = [first]

    def sides(*asked: Any, **how: Any) -> BothSides:
        if told:
            return told.pop()
        if again == "partly":
            return partly
        raise NoBroker("BROKER_UNREACHABLE", "the broker tells nothing")

    monkeypatch.setattr(broker_side, "both_sides", sides)
    monkeypatch.setattr(ops_reconcile, "AGAIN_S", 0.0)
    verdict = reconcile(home, kept.day.day, False, "tester")
    assert (verdict.word, verdict.exit_code) == ("BREAKS", Exit.CRIT) and len(incidents(home)) == 1


def test_a_later_reading_that_tells_less_does_not_replace_the_answers_that_told_all(
    kept: Any, answered: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (close_folder(answered, kept.day.day) / READ_FILE).read_bytes()
    account = msgspec.structs.replace(
        kept.account, trades=Read(started_ns=0, ended_ns=0, failure=Failure(Why.THROTTLED, ""))
    )
    read = BrokerRead(
        day=kept.day.day.isoformat(), profile="sim", as_of_ns=FOUR_NS, account=account, charges=kept.notes
    )
    text = encoded(read)
    sides = BothSides(ours=kept.ours, read=read, source=BROKER, answers=text, sha256=hashlib.sha256(text).hexdigest())
    monkeypatch.setattr(broker_side, "both_sides", lambda *asked, **how: sides)
    assert reconcile(answered, kept.day.day, False, "tester").exit_code == Exit.UNKNOWN
    assert (close_folder(answered, kept.day.day) / READ_FILE).read_bytes() == whole
    monkeypatch.undo()
    assert again(kept, answered).word == "RECONCILED"
