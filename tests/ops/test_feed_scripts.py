"""The runbook's two looks at the feed, run as an operator runs them."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from harness.feed_papers import feed, health, store
from tarazu.app.home import Home, Profile
from tarazu.market.feed_events import FeedState, StaleReason

SCRIPTS = Path(__file__).parents[2] / "scripts"
HEAVY = ("numpy", "numba", "polars", "picows", "asyncio")


def run(script: str, home: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TARAZU_HOME": str(home)}
    argv = [sys.executable, str(SCRIPTS / script), *flags]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False)


def write(home: Path, **more: object) -> None:
    """A health document of this moment."""
    now = msgspec.structs.replace(
        health(**more), profile="sim", pid=os.getpid(), mono_ns=time.monotonic_ns(), every_ns=60_000_000_000
    )
    store(Home(Profile.SIM, home / "sim"), now)


@pytest.mark.parametrize("script", ["feed_health_status.py", "sla_check.py"])
def test_fresh_is_0_stale_is_2_and_nothing_is_3(script: str, tmp_path: Path) -> None:
    nothing = run(script, tmp_path)
    assert nothing.returncode == 3 and nothing.stdout.startswith("UNKNOWN  SIM  ")
    write(tmp_path, connections=())
    assert run(script, tmp_path, "--profile", "paper").returncode == 3, "another profile's feed is not ours"
    stale = feed("options", state=FeedState.STALE, reason=StaleReason.NO_DATA, tick_lag_ns=9_000_000_000)
    write(tmp_path, feeds=(stale,))
    told = run(script, tmp_path)
    assert told.returncode == 2 and told.stdout.startswith("CRIT  SIM  ") and told.stdout.endswith("exit 2\n")
    answer = json.loads(run(script, tmp_path, "--json").stdout)
    assert answer["exit_code"] == 2 and answer["mode"] == "SIM"


@pytest.mark.parametrize("script", ["feed_health_status.py", "sla_check.py"])
def test_misuse_is_64_and_help_is_0(script: str, tmp_path: Path) -> None:
    assert run(script, tmp_path, "--profile", "lvie").returncode == 64
    assert run(script, tmp_path, "--nonsense").returncode == 64
    assert "Exit code 0" in run(script, tmp_path, "--help").stdout


@pytest.mark.parametrize("module", ["feed_status", "sla", "feed_clear_breaker", "feed_history"])
def test_a_look_at_the_feed_starts_without_the_heavy_parts(module: str) -> None:
    program = f"import sys, tarazu.ops.{module}; print([m for m in {HEAVY} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
