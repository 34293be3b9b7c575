"""`tarazu sla`: every promise with its limit, and what is a breach."""

import json
from pathlib import Path

import msgspec
import pytest

from harness.feed_papers import LOG, MONO, SECOND_NS, WALL, closed, feed, health, link, store
from tarazu.adapters.kite_feed.events import LinkState
from tarazu.app.depth_ws.health import DepthWsHealth, Stage
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Verdict
from tarazu.app.watching.feed_slas import TOKENS_SEEN_PCT
from tarazu.market.breaker import Breaker
from tarazu.market.feed_events import FeedState, StaleReason
from tarazu.market.feeds import FreshnessLimits
from tarazu.ops.sla import sla

ROWS = [
    "tick_lag_sec",
    "depth_lag_sec",
    "tokens_seen_pct",
    "feeds_stale",
    "heartbeat_sec",
    "breaker",
    "recording",
    "feed_log_sync_sec",
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.LIVE, tmp_path / "live")


def told(home: Home, document: DepthWsHealth | None) -> Verdict:
    if document is not None:
        store(home, document)
    return sla(home, MONO + 300_000_000, WALL)


def breaches(verdict: Verdict) -> dict[str, str]:
    return {c.id: c.status.value for c in verdict.checks if c.status.value not in ("ok", "skip")}


STALE = FeedState.STALE
INDEX = feed("index", members=1, depth_limit_ns=0)
CASES = {
    "all are met": (health(), 0, {}),
    "a slow required feed": (health(feeds=(INDEX, feed("options", tick_lag_ns=3 * SECOND_NS))), 2,
                             {"tick_lag_sec": "CRIT"}),
    "ticks without depth": (health(feeds=(INDEX, feed("options", depth_lag_ns=3 * SECOND_NS))), 2,
                            {"depth_lag_sec": "CRIT"}),
    "a group that ticks rarely by habit has its own limit": (
        health(feeds=(feed("options", tick_lag_ns=9 * SECOND_NS, tick_limit_ns=10 * SECOND_NS),)), 0, {}),
    "one silent feed of one instrument is not hidden by 213 others": (
        health(feeds=(feed("index", members=1, silent=1, state=STALE, reason=StaleReason.NO_DATA,
                           tick_lag_ns=9 * SECOND_NS, depth_limit_ns=0), feed("options", members=213))), 2,
        {"tick_lag_sec": "CRIT", "tokens_seen_pct": "CRIT", "feeds_stale": "CRIT"}),
    "one quiet contract in a fresh feed": (health(feeds=(feed("options", members=60, silent=1),)), 0, {}),
    "on time, and frozen": (health(feeds=(feed("options", state=STALE, reason=StaleReason.FROZEN_BOOK),)), 2,
                            {"feeds_stale": "CRIT"}),
    "not judged yet": (health(feeds=(feed("options", state=FeedState.UNKNOWN),)), 3, {"feeds_stale": "UNKNOWN"}),
    "an optional feed is slow": (
        health(feeds=(INDEX, feed("cross_asset", required=False, tick_lag_ns=9 * SECOND_NS, state=STALE))), 1,
        {"tick_lag_sec.cross_asset": "WARN"}),
    "an optional feed is on time and wrong": (
        health(feeds=(INDEX, feed("cross_asset", required=False, state=STALE, reason=StaleReason.CLOCK_SKEW))), 1,
        {"tick_lag_sec.cross_asset": "WARN"}),
    "an optional feed that does not trade now": (
        health(feeds=(INDEX, feed("cross_asset", required=False, enforced=False, tick_lag_ns=9 * SECOND_NS))), 0, {}),
    "no heartbeat": (health(connections=(link(0), link(1, last_frame_ns=MONO - 4 * SECOND_NS))), 2,
                     {"heartbeat_sec": "CRIT"}),
    "a connection is down": (health(connections=(link(0), link(1, LinkState.BACKOFF))), 2, {"heartbeat_sec": "CRIT"}),
    "nothing is recorded": (health(log=msgspec.structs.replace(LOG, state="FAILED", failure="EIO", not_recorded=9)), 2,
                            {"recording": "CRIT"}),
    "frames were lost earlier": (health(log=msgspec.structs.replace(LOG, not_recorded=9)), 1, {"recording": "WARN"}),
    "the disk does not keep up": (health(log=msgspec.structs.replace(LOG, sync_lag_ns=2 * SECOND_NS)), 2,
                                  {"feed_log_sync_sec": "CRIT"}),
    "nothing is watched": (health(feeds=(), connections=(), stage=Stage.CONNECTING), 3,
                           {"feeds_stale": "UNKNOWN", "heartbeat_sec": "UNKNOWN"}),
    "closed": (closed(), 0, {}),
    "closed, everything down": (closed(connections=(link(0, LinkState.BACKOFF),), log=None),
                                1, {"recording": "WARN"}),
    "closed, and the breaker open": (closed(breaker=Breaker(tripped_ns=1)), 2, {"breaker": "CRIT"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_a_breach(home: Home, case: str) -> None:
    document, code, found = CASES[case]
    verdict = told(home, document)
    assert breaches(verdict) == found
    assert verdict.exit_code == code


def test_the_worst_required_feed_is_the_row_and_is_named(home: Home) -> None:
    document = health(feeds=(feed("futures", tick_lag_ns=SECOND_NS), feed("options", tick_lag_ns=2 * SECOND_NS), INDEX))
    row = next(line for line in told(home, document).text().splitlines() if line.startswith("tick_lag_sec"))
    assert row.split() == ["tick_lag_sec", "2.00", "2.50", "1.10", "ok", "options"]


def test_line_1_counts_the_breaches_and_says_whether_they_bind(home: Home) -> None:
    late = health(feeds=(feed("options", tick_lag_ns=3 * SECOND_NS),))
    assert told(home, late).headline.startswith(
        "CRIT  LIVE  1 of 8 SLAs breached  market OPEN, closes 15:30:00 (4h42m), enforcing  Mon 2026-11-23"
    )
    assert told(home, closed()).headline.startswith(
        "OK  LIVE  9 SLAs  market CLOSED, feed SLAs observed but not enforced  Mon 2026-11-23"
    )


def test_what_is_beyond_its_limit_while_closed_is_shown_and_never_called_ok(home: Home) -> None:
    row = next(line for line in told(home, closed()).text().splitlines() if line.startswith("tick_lag_sec "))
    assert row.split()[:5] == ["tick_lag_sec", "14400.00", "2.50", "1.10", "skip"]


def test_rows_that_need_main_are_absent_and_it_says_so(home: Home) -> None:
    verdict = told(home, health())
    ids = [c.id for c in verdict.checks if c.status.value != "skip"]
    assert ids == [*ROWS, "tick_lag_sec.cross_asset"]
    assert "main does not run, order and decision SLAs are not observed" in verdict.text()


def test_json_has_every_feeds_own_numbers(home: Home) -> None:
    answer = json.loads(told(home, health()).json())
    assert answer["schema"] == "tarazu.sla/1"
    assert answer["feeds"]["options"]["tick_lag_sec"] == 0.41
    assert answer["feeds"]["options"]["tick_lag_sec_p99"] == 1.1
    assert answer["feeds"]["index"]["depth_lag_sec"] is None


def test_without_health_it_is_unknown(home: Home) -> None:
    verdict = told(home, None)
    assert verdict.exit_code == 3 and verdict.headline.startswith("UNKNOWN  LIVE")


def test_the_share_of_live_instruments_is_that_of_freshness() -> None:
    assert FreshnessLimits().tokens_seen_pct_min == TOKENS_SEEN_PCT
