"""`tarazu feed history`: the events of a day from a real feed log, and what they come to."""

import json
from datetime import date, time
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.feed_diary import DAY, at, diary
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Verdict
from tarazu.market.feed_events import FeedState
from tarazu.ops.feed_history import command, feed_history
from tarazu.runtime.segment import Kind, segment_path

NOW = at("16:00:00")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.SIM, tmp_path / "sim")


def told(
    home: Home, day: date | None = None, since: str | None = None, feed: str | None = None, types: tuple[str, ...] = ()
) -> Verdict:
    at_time = None if since is None else time.fromisoformat(since)
    return feed_history(home, day, at_time, feed, frozenset(types), NOW)


def write_a_day(home: Home) -> None:
    with diary(home) as log:
        log.start("09:15:00")
        log.recover("options", "09:15:01", was=FeedState.UNKNOWN)
        log.ticks("09:15:01", 2_600_000, 10_000, 9_000)
        log.stale("options", "10:47:20")
        log.connected("10:47:25")
        log.recover("options", "10:47:44")
        log.stale("index", "11:00:00")


def test_a_day_is_told_event_by_event_in_ist(home: Home) -> None:
    write_a_day(home)
    lines = told(home).text().splitlines()
    assert lines[0] == "OK  SIM  feed of 2026-11-23: 8 of 8 events  Mon 2026-11-23 16:00:00 IST (epoch 1795429800.0)"
    assert lines[5] == (
        "10:47:20.000  FEED_STALE        options is STALE (required): PARTIAL_MUTE, lag 3.00 s, limit 2.50 s, "
        "last good 10:47:17, 2 of 3 instruments: NFO:NIFTY26NOV26000CE, NFO:NIFTY26NOV26000PE"
    )
    assert lines[7] == (
        "10:47:44.000  FEED_RECOVER      options is FRESH again, 10 s after its last good data (PARTIAL_MUTE)"
    )
    assert lines[-1] == "exit 0"


def test_the_summary_counts_stales_recoveries_and_reconnects(home: Home) -> None:
    write_a_day(home)
    answer = told(home)
    assert [line.split() for line in answer.tail[1:3]] == [
        ["options", "1", "1", "24", "s", "0"],
        ["index", "1", "0", "-", "1,", "since", "11:00:00"],
    ]
    assert answer.tail[-1] == "depth_ws started 1 times, 1 reconnects"
    assert json.loads(answer.json())["totals"]["feeds"]["options"]["mean_time_to_recover_sec"] == 24.0


def test_two_stales_without_a_recovery_between_them_are_two_unrecovered(home: Home) -> None:
    with diary(home) as log:
        log.start("09:15:00")
        log.stale("options", "10:00:00")
        log.start("10:00:30")
        log.stale("options", "10:01:00")
        assert told(home).facts["totals"]["feeds"]["options"]["unrecovered"] == 2
        log.recover("options", "10:02:00", was=FeedState.UNKNOWN)
    totals = told(home).facts["totals"]
    assert totals["feeds"]["options"]["unrecovered"] == 0
    assert totals["feeds"]["options"]["mean_time_to_recover_sec"] == 120.0, "from the first of them"
    assert totals["reconnects"] == 0, "another process's first connections are no reconnects"


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"since": "10:47:25"}, ["CONNECTED", "FEED_RECOVER", "FEED_STALE"]),
        ({"feed": "options"}, ["FEED_RECOVER", "FEED_STALE", "FEED_RECOVER"]),
        ({"types": ("CONNECTED", "FEED_STARTED")}, ["FEED_STARTED", "CONNECTED", "CONNECTED"]),
        ({"feed": "options", "types": ("FEED_STALE",)}, ["FEED_STALE"]),
    ],
)
def test_what_is_asked_for_is_shown_and_the_summary_stays_that_of_the_day(
    home: Home, asked: dict[str, object], shown: list[str]
) -> None:
    write_a_day(home)
    answer = told(home, **asked)  # type: ignore[arg-type]
    assert [event["type"] for event in answer.facts["events"]] == shown
    assert answer.facts["totals"]["feeds"]["options"]["stales"] == 1


def test_the_latest_day_is_told_unless_another_is_asked_for(home: Home) -> None:
    write_a_day(home)
    with diary(home, date(2026, 11, 20)) as log:
        log.start("09:15:00")
    assert told(home).facts["day"] == DAY
    assert told(home, day=date(2026, 11, 20)).facts["day"] == date(2026, 11, 20)


def test_a_day_nobody_recorded_is_unknown_and_says_which_there_are(home: Home) -> None:
    assert told(home).exit_code == 3
    write_a_day(home)
    missing = told(home, day=date(2026, 11, 22))
    assert missing.exit_code == 3
    assert "no feed log of 2026-11-22" in missing.text() and "there are: 2026-11-23" in missing.text()


def test_a_damaged_place_is_told_and_what_is_around_it_is_read(home: Home) -> None:
    write_a_day(home)
    segment = segment_path(home.feed / DAY.isoformat(), 1)
    octets = bytearray(segment.read_bytes())
    octets[octets.index(b'"FEED_RECOVER"')] ^= 1
    segment.write_bytes(octets)
    answer = told(home)
    assert answer.exit_code == 1
    assert "FEED_LOG_DAMAGED: CORRUPT at segment 1 offset" in answer.text() and "frame 4, 1 lost" in answer.text()
    assert len(answer.facts["events"]) == 7


def test_an_event_of_another_version_is_told_and_passed_over(home: Home) -> None:
    with diary(home) as log:
        log.start("09:15:00")
        log.raw(Kind.EVENT, b'{"type":"FEED_DREAMT","ts_ns":1}', "09:16:00")
        log.recover("index", "09:16:01")
    answer = told(home)
    assert answer.exit_code == 1
    assert "UNREADABLE_EVENT: frame 4: Invalid value 'FEED_DREAMT'" in answer.text()
    assert answer.facts["events"][-1]["type"] == "FEED_RECOVER"


def test_a_log_that_is_being_written_is_read_without_touching_it(home: Home) -> None:
    with diary(home) as log:
        log.start("09:15:00")
        before = sorted(home.root.rglob("*"))
        assert told(home).exit_code == 0
        assert sorted(home.root.rglob("*")) == before


def test_the_command_refuses_what_is_no_date_time_or_type(tmp_path: Path) -> None:
    run = CliRunner(env={"TARAZU_HOME": str(tmp_path)})
    for wrong in (["--date", "yesterday"], ["--since", "9 o'clock"], ["--type", "FEED_DREAMT"]):
        assert "Usage:" in run.invoke(command, wrong).stderr
    answer = run.invoke(command, ["--json"], standalone_mode=False)
    assert answer.return_value == 3 and json.loads(answer.stdout)["schema"] == "tarazu.feed.history/1"
