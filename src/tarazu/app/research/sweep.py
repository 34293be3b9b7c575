"""Many parameter sets over one day: its frames are decoded once in each process, and every set has an engine and a
broker of its own on the market that they make.

    results = sweep(day, [settings, settings, ...], config, processes=2)
"""

import multiprocessing
import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tarazu.app.research.day import ResearchDay
from tarazu.app.research.frames import PassedMarket, Stop
from tarazu.app.research.result import DayResult
from tarazu.app.research.run import Terms
from tarazu.app.research.swept_run import SweptRun
from tarazu.app.settings import StrategySettings
from tarazu.engine.config import EngineConfig
from tarazu.market.state import DERIVE_ALL, Derive
from tarazu.model.units import SECOND_NS

Settings = Sequence[StrategySettings]
Found = list[DayResult]


class Ways(NamedTuple):
    """How a day is tried, the same for all sets."""

    config: EngineConfig
    terms: Terms = Terms()
    rest_ns: int = SECOND_NS
    """See `swept_run`: a second gives what a run of one set gives."""
    derive: Derive = DERIVE_ALL
    """What of the market's features is worked out: all that some strategy reads."""


def sweep(day: ResearchDay, sets: Sequence[Settings], ways: Ways, processes: int = 1) -> Found:
    """A result for each set, in their order, whatever the number of processes.

    Raises app.main.strategies.BadStrategy; runtime.shell.EngineFailed for a bug. More than one process needs a day that
    pickles, as those of `recorded_days` and `made_days` do.
    """
    if processes == 1 or len(sets) < 2:
        return run_sets(day, sets, ways)
    shares = [sets[n::processes] for n in range(min(processes, len(sets)))]
    config = msgspec.msgpack.encode(ways.config)
    with multiprocessing.get_context("forkserver").Pool(len(shares)) as pool:
        found = pool.starmap(_run_share, [(day, share, config, ways[1:]) for share in shares], chunksize=1)
    return [found[n % len(shares)][n // len(shares)] for n in range(len(sets))]


def _run_share(day: ResearchDay, sets: Sequence[Settings], config: bytes, rest: tuple[Terms, int, Derive]) -> Found:
    """In another process. The config comes as the journal writes it: pickled, its defaults would be values that
    somebody has set, the journal another, and with its hashes the tags of all orders."""
    return run_sets(day, sets, Ways(msgspec.msgpack.decode(config, type=EngineConfig), *rest))


def run_sets(day: ResearchDay, sets: Sequence[Settings], ways: Ways) -> Found:
    """The same in this process."""
    began_s = time.monotonic()
    market = PassedMarket(day.frames(), day.traded, ways.derive)
    runs = [SweptRun(market, day, settings, ways.config, ways.terms, ways.rest_ns) for settings in sets]
    for run in runs:
        run.begin()
    _pass(market, runs)
    return [run.end(time.monotonic() - began_s) for run in runs]


def _pass(market: PassedMarket, runs: Sequence[SweptRun]) -> None:
    """The frames of the day, and what is due between them: at one time what is due goes first, as in `run.DayRun`.

    Whoever was neither called nor due is not asked: his time stands as it was. Runs sit in their own order."""
    end_ns = runs[0].end_ns if runs else 0
    dues = [run.due_ns for run in runs]
    while True:
        due_ns = min(dues)
        stop = market.run_to(min(due_ns - 1, end_ns))
        if stop is Stop.LOOK:
            turns = market.called()
            for n in turns:
                runs[n].look()
        elif stop is Stop.OTHER:
            assert market.frame is not None, "the frame of OTHER"
            turns = list(range(len(runs)))
            for run in runs:
                run.other(market.frame)
        elif due_ns > end_ns:
            return
        else:
            turns = [n for n, at_ns in enumerate(dues) if at_ns <= due_ns]
            for n in turns:
                runs[n].go_to(due_ns)
        for n in turns:
            dues[n] = runs[n].due_ns
