"""The rollup: the day counted, its logs and frames kept and read back, old frames gone only when they are safe."""

import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

import pytest

from harness.closing_desk import FOUR_NS, Step
from harness.order_story import DAY
from tarazu.app.closing.rolling.archives import changed_archives
from tarazu.app.closing.rolling.frames import drop, due
from tarazu.app.closing.rolling.logs import changed_logs, keep_logs, logs_folder
from tarazu.app.closing.rolling.roll_up import roll_up
from tarazu.app.closing.steps import ORDER, step_done
from tarazu.app.closing.trading_day import still_open
from tarazu.app.closing.whole import close_folder
from tarazu.app.data.archive import archive_folder
from tarazu.app.data.archiving import restore_day
from tarazu.app.data.steps import steps
from tarazu.app.day_audit.evidence.artefacts import archive_findings
from tarazu.app.day_audit.finding import Code
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Status, Verdict
from tarazu.model import ist
from tarazu.model.units import HOUR_NS, SECOND_NS
from tarazu.ops import rollup
from tarazu.runtime.desk_record import DeskKind, entries
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind, segment_path, segments
from tarazu.runtime.segment import day_folder as feed_folder


def rolled(home: Home, keep_days: int = 30, now_ns: int = FOUR_NS) -> Verdict:
    return roll_up(home, DAY, keep_days, "tester", steps(), now_ns)


def codes(verdict: Verdict) -> list[str]:
    return [check.code for check in verdict.checks]


def before(home: Home, step: Step) -> None:
    for kind in list(ORDER)[:-1]:
        step(home, kind)


def nothing(done: int, total: int) -> None:
    pass


def test_the_last_step_closes_the_day(traded: Home, step: Step) -> None:
    before(traded, step)
    verdict = rolled(traded)
    assert verdict.exit_code == 0 and verdict.word == "DONE", verdict.text()
    assert "day        CLOSED, by tester" in verdict.text() and verdict.facts["closed"]
    assert step_done(traded, DAY, DeskKind.CLOSED) is not None
    assert rolled(traded).facts["closed"], "twice is as good as once"


def test_a_day_is_not_closed_while_its_market_is_open(traded: Home, step: Step) -> None:
    before(traded, step)
    at_noon = rolled(traded, now_ns=FOUR_NS - 4 * HOUR_NS)
    assert "not closed: the market is open until 15:40" in at_noon.text()
    assert step_done(traded, DAY, DeskKind.CLOSED) is None
    assert rolled(traded).facts["closed"]


@pytest.mark.parametrize(("pace", "seconds"), [("short", 126), ("brief", 79)])
def test_a_day_that_a_simulated_broker_plays_shorter_ends_by_its_own_timetable(
    tmp_path: Path, pace: str, seconds: int
) -> None:
    home = Home(Profile.SIM, tmp_path)
    home.settings_file.write_text(f'[sim]\nsession = "{pace}"\n')
    nine_ns = ist.at_ns(DAY, time(9))
    assert still_open(home, DAY, nine_ns + (seconds - 1) * SECOND_NS).startswith("the market is open until 09:0")
    assert not still_open(home, DAY, nine_ns + seconds * SECOND_NS)
    home.settings_file.write_text("")
    assert still_open(home, DAY, nine_ns + seconds * SECOND_NS) == "the market is open until 15:40"


def test_out_of_order_it_does_its_part_and_says_why_the_day_is_open(traded: Home) -> None:
    verdict = rolled(traded)
    assert verdict.exit_code == 1 and codes(verdict) == ["OUT_OF_ORDER"]
    assert "not closed: reconcile not done; audit daily not done" in verdict.text()
    assert (close_folder(traded, DAY) / "rollup.json").exists()
    assert step_done(traded, DAY, DeskKind.CLOSED) is None


def test_the_statistics_are_the_days(traded: Home) -> None:
    rolled(traded)
    told = json.loads((close_folder(traded, DAY) / "rollup.json").read_bytes())
    day = told["statistics"]
    assert (told["schema"], told["day"], day["entries"]) == ("tarazu.rollup/1", "2026-11-23", 94)
    assert sum(day["by_kind"].values()) == 94 and day["by_kind"]["Answered"] == day["sent"] == 7
    assert day["traded"] == day["by_strategy"]["taker"]
    assert (day["traded"]["executions"], day["traded"]["gross_paise"]) == (7, 5_250)
    assert day["answer"]["count"] == 7 and day["answer"]["p50_ms"] == 50.0
    assert told["manifest"]["frames"] == 60 and told["standing"]["entries"] == 94


def test_logs_are_kept_compressed_with_checksums_and_read_back(traded: Home) -> None:
    traded.logs.mkdir(exist_ok=True)
    text = b"09:15:00 ready\n" * 5_000
    (traded.logs / "main.log").write_bytes(text)
    kept = keep_logs(traded, DAY, FOUR_NS, nothing)
    folder = logs_folder(traded, DAY)
    assert [file.name for file in kept.files] == ["main.log"] and kept.files[0].gz_bytes * 20 < len(text)
    packed = (folder / "main.log.gz").read_bytes()
    assert gzip.decompress(packed) == text == (traded.logs / "main.log").read_bytes()
    assert kept.files[0].gz_sha256 == hashlib.sha256(packed).hexdigest() and changed_logs(folder) == []
    (folder / "main.log.gz").write_bytes(packed[:40] + bytes([packed[40] ^ 1]) + packed[41:])
    assert changed_logs(folder) == ["main.log"]
    (folder / "manifest.json").unlink()
    assert changed_logs(folder) == ["manifest.json"]


