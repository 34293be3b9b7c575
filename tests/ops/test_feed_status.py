"""`tarazu feed status`: from what depth_ws says of itself to the verdict, the exit code and the lines."""

import json
import os
import subprocess
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from harness.feed_papers import (
    LOG,
    MASTER,
    MONO,
    SECOND_NS,
    SELECTION,
    SENTINELS,
    WALL,
    closed,
    feed,
    health,
    link,
    store,
)
from tarazu.adapters.kite_feed.events import LinkState, Loss
from tarazu.app.depth_ws.health import DepthWsHealth, Stage
from tarazu.app.feed.breaker_file import change_breaker
from tarazu.app.feed.checks import HEARTBEAT_SEC
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Verdict
from tarazu.market.breaker import Breaker, BreakerLimits, Cleared, reconnected
from tarazu.market.feed_events import FeedState, StaleReason
from tarazu.market.feeds import FreshnessLimits
from tarazu.ops.feed_status import command, feed_status

UNKNOWN, STALE = FeedState.UNKNOWN, FeedState.STALE
TRIPPED = Breaker(reconnects_ns=tuple(WALL - n for n in range(31)), tripped_ns=WALL - 2 * SECOND_NS, trips=1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.LIVE, tmp_path / "live")


def told(home: Home, document: DepthWsHealth | None, age_ns: int = 300_000_000) -> Verdict:
    """The verdict over this document, `age_ns` after it was written."""
    if document is not None:
        store(home, document)
    return feed_status(home, MONO + age_ns, WALL + age_ns)


def problems(verdict: Verdict) -> set[tuple[str, str, str]]:
    """(status, id, code) of each problem line."""
    return {(c.status.value, c.id, c.code) for c in verdict.checks if c.status.value not in ("ok", "skip")}


def stale(name: str, **more: object) -> object:
    return feed(name, **{"state": STALE, "reason": StaleReason.NO_DATA, "tick_lag_ns": 9 * SECOND_NS} | more)  # type: ignore[arg-type]


OPTIONAL = {"required": False}

