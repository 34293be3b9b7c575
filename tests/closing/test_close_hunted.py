"""What a close must not lose, and what it must not count: a hostile reader's days."""

import gzip
import shutil

from harness.closing_desk import FOUR_NS, Step
from harness.order_story import DAY
from tarazu.app.closing.rolling.frames import drop
from tarazu.app.closing.rolling.logs import changed_logs, logs_folder
from tarazu.app.closing.rolling.roll_up import roll_up
from tarazu.app.closing.steps import ORDER, step_done
from tarazu.app.data.archive import archive_folder, read_manifest
from tarazu.app.data.steps import steps
from tarazu.app.home import Home
from tarazu.app.verdict import Verdict
from tarazu.model.units import HOUR_NS
from tarazu.runtime.desk_record import DeskKind
from tarazu.runtime.segment import day_folder, segment_path, segments


def rolled(home: Home, now_ns: int = FOUR_NS) -> Verdict:
    return roll_up(home, DAY, 30, "tester", steps(), now_ns)


def kept_texts(home: Home) -> dict[str, bytes]:
    return {path.name: gzip.decompress(path.read_bytes()) for path in logs_folder(home, DAY).glob("*.log*.gz")}


def test_logs_that_rotation_has_taken_since_stay_in_the_days_archive(traded: Home) -> None:
    traded.logs.mkdir(exist_ok=True)
    log = traded.logs / "main.log"
    log.write_bytes(b"of the day\n")
    rolled(traded)
    log.write_bytes(b"of the day\nand on\n")
    rolled(traded)
    assert kept_texts(traded) == {"main.log.gz": b"of the day\nand on\n"}, "what only grew is there once"
    log.write_bytes(b"of ten days later\n")
    for _ in range(2):
        verdict = rolled(traded, FOUR_NS + 240 * HOUR_NS)
        assert sorted(kept_texts(traded).values()) == [b"of ten days later\n", b"of the day\nand on\n"]
    assert changed_logs(logs_folder(traded, DAY)) == [] and "ARCHIVE_CHANGED" not in verdict.text()
    log.unlink()
    rolled(traded, FOUR_NS + 480 * HOUR_NS)
    assert len(kept_texts(traded)) == 2


def test_an_archive_is_never_replaced_by_one_with_fewer_frames(traded: Home) -> None:
    rolled(traded)
    folder = day_folder(traded.feed, DAY)
    path = segment_path(folder, segments(folder)[-1])
    raw = path.read_bytes()
    half = len(raw.rstrip(b"\0")) // 2
    path.write_bytes(raw[:half] + bytes(len(raw) - half))
    verdict = rolled(traded)
    manifest = read_manifest(archive_folder(traded, DAY))
    assert manifest is not None and manifest.frames == 60
    assert verdict.exit_code == 2 and "NOT_PROVEN" in verdict.text() and "and the log ends at 29" in verdict.text()


def test_frames_go_in_one_moment_and_what_a_crash_left_of_others_goes_with_them(traded: Home) -> None:
    rolled(traded)
    left = traded.feed / ".2026-11-20.gone"
    shutil.copytree(day_folder(traded.feed, DAY), left)
    assert drop(traded, DAY, lambda done, total: None).kept_why == ""
    assert list(traded.feed.iterdir()) == []


def test_a_reconciliation_of_before_the_close_closes_no_day(traded: Home, step: Step) -> None:
    step(traded, DeskKind.RECONCILED, now_ns=FOUR_NS - 4 * HOUR_NS)
    for kind in list(ORDER)[1:-1]:
        step(traded, kind)
    verdict = rolled(traded)
    assert "not closed: reconcile done before the close" in verdict.text()
    assert step_done(traded, DAY, DeskKind.CLOSED) is None
    for kind in list(ORDER)[:-1]:
        step(traded, kind)
    assert rolled(traded).facts["closed"]