def test_the_archives_hashes_are_in_the_desks_record(traded: Home) -> None:
    rolled(traded)
    entry = step_done(traded, DAY, DeskKind.ROLLED_UP)
    assert entry is not None
    frames = archive_folder(traded, DAY) / "frames.parquet"
    assert entry.body["frames"]["frames.parquet"] == hashlib.sha256(frames.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["archive/2026-11-23/frames.parquet", "archive/logs/2026-11-23/main.log.gz"])
@pytest.mark.parametrize("is_gone", [False, True])
def test_an_archive_that_was_altered_or_taken_away_is_named(traded: Home, name: str, is_gone: bool) -> None:
    traded.logs.mkdir(exist_ok=True)
    (traded.logs / "main.log").write_bytes(b"09:15:00 ready\n")
    rolled(traded)
    assert changed_archives(traded, DAY) == []
    path = traded.root / name
    raw = path.read_bytes()
    path.unlink() if is_gone else path.write_bytes(raw[:30] + bytes([raw[30] ^ 1]) + raw[31:])
    assert changed_archives(traded, DAY) == [name]
    (told,) = archive_findings(traded, DAY, entries(traded.desk, DAY))
    assert (told.code, told.status, told.about) == (Code.ARTEFACT_CHANGED, Status.CRIT, name), "the audit names it, too"
    verdict = rolled(traded)
    (found,) = [check for check in verdict.checks if check.code == "ARCHIVE_CHANGED"]
    assert verdict.exit_code == 2 and name in found.detail
    assert "ARCHIVE_CHANGED" not in codes(rolled(traded)), "it was made again, and the desk's record has both"


def test_an_altered_archive_of_frames_that_are_gone_is_not_taken_for_the_day(traded: Home) -> None:
    rolled(traded)
    assert drop(traded, DAY, nothing).kept_why == ""
    path = archive_folder(traded, DAY) / "frames.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    for _ in range(2):
        verdict = rolled(traded)
        assert verdict.exit_code == 2 and {"ARCHIVE_CHANGED", "NOT_PROVEN"} & set(codes(verdict)), verdict.text()


def test_a_feed_that_is_being_recorded_is_archived_so_far(traded: Home) -> None:
    log = FeedLog.open(traded.feed, DAY)
    try:
        verdict = rolled(traded)
    finally:
        log.close()
    assert verdict.exit_code == 1 and "SO_FAR" in codes(verdict)
    assert "SO_FAR" not in codes(rolled(traded)), "done again once it is closed, it is whole"


def test_a_damaged_feed_log_is_told(traded: Home) -> None:
    path = segment_path(feed_folder(traded.feed, DAY), 1)
    raw = bytearray(path.read_bytes())
    raw[64 + 60] ^= 0xFF
    path.write_bytes(raw)
    assert "FRAMES_LOST" in codes(rolled(traded))


def test_a_plan_writes_nothing(
    traded: Home, at_four: Callable[[Home], None], capsys: pytest.CaptureFixture[str]
) -> None:
    at_four(traded)
    there = sorted(traded.root.rglob("*"))
    code = rollup.command.main(["--dry-run"], standalone_mode=False)
    out = capsys.readouterr().out
    assert code == 1 and out.startswith("PLAN  SIM  2026-11-23: nothing was written")
    assert sorted(traded.root.rglob("*")) == there


def test_a_holiday_and_a_day_without_a_journal(empty: Home) -> None:
    verdict = rolled(empty)
    assert verdict.exit_code == 1 and codes(verdict) == ["OUT_OF_ORDER", "NO_JOURNAL"]
    assert verdict.summary == "2026-11-23: nothing is journalled of that day"


# Frames that go.


def test_old_frames_go_once_their_archive_was_held_against_them_and_come_back(traded: Home) -> None:
    rolled(traded)
    folder = feed_folder(traded.feed, DAY)
    assert due(traded, DAY + timedelta(days=30), 30) == [] and due(traded, DAY + timedelta(days=31), 30) == [DAY]
    gone = drop(traded, DAY, nothing)
    assert (gone.kept_why, gone.bytes > 0) == ("", True) and not folder.exists()
    assert due(traded, DAY + timedelta(days=31), 30) == []
    assert restore_day(traded, DAY, None, None, steps(), FOUR_NS).word == "DONE"
    assert drop(traded, DAY, nothing).kept_why == "", "they are the archive's, row for row"


def test_frames_without_a_whole_archive_stay(traded: Home) -> None:
    assert drop(traded, DAY, nothing).kept_why == "it has no whole archive: tarazu data convert"
    rolled(traded)
    frames = archive_folder(traded, DAY) / "frames.parquet"
    frames.write_bytes(frames.read_bytes()[:-1] + b"\0")
    assert drop(traded, DAY, nothing).kept_why == "its archive was changed: frames.parquet"
    assert segments(feed_folder(traded.feed, DAY))


def test_frames_that_came_after_their_archive_stay(traded: Home) -> None:
    rolled(traded)
    log = FeedLog.open(traded.feed, DAY)
    assert drop(traded, DAY, nothing).kept_why == "it is being written"
    log.append(Kind.TEXT, 0, b"one more", FOUR_NS, FOUR_NS)
    log.close()
    assert drop(traded, DAY, nothing).kept_why == "its archive has frames to 60, its log to 61"


def test_frames_that_are_not_those_of_their_archive_stay(traded: Home) -> None:
    """An archive whole by its own checksums, of other frames than the log's."""
    rolled(traded)
    folder = feed_folder(traded.feed, DAY)
    for number in segments(folder):
        segment_path(folder, number).unlink()
    log = FeedLog.open(traded.feed, DAY)
    for n in range(60):
        log.append(Kind.TEXT, 0, b"another %d" % n, FOUR_NS + n, n)
    log.close()
    assert drop(traded, DAY, nothing).kept_why == "its archive is another among the frames 1 to 60"
    assert segments(folder)