CASES = {
    # a name: the document, the exit code, the problems
    "all is well": (health(), 0, set()),
    "a required feed is stale": (
        health(feeds=(stale("options"), feed("index"))), 2, {("CRIT", "feed.options", "FEED_STALE")}),
    "an optional feed is stale": (
        health(feeds=(stale("cross_asset", **OPTIONAL), feed("index"))), 1,
        {("WARN", "feed.cross_asset", "FEED_STALE")}),
    "a required feed is not judged yet": (
        health(feeds=(feed("options", state=UNKNOWN),)), 3, {("UNKNOWN", "feed.options", "FEED_UNKNOWN")}),
    "an optional feed is not judged yet": (
        health(feeds=(feed("cross_asset", state=UNKNOWN, **OPTIONAL),)), 1,
        {("WARN", "feed.cross_asset", "FEED_UNKNOWN")}),
    "a known breach is more urgent than what is not known": (
        health(feeds=(feed("options", state=UNKNOWN), stale("index"))), 2,
        {("UNKNOWN", "feed.options", "FEED_UNKNOWN"), ("CRIT", "feed.index", "FEED_STALE")}),
    "open, and nothing watched yet": (
        health(feeds=(), stage=Stage.CONNECTING), 3,
        {("UNKNOWN", "feed.*", "FEED_UNKNOWN"), ("UNKNOWN", "depth_ws", "DEPTH_WS_STARTING")}),
    "two staleness events without recovery": (
        health(feeds=(stale("options", stales_today=2, recovers_today=0, stales_30m=2),)), 2,
        {("CRIT", "feed.options", "FEED_STALE"), ("CRIT", "feed.options.repeated", "FEED_STALE_REPEATED")}),
    "four in half an hour, all recovered": (
        health(feeds=(feed("options", stales_today=4, recovers_today=4, stales_30m=4),)), 2,
        {("CRIT", "feed.options.repeated", "FEED_STALE_REPEATED")}),
    "three in half an hour are within the rule": (
        health(feeds=(feed("options", stales_today=9, recovers_today=9, stales_30m=3),)), 0, set()),
    "an optional feed repeats itself": (
        health(feeds=(feed("index"), feed("cross_asset", stales_30m=4, stales_today=4, **OPTIONAL))), 1,
        {("WARN", "feed.cross_asset.repeated", "FEED_STALE_REPEATED")}),
    "the breaker is open": (
        health(breaker=TRIPPED, stage=Stage.BREAKER_OPEN), 2,
        {("CRIT", "breaker", "BREAKER_OPEN"), ("CRIT", "depth_ws", "BREAKER_OPEN")}),
    "a connection is being dialled": (
        health(stage=Stage.RECONNECTING, connections=(link(0, LinkState.BACKOFF, last_loss=Loss.CUT), link(1))), 1,
        {("WARN", "depth_ws", "RECONNECTING"), ("WARN", "connection.0", "LINK_DOWN")}),
    "a connection without heartbeats": (
        health(connections=(link(0, last_frame_ns=MONO - 4 * SECOND_NS),)), 1,
        {("WARN", "connection.0", "SILENT_CONNECTION")}),
    "a new link that has said nothing yet": (
        health(connections=(link(0, link_since_ns=MONO - SECOND_NS, last_frame_ns=None),)), 0, set()),
    "the token is refused": (
        health(stage=Stage.NO_TOKEN, connections=(link(0, LinkState.AUTH_LOST),)), 2,
        {("CRIT", "depth_ws", "AUTH_LOST"), ("CRIT", "connection.0", "AUTH_LOST")}),
    "the log is full": (
        health(log=msgspec.structs.replace(LOG, state="DISK_FULL", not_recorded=71)), 2,
        {("CRIT", "recording", "NOT_RECORDING")}),
    "the log records again": (
        health(log=msgspec.structs.replace(LOG, not_recorded=71)), 1, {("WARN", "recording", "FRAMES_LOST")}),
    "no log": (health(log=None), 2, {("CRIT", "recording", "NOT_RECORDING")}),
    "the disk is low": (
        health(log=msgspec.structs.replace(LOG, state="LOW")), 1, {("WARN", "disk", "DISK_LOW")}),
    "the disk is slow": (
        health(log=msgspec.structs.replace(LOG, sync_lag_ns=3 * SECOND_NS)), 1,
        {("WARN", "feed_log_sync", "DISK_SLOW")}),
    "instruments are left out": (
        health(selection=msgspec.structs.replace(SELECTION, left_out=12)), 1,
        {("WARN", "selection", "SELECTION_CUT")}),
    "something held is not followed": (
        health(selection=msgspec.structs.replace(SELECTION, held=2, unfollowed=("NFO:BANKNIFTY26NOVFUT",))), 1,
        {("WARN", "selection", "HELD_UNFOLLOWED")}),
    "the master changed overnight": (
        health(master=msgspec.structs.replace(MASTER, alarms=("NIFTY: lot 65, was 75",))), 1,
        {("WARN", "master", "MASTER_CHANGED")}),
    "yesterday's master": (
        health(master=msgspec.structs.replace(MASTER, day=MASTER.compared_with)), 1,
        {("WARN", "master", "MASTER_OLD")}),
    "REST disagrees": (
        health(sentinels=msgspec.structs.replace(SENTINELS, disagreeing=(256265,))), 1,
        {("WARN", "sentinels", "LTP_DISAGREES")}),
    "REST is silent": (
        health(sentinels=msgspec.structs.replace(SENTINELS, last_answer_mono_ns=MONO - 31 * SECOND_NS)), 1,
        {("WARN", "sentinels", "SENTINELS_SILENT")}),
    "closed, connected": (closed(), 0, set()),
    "closed, and the connections are down": (
        closed(stage=Stage.RECONNECTING, connections=(link(0, LinkState.BACKOFF),)), 1,
        {("WARN", "depth_ws", "RECONNECTING"), ("WARN", "connection.0", "LINK_DOWN")}),
    "closed, the broker is away": (
        closed(stage=Stage.NO_BROKER, feeds=(), connections=()), 1, {("WARN", "depth_ws", "BROKER_UNREACHABLE")}),
    "closed, the token is refused": (closed(stage=Stage.NO_TOKEN), 2, {("CRIT", "depth_ws", "AUTH_LOST")}),
    "closed, stale at the close and twice unrecovered": (
        closed(feeds=(stale("options", enforced=False, stales_today=2),)), 0, set()),
    "closed, REST is silent": (
        closed(sentinels=msgspec.structs.replace(SENTINELS, last_answer_mono_ns=None)), 0, set()),
    "trading, nothing selected": (
        health(market_open=False, feeds=(), connections=(), stage=Stage.NO_SELECTION), 2,
        {("CRIT", "depth_ws", "NO_SELECTION"), ("UNKNOWN", "feed.*", "FEED_UNKNOWN")}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_the_document_amounts_to(home: Home, case: str) -> None:
    document, code, found = CASES[case]
    verdict = told(home, document)
    assert problems(verdict) == found
    assert verdict.exit_code == code
    assert all(c.hint or c.status.value == "UNKNOWN" for c in verdict.checks if (c.status.value, c.id, c.code) in found)


def test_without_a_file_it_is_unknown_and_says_what_to_run(home: Home) -> None:
    verdict = told(home, None)
    assert verdict.exit_code == 3
    assert verdict.text().splitlines()[0].startswith("UNKNOWN  LIVE  feed unknown  Mon 2026-11-23 10:47:31 IST")
    assert "fix  tarazu up depth_ws" in verdict.text()
    assert not home.root.exists(), "asking makes nothing"


def test_a_file_older_than_three_intervals_is_unknown_whatever_it_says(home: Home) -> None:
    assert told(home, health(), 1_500_000_000).exit_code == 0
    verdict = told(home, health(), 1_500_000_001)
    assert verdict.exit_code == 3
    assert "FRESH" not in verdict.text() and "FRESH" not in verdict.json()


def test_a_silent_process_and_a_dead_one_are_told_apart(home: Home) -> None:
    hung = told(home, health(pid=os.getpid()), 9_000_000_000)
    assert (
        f"DEPTH_WS_SILENT: process {os.getpid()} is there and tells nothing; it was LIVE; 9 s, limit 1.5 s"
        in hung.text()
    )
    dead = told(home, health(pid=2**22 + 1), 9_000_000_000)
    assert "DEPTH_WS_DOWN: process 4194305 is gone" in dead.text()


def test_a_dead_process_nobody_has_waited_for_is_gone(home: Home) -> None:
    with subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert f"process {ended.pid} is gone" in told(home, health(pid=ended.pid), 9_000_000_000).text()


def test_a_health_of_before_the_reboot_is_unknown(home: Home) -> None:
    assert told(home, health(), -SECOND_NS).exit_code == 3


@pytest.mark.parametrize("bad", [b"", b"{", b'{"schema":"tarazu.feed_health/2"}', b"\xff\xfe"])
def test_an_unreadable_file_is_unknown(home: Home, bad: bytes) -> None:
    home.make()
    home.feed_health.write_bytes(bad)
    verdict = feed_status(home, MONO, WALL)
    assert (verdict.exit_code, verdict.checks[0].code) == (3, "HEALTH_UNREADABLE")


def test_another_profiles_health_is_not_believed(home: Home) -> None:
    assert told(home, health(profile="sim")).exit_code == 3


def test_an_open_breaker_is_told_though_no_process_runs(home: Home) -> None:
    limits = BreakerLimits(reconnects_max=0)
    change_breaker(home.feed_breaker, lambda b: reconnected(b, limits, WALL))
    verdict = told(home, None)
    assert verdict.exit_code == 2
    assert "BREAKER_OPEN" in verdict.text() and "tarazu feed clear-breaker --reason" in verdict.text()


def test_a_breaker_file_that_cannot_be_believed_counts_as_open(home: Home) -> None:
    home.make()
    home.feed_breaker.write_text("{}")
    assert told(home, None).exit_code == 2


def test_line_1_says_the_phase_how_long_it_lasts_and_how_old_this_is(home: Home) -> None:
    assert told(home, health()).headline == (
        "OK  LIVE  market OPEN, closes 15:30:00 (4h42m)  4 of 4 feeds fresh  "
        "Mon 2026-11-23 10:47:31 IST (epoch 1795411051.0)  as of 0.3 s ago"
    )
    assert "market CLOSED, freshness observed but not enforced" in told(home, closed()).headline


def test_an_operator_sees_who_is_silent_since_when_and_why(home: Home) -> None:
    row = feed(
        "options",
        members=214,
        silent=41,
        state=STALE,
        reason=StaleReason.PARTIAL_MUTE,
        tick_lag_ns=11_840_000_000,
        stale_since_ns=WALL - 11 * SECOND_NS,
        last_stale_ns=WALL - 8 * SECOND_NS,
        last_stale_reason=StaleReason.PARTIAL_MUTE,
        stales_today=1,
        stales_30m=1,
    )
    text = told(home, health(feeds=(row,))).text()
    line = next(line for line in text.splitlines() if line.startswith("CRIT    feed.options"))
    assert "FEED_STALE: PARTIAL_MUTE, silent 41 of 214: NFO:NIFTY26NOV26000CE" in line
    assert line.endswith("+37; 11.84 s, limit 2.5 s; since 10:47:20")
    table = next(line for line in text.splitlines() if line.startswith("options"))
    assert "required  STALE" in table and "173/214" in table and "10:47:23 PARTIAL_MUTE (1 today)" in table
    assert len(json.loads(told(home, None).json())["health"]["feeds"][0]["silent_symbols"]) == 20


def test_a_feed_on_time_and_wrong_shows_no_lag_as_if_it_were_the_cause(home: Home) -> None:
    row = feed("options", state=STALE, reason=StaleReason.FROZEN_BOOK)
    line = next(
        line for line in told(home, health(feeds=(row,))).text().splitlines() if line.startswith("CRIT    feed")
    )
    assert line.split(": ", 1)[1] == "FROZEN_BOOK"


def test_the_breakers_last_clearing_is_shown_with_who_and_why(home: Home) -> None:
    cleared = Cleared(operator="asha", reason="switch\nreplaced", ts_ns=WALL)
    text = told(home, health(breaker=Breaker(trips=1, last_cleared=cleared))).text()
    assert (
        "BREAKER     closed | 0 reconnects in the last minute | 1 trips | cleared 10:47:31 by asha: switch\\nreplaced"
        in text
    )


def test_the_heartbeat_limit_is_that_of_freshness() -> None:
    assert FreshnessLimits().heartbeat_ns == HEARTBEAT_SEC * SECOND_NS


def test_the_command_reads_the_profile_and_speaks_json(tmp_path: Path) -> None:
    run = CliRunner(env={"TARAZU_HOME": str(tmp_path)})
    result = run.invoke(command, ["--profile", "paper", "--json"], standalone_mode=False)
    assert result.return_value == 3
    answer = json.loads(result.stdout)
    assert (answer["schema"], answer["mode"], answer["exit_code"]) == ("tarazu.feed.status/1", "PAPER", 3)
    assert run.invoke(command, ["--profile", "lvie"]).exit_code == 2  # click's own; `tarazu` makes 64 of it


def test_asking_changes_nothing(home: Home) -> None:
    store(home, health())
    before = sorted((p, p.stat().st_mtime_ns) for p in home.root.rglob("*"))
    feed_status(home, MONO, WALL)
    assert sorted((p, p.stat().st_mtime_ns) for p in home.root.rglob("*")) == before
