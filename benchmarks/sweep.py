"""100 parameter sets over a recorded day of 11.25 M packets, two processes: wall seconds of all but the making of the
day. Each set is a compiled EMA crossover with an engine, a gate and an exchange model of its own."""

import statistics
import time
from collections.abc import Iterator

from replayrig.made_day import made_day
from replayrig.trial import crossing, research_day, ways
from tarazu.app.research.sweep import sweep
from tarazu.ops.bench import Case, at_most

SETS, PROCESSES, GOAL_S = 100, 2, 60.0  # issue 5


def cases() -> Iterator[Case]:
    made = made_day()
    day = research_day(made)
    sets = [crossing(made, "compiled", fast, slow) for fast in range(60, 660, 60) for slow in range(1_000, 3_000, 200)]
    assert len(sets) == SETS
    start = time.perf_counter()
    results = sweep(day, sets, ways(rests=True), PROCESSES)
    took_s = time.perf_counter() - start
    orders = statistics.median(result.orders for result in results)
    case = f"{SETS} sets, {PROCESSES} processes, {orders:.0f} orders a set"
    yield at_most("sweep", case, ours=took_s, unit="s", goal=GOAL_S)
