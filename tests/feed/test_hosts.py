"""The machine's time zone and its hash seed decide nothing: hosts anywhere judge the same frames alike."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.broker_process import broker_process
from harness.desk import Desk, desk
from harness.desk_operator import Operator
from harness.imports import PYTHONPATH
from tarazu.app.depth_ws.health import read_health
from tarazu.market.feeds import FreshnessLimits
from tarazu.model.units import SECOND_NS

DAY = "2026-11-19"

HOSTS = [
    {"TZ": "UTC", "PYTHONHASHSEED": "0"},
    {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "1"},
    {"TZ": "America/New_York", "PYTHONHASHSEED": "77"},
]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Ten seconds of a morning with a stall in them, recorded on a host in New York, where it is still yesterday.

    00:20 in the night of IST to be exact: the market is the permissive one, open at any hour.
    """
    root = tmp_path_factory.mktemp("recorded")
    flags = ("--rules", "permissive", "--at", "00:20", "--step-ms", "200")
    with broker_process(*flags) as served, desk(root, served) as made:
        made.start(TZ="America/New_York")
        made.until_fresh()
        time.sleep(FreshnessLimits().open_grace_ns / SECOND_NS)  # in its first seconds a watch counts no age
        served.admin("POST", "/faults", {"kind": "ws.freeze_ticks", "for_s": 6.0})
        made.until_event("FEED_STALE", feed="index")
        made.until_event("FEED_RECOVER", feed="index", reason="NO_DATA")
        health = made.home.feed_health.read_bytes()
        assert made.stop() == 0
        made.home.feed_health.write_bytes(health)  # of the midst of it, not of its last moment
        yield made


def test_the_same_frames_give_the_same_events_and_the_same_words_on_any_host(recorded: Desk) -> None:
    told = [_judged(recorded, host) for host in HOSTS]
    assert told[0].count('"type":"FEED_STALE"') > 2 and "feed of 2026-11-19" in told[0], "there is something to compare"
    assert told[1] == told[0]
    assert told[2] == told[0]
    assert _stales(told[0]) == {e.feed for e in recorded.events("FEED_STALE")}, "and they are what depth_ws saw"  # type: ignore[union-attr]


def test_a_day_is_an_indian_day_wherever_the_machine_stands(recorded: Desk) -> None:
    health = read_health(recorded.home.feed_health)
    assert health is not None and str(health.day) == DAY and health.market_open
    assert [path.name for path in recorded.home.feed.iterdir()] == [DAY]


def test_the_commands_themselves_say_the_same_in_every_time_zone(recorded: Desk) -> None:
    operator = Operator(recorded.home.root.parent)
    for words in (("feed", "history", "--json"), ("feed", "history", "--since", "00:20:01", "--json")):
        first, *others = (_timeless(operator.tarazu(*words, **host).told) for host in HOSTS)
        assert first["events"] and all(other == first for other in others)
    for verb in ("feed status", "sla", "feed history"):
        first_line = {operator.tarazu(*verb.split(), **host).first for host in HOSTS}
        assert all(" IST (epoch " in line for line in first_line)
        assert len({line[: line.index(" IST") - len("HH:MM:SS")] for line in first_line}) == 1, "one day, one verdict"


def _judged(made: Desk, host: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("judge_process.py")), str(made.home.root)],
        env={**made.environment, **host, "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _stales(told: str) -> set[str]:
    events = [json.loads(line) for line in told.splitlines() if line.startswith('{"type":"FEED_STALE"')]
    return {event["feed"] for event in events}


def _timeless(told: dict[str, Any]) -> dict[str, Any]:
    """Without the moment it was asked at."""
    return {name: value for name, value in told.items() if not name.startswith("as_of")}
