"""`feedsoak` (`make soak`, seven minutes): a session of 6 h 15 m through the real feed process, sixty times as fast.

A served broker with a busy desk's universe, and `python -m tarazu.app.depth_ws` under it: selection, log, market,
freshness, health. A connection is cut every 18 s (200 an hour). The process is watched from outside. The log is mapped
memory and counts as resident, so what must not grow is anonymous memory.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tarazu.app.depth_ws.health import DepthWsHealth, Stage, read_health
from tarazu.app.home import Home, home
from tarazu.ops.bench import Case, at_least, at_most
from tarazu.runtime.repair import verify
from tarazu.runtime.segment import day_folder

SPEED = 60
SESSION_S = 375 * 60 / SPEED  # 09:15 to 15:30
WARM_UP_S = 60.0
LOOK_S, DROP_EVERY_S = 2.0, 18.0
GROWTH_MB_MAX = 32.0  # issue 3


class Look(msgspec.Struct, frozen=True):
    """The process from outside, once."""

    anonymous_mb: float
    descriptors: int
    threads: int


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory() as folder, _broker() as broker:
        at = home("sim", {"TARAZU_HOME": folder})
        at.make()
        at.sim_broker.write_text(json.dumps(broker))
        with _depth_ws(folder) as depth_ws:
            looks, drops = _watch(depth_ws.pid, broker["admin_url"])
            health = _health(at)
            depth_ws.send_signal(signal.SIGTERM)
            code = depth_ws.wait(30)
        assert health.day is not None
        report = verify(day_folder(at.feed, health.day))
    third = len(looks) // 3
    first, last = looks[:third], looks[-third:]
    growth_mb = max(one.anonymous_mb for one in last) - max(one.anonymous_mb for one in first)
    yield at_most("feedsoak", "anonymous memory growth", ours=growth_mb, unit="MB", goal=GROWTH_MB_MAX)
    yield Case(bench="feedsoak", case="anonymous memory", ours=last[-1].anonymous_mb, unit="MB")
    for what in ("descriptors", "threads"):
        more = statistics.median(getattr(x, what) for x in last) - statistics.median(getattr(x, what) for x in first)
        yield at_most("feedsoak", f"{what} more", ours=more, unit=what, goal=0)
    yield at_least("feedsoak", "links made anew", ours=_reconnects(health), unit="links", goal=drops)
    yield Case(bench="feedsoak", case="packets", ours=health.throughput.packets, unit="packets")
    yield at_most("feedsoak", "damage in the log", ours=len(report.damages), unit="places", goal=0)
    yield at_most("feedsoak", "not recorded", ours=health.log.not_recorded if health.log else 1, unit="frames", goal=0)
    yield at_most("feedsoak", "exit code", ours=code, unit="", goal=0)


@contextmanager
def _broker() -> Iterator[dict[str, str]]:
    flags = ["--scenario", "busy", "--speed", str(SPEED), "--at", "09:14:30"]
    argv = [sys.executable, "-m", "tarazu", "sim", "serve", "--log-level", "error", *flags]
    served = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert served.stdout is not None
    try:
        yield json.loads(served.stdout.readline())
    finally:
        served.terminate()
        served.communicate()


@contextmanager
def _depth_ws(folder: str) -> Iterator["subprocess.Popen[bytes]"]:
    environ = os.environ | {"TARAZU_HOME": folder, "TARAZU_PROFILE": "sim"}
    with (Path(folder) / "depth_ws.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "tarazu.app.depth_ws"], env=environ, stderr=log)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def _watch(pid: int, admin_url: str) -> tuple[list[Look], int]:
    """Looks after the warm-up until the session's end, and how many connections were cut meanwhile."""
    began_s = time.monotonic()
    looks, drops = [], 0
    while (gone_s := time.monotonic() - began_s) < SESSION_S:
        if gone_s > (drops + 1) * DROP_EVERY_S and gone_s < SESSION_S - DROP_EVERY_S:
            _cut_one(admin_url)
            drops += 1
        if gone_s > WARM_UP_S:
            looks.append(_look(pid))
        time.sleep(LOOK_S)
    return looks, drops


def _cut_one(admin_url: str) -> None:
    order = json.dumps({"kind": "ws.drop", "count": 1}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{admin_url}/faults", order, method="POST"), timeout=5):
        pass


def _look(pid: int) -> Look:
    said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return Look(
        anonymous_mb=int(said["RssAnon"].split()[0]) / 1024,
        descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=int(said["Threads"]),
    )


def _health(at: Home) -> DepthWsHealth:
    health = read_health(at.feed_health)
    assert health is not None and health.stage in (Stage.LIVE, Stage.RECONNECTING), health
    return health


def _reconnects(health: DepthWsHealth) -> int:
    """Links after the first, of all connections."""
    return sum(max(0, one.links - 1) for one in health.connections)
