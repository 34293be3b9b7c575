"""`tarazu feed tail`: what a person sees of the feed as it is written."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.feed_diary import DAY, SYMBOLS, diary
from tarazu.app.feed.follow import follow
from tarazu.app.feed.latest_selection import latest_symbols
from tarazu.app.home import Home, Profile
from tarazu.model.units import SECOND_NS
from tarazu.ops.feed_tail import Pace, command
from tarazu.runtime.damage import Damage
from tarazu.runtime.segment import Frame, Kind, day_folder, segment_path

CE = "NFO:NIFTY26NOV26000CE"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.SIM, tmp_path / "sim")


def write(home: Home) -> None:
    with diary(home) as log:
        log.start("09:15:00")
        log.ticks("09:15:01", 2_600_000, 10_005, 9_000)
        log.raw(Kind.BINARY, b"\0", "09:15:01")
        log.raw(Kind.TEXT, b'{"type":"order","data":{"order_id":"261123000000001","status":"COMPLETE"}}', "09:15:02")
        log.stale("options", "09:15:05")


def tail(home: Home, *flags: str) -> Result:
    run = CliRunner(env={"TARAZU_HOME": str(home.root.parent)})
    return run.invoke(command, ["--for", "0.01", *flags], standalone_mode=False, catch_exceptions=False)


def test_ticks_order_updates_and_events_are_shown_with_names_prices_and_depth(home: Home) -> None:
    write(home)
    result = tail(home)
    assert result.return_value == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("FOLLOWING  SIM  feed log of 2026-11-23, 3 instruments  ")
    assert [line.split()[1] for line in lines[1:4]] == ["FEED_STARTED", "SELECTED", "CONNECTED"]
    tick = "09:15:01.000 NFO:NIFTY26NOV26000CE 100.05 65 @ 100.00 100.10 @ 130 vol 1,000 oi 2,000"
    assert " ".join(lines[5].split()) == tick
    assert lines[7] == (
        '09:15:02.000  TEXT  connection 0: {"type":"order","data":{"order_id":"261123000000001","status":"COMPLETE"}}'
    )
    assert lines[8].startswith("09:15:05.000  FEED_STALE  options is STALE")
    assert len(lines) == 9, "a heartbeat has nothing to say"


@pytest.mark.parametrize(
    ("flags", "types"),
    [
        (["--events"], ["FEED_STARTED", "SELECTED", "CONNECTED", "TEXT", "FEED_STALE"]),
        (["--ticks"], ["TICK", "TICK", "TICK"]),
        (["--ticks", "--symbol", CE], ["TICK"]),
        (["-n", "2"], ["TEXT", "FEED_STALE"]),
        (["-n", "0"], []),
    ],
)
def test_json_is_one_object_a_line_of_what_was_asked_for(home: Home, flags: list[str], types: list[str]) -> None:
    write(home)
    lines = [json.loads(line) for line in tail(home, "--json", *flags).stdout.splitlines()]
    assert [line["type"] for line in lines] == types


def test_a_tick_as_json_names_the_instrument_and_has_no_rounding(home: Home) -> None:
    write(home)
    (tick,) = [json.loads(line) for line in tail(home, "--json", "--ticks", "--symbol", CE).stdout.splitlines()]
    assert tick["symbol"] == CE and tick["token"] == 12602626
    assert (tick["ltp"], tick["bid"], tick["ask"], tick["volume"]) == (100.05, 100.0, 100.1, 1_000)
    assert tick["ist"] == "2026-11-23T09:15:01+0530"


def test_an_instrument_nobody_selected_is_refused(home: Home) -> None:
    write(home)
    result = CliRunner(env={"TARAZU_HOME": str(home.root.parent)}).invoke(command, ["--symbol", "NSE:NIFTY"])
    assert "not selected in the log of 2026-11-23: NSE:NIFTY" in result.stderr


def test_without_a_log_it_is_unknown_and_says_what_to_run(home: Home) -> None:
    result = tail(home)
    assert result.return_value == 3
    assert "tarazu up depth_ws" in result.stderr


def test_damage_is_told_and_passed_over(home: Home) -> None:
    write(home)
    segment = segment_path(day_folder(home.feed, DAY), 1)
    octets = bytearray(segment.read_bytes())
    octets[octets.index(b'"order_id"')] ^= 1
    segment.write_bytes(octets)
    result = tail(home, "--events", "--json")
    assert result.return_value == 1
    assert "passed over CORRUPT at segment 1" in result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["type"] == "FEED_STALE"


def test_it_follows_a_writer_and_goes_on_with_the_next_day(home: Home) -> None:
    def until_frame() -> Frame | Damage:
        return next(found for found in following if found is not None)

    with diary(home) as log:
        log.start("09:15:00")
        following = follow(home.feed, day_folder(home.feed, DAY), None)
        assert [found and found.sequence for found in (next(following) for _ in range(4))] == [1, 2, 3, None]
        log.ticks("09:15:01", 2_600_000)
        assert until_frame().sequence == 4
    with diary(home, date(2026, 11, 24)) as log:
        log.start("09:15:00")
        assert until_frame().sequence == 1
    following.close()


def test_names_are_those_of_the_latest_selection_wherever_it_is(home: Home) -> None:
    folder = day_folder(home.feed, DAY)
    assert latest_symbols(folder) == {}
    with diary(home) as log:
        log.start("09:15:00")
        for _ in range(3_000):
            log.ticks("09:15:01", 2_600_000, 10_005, 9_000)
        assert log.log.stats.segment > 1
        log.raw(Kind.EVENT, b'{"type":"FEED_DREAMT"}', "09:15:02")
    assert latest_symbols(folder) == SYMBOLS


def test_a_person_is_shown_a_few_ticks_a_second_and_told_how_many_there_were() -> None:
    pace = Pace(20)
    shown = [pace.allows(SECOND_NS * 7 + n) for n in range(500)]
    assert sum(shown) == 20 and all(shown[:20])
    assert pace.passed_over(SECOND_NS * 7 + 999) == 0, "the second is not over"
    assert pace.passed_over(SECOND_NS * 8) == 480
    assert pace.passed_over(SECOND_NS * 8) == 0, "told once"
    assert pace.allows(SECOND_NS * 8)


def test_a_machine_is_shown_all() -> None:
    pace = Pace(None)
    assert all(pace.allows(1) for _ in range(500)) and pace.passed_over(SECOND_NS) == 0
