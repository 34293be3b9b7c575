"""A step of the close that is killed accuses nobody: what it was about to write is in the desk's record before it."""

from pathlib import Path

import pytest

from harness.closing_desk import FOUR_NS, Step
from harness.killed_step import LATER_NS, STEPS, homes_killed
from harness.order_story import DAY
from tarazu.app.closing.rolling.archives import changed_archives
from tarazu.app.closing.rolling.logs import logs_folder
from tarazu.app.closing.steps import ORDER, open_because, out_of_order
from tarazu.app.closing.whole import close_folder
from tarazu.app.data.archive import archive_folder
from tarazu.app.day_audit.evidence.artefacts import archive_findings, artefact_findings, artefacts
from tarazu.app.day_audit.evidence.desk import about_day
from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.home import Home
from tarazu.app.verdict import Status
from tarazu.runtime.desk_record import DeskKind
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind

KINDS = {"export": DeskKind.EXPORTED, "rollup": DeskKind.ROLLED_UP, "audit": DeskKind.AUDITED}


def found(home: Home) -> list[Finding]:
    about = about_day(home, DAY)
    return [*artefact_findings(home, DAY, artefacts(home, DAY, about), about), *archive_findings(home, DAY, about)]


def done_before(home: Home, step: str) -> None:
    """Once, whole; and then something has changed, so that the next one writes other bytes."""
    master = home.masters.rename(home.root / "away") if step == "export" else None
    home.logs.mkdir(exist_ok=True)
    (home.logs / "main.log").write_bytes(b"09:15:00 ready\n")
    STEPS[step](home)
    assert found(home) == []
    if master is not None:
        master.rename(home.masters)
    (home.logs / "main.log").write_bytes(b"09:15:00 ready\n15:30:00 over\n")
    log = FeedLog.open(home.feed, DAY)
    log.append(Kind.TEXT, 0, b"one more", FOUR_NS, FOUR_NS)
    log.close()


@pytest.mark.parametrize("step", KINDS)
def test_a_step_that_is_killed_at_any_moment_has_altered_nothing_and_done_again_it_is_whole(
    traded: Home, tmp_path: Path, step: str
) -> None:
    done_before(traded, step)
    killed = homes_killed(step, traded, tmp_path / "killed")
    assert len(killed) >= 4, "a line, its files, and the line that it is done"
    told = [one for home in killed for one in found(home)]
    assert {(one.code, one.status) for one in told} == {(Code.ARTEFACT_UNFINISHED, Status.WARN)}
    for home in killed:
        STEPS[step](home)
        assert found(home) == [] and changed_archives(home, DAY) == []


@pytest.mark.parametrize("step", KINDS)
def test_what_is_altered_after_a_step_was_killed_is_altered(traded: Home, tmp_path: Path, step: str) -> None:
    done_before(traded, step)
    for home in homes_killed(step, traded, tmp_path / "killed"):
        folders = (close_folder(home, DAY), archive_folder(home, DAY), logs_folder(home, DAY))
        named = [
            p for f in folders if f.is_dir() for p in f.iterdir() if p.name[0] != "." and p.name != "manifest.json"
        ]
        for path in named:
            path.write_bytes(path.read_bytes() + b" ")
        told = found(home)
        assert [one.status for one in told if one.code == Code.ARTEFACT_CHANGED] == [Status.CRIT] * len(named) != []


def test_the_day_is_not_closed_over_a_step_that_was_cut_off(traded: Home, tmp_path: Path, step: Step) -> None:
    for kind in ORDER:
        step(traded, kind)
    done_before(traded, "export")
    *_, last = homes_killed("export", traded, tmp_path / "killed")
    check = out_of_order(last, DAY, DeskKind.ROLLED_UP)
    assert check is not None and "export trades was cut off" in check.detail
    assert check.hint == f"tarazu export trades --date {DAY}"
    assert any("export trades was cut off" in why for why in open_because(last, DAY, FOUR_NS))
    STEPS["export"](last)
    step(last, DeskKind.ROLLED_UP, now_ns=LATER_NS)
    assert open_because(last, DAY, LATER_NS) == []
