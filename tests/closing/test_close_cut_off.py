"""A step of the close that is killed accuses nobody: what it was about to write is in the desk's record before it."""

import gzip
import shutil
from collections.abc import Callable
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
from tarazu.app.reconcile.note import kept as note_kept
from tarazu.app.reconcile.note.contract_note import ContractNote
from tarazu.app.verdict import Status
from tarazu.ops.close_import_note import import_note
from tarazu.runtime.desk_record import DeskKind
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.put_folder import where_it_is
from tarazu.runtime.segment import Kind

KINDS = {"export": DeskKind.EXPORTED, "rollup": DeskKind.ROLLED_UP, "audit": DeskKind.AUDITED}
MORNING = b"09:15:00 ready\n"


def found(home: Home) -> list[Finding]:
    about = about_day(home, DAY)
    return [*artefact_findings(home, DAY, artefacts(home, DAY, about), about), *archive_findings(home, DAY, about)]


def done_before(home: Home, step: str) -> None:
    """Once, whole; and then something has changed, so that the next one writes other bytes."""
    master = home.masters.rename(home.root / "away") if step == "export" else None
    home.logs.mkdir(exist_ok=True)
    (home.logs / "main.log").write_bytes(MORNING)
    STEPS[step](home)
    assert found(home) == []
    if master is not None:
        master.rename(home.masters)
    (home.logs / "main.log").write_bytes(MORNING + b"15:30:00 over\n")
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
    of_others = set() if step == "audit" else {(Code.ARTEFACT_UNFINISHED, Status.WARN)}
    assert {(one.code, one.status) for one in told} == of_others, "an audit that is done again says nothing of itself"
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


def archived_texts(home: Home) -> list[bytes]:
    return [gzip.decompress(path.read_bytes()) for path in sorted(logs_folder(home, DAY).glob("*.gz"))]


def left_beside(home: Home) -> list[Path]:
    """What an archive's folder was being made in, or was before."""
    return [path for folder in (home.archive, home.archive / "logs") for path in folder.glob(f".{DAY}*")]


def test_no_kill_loses_a_log_whose_only_copy_is_the_days_earlier_archive(traded: Home, tmp_path: Path) -> None:
    done_before(traded, "rollup")
    (traded.logs / "main.log").write_bytes(b"15:30:00 over\n")
    for home in homes_killed("rollup", traded, tmp_path / "killed"):
        assert changed_archives(home, DAY) == []
        STEPS["rollup"](home)
        assert MORNING in archived_texts(home) and changed_archives(home, DAY) == []
        assert left_beside(home) == []


def test_no_kill_excuses_an_archive_that_somebody_takes_away(traded: Home, tmp_path: Path) -> None:
    done_before(traded, "rollup")
    for home in homes_killed("rollup", traded, tmp_path / "killed"):
        logs, frames = logs_folder(home, DAY), archive_folder(home, DAY)
        shutil.rmtree(where_it_is(logs))
        assert f"archive/logs/{DAY}/main.log.gz" in changed_archives(home, DAY)
        shutil.rmtree(where_it_is(frames))
        assert f"archive/{DAY}/frames.parquet" in changed_archives(home, DAY)


def test_what_a_kill_left_of_an_archive_is_held_against_the_record_too(traded: Home, tmp_path: Path) -> None:
    done_before(traded, "rollup")
    killed = homes_killed("rollup", traded, tmp_path / "killed")
    away = [home for home in killed if not logs_folder(home, DAY).exists()]
    assert len(away) == 1, "between the two renames"
    path = where_it_is(logs_folder(away[0], DAY)) / "main.log.gz"
    path.write_bytes(path.read_bytes() + b" ")
    assert changed_archives(away[0], DAY) == [f"archive/logs/{DAY}/main.log.gz"]


def test_a_log_that_has_another_name_when_a_rollup_is_killed_is_not_missed(traded: Home, tmp_path: Path) -> None:
    done_before(traded, "rollup")
    (traded.logs / "main.log").rename(traded.logs / "main.log.1")
    for home in homes_killed("rollup", traded, tmp_path / "killed"):
        assert {one.code for one in found(home)} <= {Code.ARTEFACT_UNFINISHED}
        assert changed_archives(home, DAY) == []


def test_an_archive_is_of_one_rollup_and_not_a_mixture_of_two(traded: Home, tmp_path: Path) -> None:
    done_before(traded, "rollup")
    earlier = (logs_folder(traded, DAY) / "main.log.gz").read_bytes()
    *_, last = homes_killed("rollup", traded, tmp_path / "killed")
    assert changed_archives(last, DAY) == []
    (logs_folder(last, DAY) / "main.log.gz").write_bytes(earlier)
    assert len(changed_archives(last, DAY)) == 1


def test_the_day_is_not_closed_over_a_contract_note_that_was_cut_off(
    traded: Home, at_four: Callable[[Home], None], step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_four(traded)
    one, other = (ContractNote(day=str(DAY), sha256=n * 64, files=(), fills=(), charges=()) for n in "ab")
    monkeypatch.setattr(note_kept, "read_note", lambda paths, day: one)
    assert import_note(traded, (), DAY, "tester").word == "TAKEN_IN"
    for kind in ORDER:
        step(traded, kind)
    assert open_because(traded, DAY, FOUR_NS) == []
    note_kept.keep_note(traded, DAY, other, "tester", FOUR_NS)
    wrong = "reconcile is without a contract note whose import was cut off"
    assert open_because(traded, DAY, FOUR_NS) == [wrong]
    check = out_of_order(traded, DAY, DeskKind.AUDITED)
    assert check is not None and (check.detail, check.hint) == (wrong, f"tarazu close import-note FILE --date {DAY}")
    assert import_note(traded, (), DAY, "tester").word == "TAKEN_IN", "the first one again, which is over then"
    assert open_because(traded, DAY, FOUR_NS) == []
