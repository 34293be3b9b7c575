"""`tarazu sla`: what main is promised to do in time, beside the feed's promises."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.feed_papers import MONO, WALL, closed, health, store
from harness.main_health import well
from tarazu.app.health import write_health
from tarazu.app.home import Home, Profile
from tarazu.app.main.health import MainHealth, Stage
from tarazu.app.main.timings_health import TimingPage, TimingsPage
from tarazu.app.verdict import Verdict
from tarazu.model.units import HOUR_NS, MILLISECOND_NS, SECOND_NS
from tarazu.ops.sla import sla

MS = MILLISECOND_NS
NOBODY = 2**22 + 1
"""A pid beyond any that Linux gives out (proc(5), pid_max)."""


def page(now_ns: int | None, p99_ns: int | None = None) -> TimingPage:
    worst = p99_ns if p99_ns is not None else now_ns
    return TimingPage(now_ns=now_ns, p99_ns=worst, worst_ns=worst, count=9)


SWIFT = {
    "order_ack": page(182 * MS, 640 * MS),
    "decision_loop": page(14 * MS, 38 * MS),
    "db_write": page(6 * MS, 22 * MS),
    "clock_skew": page(40 * MS, 50 * MS),
}


def main(**changes: Any) -> MainHealth:
    """Of the live profile; `changes` of timings by their names, others of its health."""
    timings = TimingsPage(**(SWIFT | {name: changes.pop(name) for name in SWIFT if name in changes}))
    times = {"mono_ns": MONO, "started_mono_ns": MONO - 60 * SECOND_NS, "wall_ns": WALL, "every_ns": 500 * MS}
    return well(**({"profile": "live", "timings": timings} | times | changes))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(Profile.LIVE, tmp_path / "live")
    store(made, health())
    return made


def told(home: Home, said: MainHealth | None) -> Verdict:
    if said is not None:
        write_health(home.main_health, said)
    return sla(home, MONO + 300 * MS, WALL)


def row(verdict: Verdict, name: str) -> list[str]:
    return next(line for line in verdict.text().splitlines() if line.startswith(name)).split()


def test_each_is_told_now_and_at_its_99th_percentile_against_its_limit(home: Home) -> None:
    verdict = told(home, main())
    assert row(verdict, "order_ack_ms") == ["order_ack_ms", "182.00", "1000", "640.00", "ok"]
    assert row(verdict, "decision_loop_ms") == ["decision_loop_ms", "14.00", "250", "38.00", "ok"]
    assert row(verdict, "db_write_ms") == ["db_write_ms", "6.00", "100", "22.00", "ok"]
    assert row(verdict, "clock_skew_sec") == ["clock_skew_sec", "0.04", "1.00", "0.05", "ok"]
    assert verdict.exit_code == 0 and "13 SLAs" in verdict.headline


@pytest.mark.parametrize(
    ("name", "slow_ns", "row_id", "code", "exit_code"),
    [
        ("order_ack", 1_001 * MS, "order_ack_ms", "ORDER_ACK_LATE", 1),
        ("decision_loop", 251 * MS, "decision_loop_ms", "DECISIONS_LATE", 1),
        ("db_write", 101 * MS, "db_write_ms", "DB_SLOW", 1),
        ("clock_skew", 1_001 * MS, "clock_skew_sec", "CLOCK_SKEW", 2),
    ],
)
def test_slow_is_a_warning_and_a_wrong_clock_is_a_breach(
    home: Home, name: str, slow_ns: int, row_id: str, code: str, exit_code: int
) -> None:
    verdict = told(home, main(**{name: page(slow_ns)}))
    wrong = {check.id: check for check in verdict.checks if check.code}
    assert set(wrong) == {row_id} and wrong[row_id].code == code and wrong[row_id].hint
    assert verdict.exit_code == exit_code and "1 of 13 SLAs breached" in verdict.headline


@pytest.mark.parametrize("name", SWIFT)
def test_exactly_the_limit_is_kept(home: Home, name: str) -> None:
    limits = {"order_ack": 1_000 * MS, "decision_loop": 250 * MS, "db_write": 100 * MS, "clock_skew": 1_000 * MS}
    assert told(home, main(**{name: page(limits[name])})).exit_code == 0


def test_a_slow_minute_that_is_over_is_shown_and_is_no_breach(home: Home) -> None:
    verdict = told(home, main(order_ack=page(None, 7_000 * MS)))
    assert row(verdict, "order_ack_ms")[:5] == ["order_ack_ms", "-", "1000", "7000.00", "skip"]
    assert verdict.exit_code == 0


def test_while_the_market_is_closed_it_is_observed_and_not_enforced(home: Home) -> None:
    store(home, closed())
    verdict = told(home, main(decision_loop=page(900 * MS)))
    assert row(verdict, "decision_loop_ms")[:5] == ["decision_loop_ms", "900.00", "250", "900.00", "skip"]
    assert verdict.exit_code == 0


def test_main_is_told_of_when_the_feed_is_not_there(home: Home) -> None:
    home.feed_health.unlink()
    verdict = told(home, main(decision_loop=page(900 * MS)))
    assert verdict.exit_code == 3, "without the feed it cannot be told"
    assert {check.id: str(check.status) for check in verdict.checks}["decision_loop_ms"] == "WARN"


@pytest.mark.parametrize(
    "said",
    [
        None,
        main(pid=NOBODY, stage=Stage.STOPPING, detail="asked to stop", mono_ns=MONO - HOUR_NS),
        main(pid=NOBODY, mono_ns=MONO + SECOND_NS),
    ],
    ids=["never started", "stopped by somebody", "before this machine started"],
)
def test_a_main_that_is_not_to_run_is_no_breach(home: Home, said: MainHealth | None) -> None:
    verdict = told(home, said)
    assert verdict.exit_code == 0 and "main does not run" in verdict.text()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (main(pid=NOBODY), "MAIN_DOWN"),
        (main(mono_ns=MONO - 60 * SECOND_NS), "MAIN_SILENT"),
        (main(profile="paper"), "HEALTH_UNREADABLE"),
    ],
    ids=["killed", "hung", "another profile's"],
)
def test_of_a_main_that_died_or_hangs_it_cannot_be_told(home: Home, said: MainHealth, code: str) -> None:
    verdict = told(home, said)
    assert verdict.exit_code == 3 and code in verdict.text()


def test_garbage_for_health_is_unknown(home: Home) -> None:
    home.main_health.write_bytes(b"\x00\xff{")
    assert told(home, None).exit_code == 3


def test_one_that_waits_for_its_token_is_said_to(home: Home) -> None:
    verdict = told(home, main(stage=Stage.NO_TOKEN, detail="no token in .env"))
    assert verdict.exit_code == 0 and "main is NO_TOKEN: no token in .env" in verdict.text()


def test_machines_get_the_numbers_by_name(home: Home) -> None:
    answer = json.loads(told(home, main()).json())
    assert answer["main"]["order_ack_ms"] == {
        "now": 182.0, "p99": 640.0, "worst": 640.0, "count": 9, "limit": 1000.0, "unit": "ms"
    }  # fmt: skip
