"""Sections 5 and 6 as RUNBOOK_LIVE.md has them: its own command lines, in its order, on a desk that has traded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.runbook_desk import Desk, sections
from tarazu.app.drills.place import drill_home
from tarazu.app.flags.store import active_flags, note_known_good
from tarazu.app.incidents.moment import desk_now_ns
from tarazu.app.runbook.runs.record import runs
from tarazu.runtime.desk_record import DeskKind, whole

CLOSE = (DeskKind.RECONCILED, DeskKind.AUDITED, DeskKind.BACKED_UP, DeskKind.EXPORTED, DeskKind.ROLLED_UP)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with drill_home(tmp_path) as home:
        yield Desk(home)


def steps_of(desk: Desk) -> list[DeskKind]:
    return [entry.kind for entry in whole(desk.home.desk) if entry.kind in CLOSE]


@pytest.mark.timeout(1800)
def test_sections_5_and_6_are_done_in_order_by_the_documents_own_lines(desk: Desk) -> None:
    start = sections()["2"][0]
    reconcile, audit, backup, export, rollup = sections()["5"]
    flags, model, reset = sections()["6"]
    assert desk.type(start)[0] in (0, 1)
    tag = desk.hold()
    code, out = desk.tarazu("flatten", "--live", "--yes", "--reason", "the day is over")
    assert code == 0, out

    # 5) End-of-day, on a stack that runs on. Out of turn a step says so.
    code, out = desk.type(rollup)
    assert code == 1 and "OUT_OF_ORDER: reconcile not done; audit daily not done" in out
    assert desk.until(reconcile, 0, 1).startswith("RECONCILED")
    desk.until(audit, 0, 1)
    assert "restore-verified" in desk.until(backup, 0, 1)
    desk.until(export, 0, 1)
    out = desk.until(rollup, 0, 1)
    assert "OUT_OF_ORDER" not in out
    assert "not closed: the market is open until 15:40" in out, "the drills' day begins at ten"
    (folder,) = desk.home.closes.iterdir()
    made = {path.name for path in folder.iterdir()}
    assert {"reconciliation.json", "audit.json", "audit.html", "trades.csv", "rollup.json"} <= made
    assert tag in (folder / "trades.csv").read_text()

    # The same by `runbook run`, once more: done twice it is done.
    code, out = desk.tarazu("runbook", "run", "eod", "--auto")
    assert code in (0, 1), out
    told = runs(desk.home)[-1]
    assert [done.step for done in told.steps] == ["reconcile", "audit", "backup", "export", "rollup"]
    assert steps_of(desk)[-5:] == list(CLOSE)

    # 6) Rollback procedures. A closed day notes the flags that a rollback goes back to; this one is not over.
    note_known_good(desk.home, desk_now_ns(desk.home), "the close")
    code, out = desk.tarazu("flags", "set", "entries=off", "--reason", "a change")
    assert code == 0, out
    assert not active_flags(desk.home.flags).flags.entries
    code, out = desk.type(flags)
    assert code == 0 and out.startswith("ROLLED_BACK"), out
    assert active_flags(desk.home.flags).flags.entries
    code, out = desk.type(model)
    assert code == 4 and "xgb" in out, "there is no model to go back from"
    code, out = desk.type(reset)
    assert code == 4, "not without a reason and an incident"
    assert list(whole(desk.home.desk)), "the desk's record is one chain"
