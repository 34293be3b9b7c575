"""A recorded day of 11.25 M full-mode packets through the engine on one core, beside nautilus_trader on its quotes.

500 instruments, a packet of each in every second from 09:15 to 15:30, from the feed log: checksums are checked, frames
decoded, the state moved, an EMA crossover of one future decides, and its orders pass every check of the gate and are
refused by a broker whose books are read all day (what an exchange model costs besides is `sweep`). The engine is told
of a second every second, with the compiled strategy every fifteen. Of the features the book's alone are worked out.
CPU seconds of everything but the making of the day.

The peer (`TARAZU_NAUTILUS_PYTHON`: the python of a virtual environment with nautilus_trader; without it its rows are
UNKNOWN, and the exit code says so) has the same crossover on the same quotes, decoded and made into its objects
beforehand, and an exchange model that fills its orders, which ours has not here: the ratio is of an engine alone to one
with its exchange. Its rate is of the first quarter of an hour, in CPU seconds.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from replayrig.cost import cpu_s, peak_mb
from replayrig.made_day import SECONDS, MadeDay, made_day
from replayrig.trial import quotes
from tarazu.ops.bench import BadBenchmark, Case, against_peer, at_most

# Issue 5: a compiled strategy takes at most 1 s, a Python one 5 s; 50 and 10 times the peer's ticks a second.
DAY_S = {"compiled": 1.0, "plain": 5.0}
TIMES = {"compiled": 50.0, "plain": 10.0}
ROUNDS = 3
PEER_SECONDS = 900
GROWTH_MB_MAX = 16.0
"""What four times the day may cost in memory: nothing, but for what an allocator keeps."""
SETUP = "python -m venv V && V/bin/pip install nautilus_trader; TARAZU_NAUTILUS_PYTHON=V/bin/python tarazu bench replay"


def cases() -> Iterator[Case]:
    made = made_day()
    rates = {}
    for form, goal_s in DAY_S.items():
        took = [cpu_s(made, form) for _ in range(ROUNDS)]
        day_s = statistics.median(took)
        rates[form] = made.packets / day_s
        case = f"{made.packets / 1e6:.2f} M packets, {form}, no exchange"
        yield at_most("replay", case, ours=day_s, unit="s CPU", goal=goal_s)
    quarter, whole = (peak_mb(made, seconds) for seconds in (SECONDS // 4, SECONDS))
    yield at_most("replay", "memory, day less a quarter", ours=whole - quarter, unit="MB", goal=GROWTH_MB_MAX)
    peer = peer_rate(peer_python(), made)
    for form, rate in rates.items():
        case = f"{form}, no exchange, beside nautilus"
        yield against_peer("replay", case, ours=rate, peer=peer, unit="ticks/s", goal=TIMES[form])


def peer_python() -> str:
    """Raises BadBenchmark, with how to have the peer."""
    python = os.environ.get("TARAZU_NAUTILUS_PYTHON", "")
    if not python:
        raise BadBenchmark(f"replay is measured beside nautilus_trader, and TARAZU_NAUTILUS_PYTHON is not set: {SETUP}")
    try:
        _said(python, "-c", "import nautilus_trader")
    except (OSError, subprocess.CalledProcessError) as bad:
        raise BadBenchmark(f"TARAZU_NAUTILUS_PYTHON={python} has no nautilus_trader ({_last(bad)}): {SETUP}") from bad
    return python


def peer_rate(python: str, made: MadeDay) -> float:
    """Its ticks a second. Raises BadBenchmark where its version is none that the program knows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "quotes.npz")
        np.savez(path, **quotes(made, PEER_SECONDS))
        program = Path(__file__).parent / "replayrig" / "peer.py"
        try:
            said = _said(python, str(program), str(path))
        except subprocess.CalledProcessError as bad:
            raise BadBenchmark(f"the peer's program {program.name} failed: {_last(bad)}") from bad
    told = json.loads(said.splitlines()[-1])
    print(f"nautilus_trader {told['version']}: {told['ticks']:,} quotes, {told['orders']} orders", file=sys.stderr)
    return float(told["ticks"] / told["cpu_s"])


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _last(bad: OSError | subprocess.CalledProcessError) -> str:
    """The last line of why."""
    said = str(bad.stderr) if isinstance(bad, subprocess.CalledProcessError) else str(bad)
    return (said.strip().splitlines() or [str(bad)])[-1]
