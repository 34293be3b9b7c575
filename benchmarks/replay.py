"""A recorded day of 11.25 M full-mode packets through the engine on one core, beside nautilus_trader on its quotes.

500 instruments, a packet of each in every second from 09:15 to 15:30, from the feed log: checksums are checked, frames
decoded, the state moved, an EMA crossover of one future decides, and its orders pass every check of the gate and are
refused by a broker whose books are read all day (what an exchange model costs besides is `sweep`). The engine is told
of a second every second, with the compiled strategy every fifteen. Of the features the book's alone are worked out.
CPU seconds of everything but the making of the day.

The peer (`TARAZU_NAUTILUS_PYTHON`: the python of a virtual environment with nautilus_trader) has the same crossover on
the same quotes, decoded and made into its objects beforehand; its rate is of the day's first quarter of an hour.
"""

import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from replayrig.crossing import Compiled, Plain
from replayrig.engine_run import EngineRun
from replayrig.made_day import SECONDS, MadeDay, made_day
from replayrig.trial import FAST, SLOW, quotes, traded_at
from tarazu.ops.bench import Case, against_peer, at_most

# Issue 5: a compiled strategy takes at most 1 s, a Python one 5 s; 50 and 10 times the peer's ticks a second.
DAY_S = {"compiled": 1.0, "plain": 5.0}
TIMES = {"compiled": 50.0, "plain": 10.0}
FORMS = {"compiled": Compiled, "plain": Plain}
ROUNDS = 3
PEER_SECONDS = 900
GROWTH_MB_MAX = 16.0
"""What four times the day may cost in memory: nothing, but for what an allocator keeps."""
SETUP = "python -m venv V && V/bin/pip install nautilus_trader; TARAZU_NAUTILUS_PYTHON=V/bin/python tarazu bench replay"


def cases() -> Iterator[Case]:
    made = made_day()
    rates = {}
    for form, goal_s in DAY_S.items():
        took = [run(made, form) for _ in range(ROUNDS)]
        day_s = statistics.median(took)
        rates[form] = made.packets / day_s
        case = f"{made.packets / 1e6:.2f} M packets, {form}"
        yield at_most("replay", case, ours=day_s, unit="s CPU", goal=goal_s)
    peer = peer_rate(made)
    for form, rate in rates.items() if peer is not None else ():
        assert peer is not None
        yield against_peer("replay", f"{form}, beside nautilus", ours=rate, peer=peer, unit="ticks/s", goal=TIMES[form])
    quarter, whole = (peak_mb(made, seconds) for seconds in (SECONDS // 4, SECONDS))
    yield at_most("replay", "memory, day less a quarter", ours=whole - quarter, unit="MB", goal=GROWTH_MB_MAX)


def run(made: MadeDay, form: str, seconds: int = SECONDS) -> float:
    """CPU seconds of a run over the first `seconds`."""
    traded = made.instruments[traded_at(made)]
    strategy = FORMS[form](traded.key, traded.lot_size, FAST, SLOW)
    start = time.process_time()
    done = EngineRun(made, strategy, seconds)
    done.whole()
    took_s = time.process_time() - start
    assert done.market.packets == seconds * len(made.instruments) and (done.sent or seconds < SECONDS)
    return took_s


def peer_rate(made: MadeDay) -> float | None:
    """Its ticks a second; None, and how to have it, where it is not installed."""
    python = os.environ.get("TARAZU_NAUTILUS_PYTHON")
    if not python:
        print(f"without the peer: {SETUP}", file=sys.stderr, flush=True)
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "quotes.npz")
        np.savez(path, **quotes(made, PEER_SECONDS))
        program = Path(__file__).parent / "replayrig" / "peer.py"
        said = subprocess.run([python, program, path], check=True, capture_output=True, text=True).stdout
    told = json.loads(said.splitlines()[-1])
    print(f"nautilus_trader {told['version']}: {told['ticks']:,} quotes, {told['orders']} orders", file=sys.stderr)
    return float(told["ticks"] / told["cpu_s"])


def peak_mb(made: MadeDay, seconds: int) -> float:
    """The most memory that a process of its own has had after so much of the day."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peak: float = pool.apply(_peak_mb, (made, seconds))
    return peak


def _peak_mb(made: MadeDay, seconds: int) -> float:
    run(made, "compiled", seconds)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
