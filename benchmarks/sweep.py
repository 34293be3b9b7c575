"""100 parameter sets over a recorded day of 11.25 M packets, two processes: wall seconds of all but the making of the
day. Each set is a compiled EMA crossover with an engine, a gate and an exchange model of its own.

`TARAZU_BENCH_SETS` (a number up to 100) tries fewer, and then there is no goal.
"""

import os
import statistics
import time
from collections.abc import Iterator, Sequence

from replayrig.made_day import made_day
from replayrig.trial import crossing, research_day, ways
from tarazu.app.research.result import DayResult
from tarazu.app.research.sweep import sweep
from tarazu.ops.bench import BadBenchmark, Case, at_most

SETS, PROCESSES, GOAL_S = 100, 2, 60.0  # issue 5


def cases() -> Iterator[Case]:
    wanted = sets_wanted()
    made = made_day()
    day = research_day(made)
    pairs = [(fast, slow) for fast in range(60, 660, 60) for slow in range(1_000, 3_000, 200)]
    assert len(pairs) == SETS
    sets = [crossing(made, "compiled", *pair) for pair in pairs[:: SETS // wanted][:wanted]]
    start = time.perf_counter()
    results = sweep(day, sets, ways(rests=True), PROCESSES)
    took_s = time.perf_counter() - start
    assert len(results) == wanted
    _trade_all_day(results, made.seconds)
    orders = statistics.median(result.orders for result in results)
    case = f"{wanted} sets, {PROCESSES} processes, {orders:.0f} orders a set"
    if wanted == SETS:
        yield at_most("sweep", case, ours=took_s, unit="s", goal=GOAL_S)
    else:
        yield Case(bench="sweep", case=case, ours=took_s, unit="s")


def sets_wanted() -> int:
    told = os.environ.get("TARAZU_BENCH_SETS", str(SETS))
    if not told.isdecimal() or not 1 <= int(told) <= SETS:
        raise BadBenchmark(f"TARAZU_BENCH_SETS is {told!r}, and not a number from 1 to {SETS}")
    return int(told)


def _trade_all_day(results: Sequence[DayResult], seconds: int) -> None:
    """A day on which a control stopped an engine on the way is no measure of it."""
    for result in results:
        assert not result.halted and result.orders, (result.halted, result.orders)
        assert result.active_s > 0.99 * seconds, f"entries were taken in {result.active_s} of {seconds} s"
        assert not any("STRATEGY_HALT" in alert for alert in result.alerts), result.alerts
