"""A step of a day's close is done by one process at a time: a word of what is written is followed by its own entry."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.closing_desk import FOUR_NS
from harness.killed_step import STEPS
from harness.order_story import DAY
from tarazu.app.closing import alone, written
from tarazu.app.closing.alone import step_alone
from tarazu.app.closing.rolling.roll_up import roll_up
from tarazu.app.closing.standing import standing_of
from tarazu.app.data.steps import steps
from tarazu.app.home import Home
from tarazu.app.reconcile.breaks import Reconciliation
from tarazu.app.reconcile.kept import keep
from tarazu.app.reconcile.note import kept as note_kept
from tarazu.app.reconcile.note.contract_note import ContractNote
from tarazu.app.trade_log.exporting import export_day
from tarazu.app.trade_log.formats import Format
from tarazu.app.verdict import Verdict
from tarazu.ops.close_import_note import import_note
from tarazu.runtime.desk_record import DeskKind, entries


def rolled(home: Home) -> Verdict:
    return roll_up(home, DAY, 30, "tester", steps(), FOUR_NS)


def exported(home: Home) -> Verdict:
    return export_day(home, DAY, [Format.CSV], "tester", steps(), FOUR_NS)


def reconciled(home: Home) -> None:
    result = Reconciliation(day=str(DAY), profile="sim", as_of_ns=FOUR_NS, standing=standing_of(home, DAY), compared=())
    keep(home, DAY, result, b"{}", verdict="RECONCILED", exit_code=0, who="tester", now_ns=FOUR_NS)


def note_taken_in(home: Home) -> None:
    note = ContractNote(day=str(DAY), sha256="a" * 64, files=(), fills=(), charges=())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(note_kept, "read_note", lambda paths, day: note)
        import_note(home, (), DAY, "tester")


DOING: dict[DeskKind, Callable[[Home], Any]] = {
    DeskKind.RECONCILED: reconciled,
    DeskKind.AUDITED: STEPS["audit"],
    DeskKind.EXPORTED: exported,
    DeskKind.ROLLED_UP: rolled,
    DeskKind.CONTRACT_NOTE: note_taken_in,
}


@pytest.mark.parametrize("kind", DOING)
def test_while_a_step_writes_no_second_one_of_its_kind_has_a_word(
    traded: Home, monkeypatch: pytest.MonkeyPatch, at_four: Callable[[Home], None], kind: DeskKind
) -> None:
    at_four(traded)
    monkeypatch.setattr(alone, "PATIENCE_S", 0.0)
    real, again = written.write_whole, [DOING[kind]]

    def meanwhile(path: Path, text: bytes) -> str:
        while again:
            try:
                again.pop()(traded)
            except OSError as held:
                assert "held by another process" in str(held)
        return real(path, text)

    monkeypatch.setattr(written, "write_whole", meanwhile)
    DOING[kind](traded)
    assert not again, "the second one was begun"
    told = [(one.kind, one.body.get("step")) for one in entries(traded.desk, DAY)]
    assert [one for one in told if one == (kind, None)] == [(kind, None)]
    words = [n for n, one in enumerate(told) if one == (DeskKind.WRITING, str(kind))]
    assert words and max(words) < told.index((kind, None))
    assert len(words) == (3 if kind is DeskKind.ROLLED_UP else 1), "files; and of a rollup logs and frames"


@pytest.mark.parametrize(("kind", "do"), [(DeskKind.ROLLED_UP, rolled), (DeskKind.EXPORTED, exported)])
def test_a_second_one_is_refused_and_does_nothing(traded: Home, kind: DeskKind, do: Callable[[Home], Verdict]) -> None:
    with step_alone(traded, DAY, kind):
        there = sorted(traded.root.rglob("*"))
        verdict = do(traded)
        assert (verdict.word, int(verdict.exit_code)) == ("REFUSED", 4)
        assert [check.code for check in verdict.checks] == ["BUSY"] and "another process" in verdict.text()
        assert sorted(traded.root.rglob("*")) == there
    assert do(traded).exit_code in (0, 1)
