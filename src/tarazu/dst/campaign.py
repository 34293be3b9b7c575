"""Many simulated days over several processes."""

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context

from tarazu.dst.day import run_day
from tarazu.dst.mutants import applied
from tarazu.dst.options import DayOptions
from tarazu.dst.tally import USUAL_DAY, Case, Tally

JOBS = 2
CHUNK_DAYS = 10
_AHEAD = 2
"""Chunks waiting for each process."""

Told = Callable[[Tally], None]


class BrokenDay(Exception):
    """The simulation itself failed, which says nothing about the product. Which day, and how, is in the text."""


def seeds(first: int, days: int, options: DayOptions = USUAL_DAY) -> list[Case]:
    return [Case(seed, options) for seed in range(first, first + days)]


def run(
    cases: Sequence[Case], *, jobs: int = JOBS, mutant: str | None = None, told: Told = lambda sofar: None
) -> tuple[Tally, bool]:
    """All of `cases`, and whether all were done: Ctrl-C ends it early, with what was done by then.

    `told` hears the sum so far whenever a part is done. Raises BrokenDay, and BrokenProcessPool for a process that was
    killed.
    """
    total = Tally()
    parts = chunks(cases)
    try:
        for tally in _done_here(parts, mutant) if jobs <= 1 else _done_by(parts, mutant, jobs):
            total.add(tally)
            told(total)
    except KeyboardInterrupt:
        return total, False
    return total, True


def chunks(cases: Sequence[Case], size: int = CHUNK_DAYS) -> Iterator[Sequence[Case]]:
    return (cases[at : at + size] for at in range(0, len(cases), size))


def run_part(cases: Sequence[Case], mutant: str | None = None) -> Tally:
    """In this process, one after another. Raises BrokenDay."""
    tally = Tally()
    with applied(mutant):
        for case in cases:
            try:
                tally.count(case, run_day(case.seed, case.options))
            except Exception as bug:
                raise BrokenDay(f"seed {case.seed}: {type(bug).__name__}: {bug}") from bug
    return tally


def _done_here(parts: Iterable[Sequence[Case]], mutant: str | None) -> Iterator[Tally]:
    return (run_part(part, mutant) for part in parts)


def _done_by(parts: Iterator[Sequence[Case]], mutant: str | None, jobs: int) -> Iterator[Tally]:
    """By fresh processes: nothing of this one, and no mutant of it, is in them."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_leave_to_parent) as pool:
        waiting: set[Future[Tally]] = {pool.submit(run_part, part, mutant) for part in islice(parts, jobs * _AHEAD)}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                waiting |= {pool.submit(run_part, part, mutant) for part in islice(parts, len(done))}
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _leave_to_parent() -> None:
    """Ctrl-C is heard by every process of a terminal; the one that gathers the results is to end it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
