"""Many simulated days over several processes."""

import gc
import os
import signal
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import msgspec

from tarazu.dst.day import run_day
from tarazu.dst.mutants import applied
from tarazu.dst.options import DayOptions
from tarazu.dst.tally import USUAL_DAY, Case, Tally

JOBS = 2
CHUNK_DAYS = 10
_AUTOGROUP = Path("/proc/self/autogroup")
_AHEAD = 2
"""Chunks waiting for each process."""

Told = Callable[[Tally], None]


class BrokenDay(Exception):
    """The simulation itself failed, which says nothing about the product. Which day, and how, is in the text."""


class Part(msgspec.Struct, frozen=True):
    """Some cases of a campaign, one after another."""

    at: int
    """The place of the first of them in the campaign."""
    cases: Sequence[Case]


class Done(msgspec.Struct, frozen=True):
    part: Part
    tally: Tally
    cpu_s: float
    """Of the process that ran it."""


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
    try:
        for done in each_done(parts(cases), jobs=jobs, mutant=mutant):
            total.add(done.tally)
            told(total)
    except KeyboardInterrupt:
        return total, False
    return total, True


def parts(cases: Sequence[Case], at: int = 0, size: int = CHUNK_DAYS) -> Iterator[Part]:
    """Of `cases`, the first of which is the campaign's `at`th."""
    return (Part(at + first, cases[first : first + size]) for first in range(0, len(cases), size))


def each_done(waiting: Iterator[Part], *, jobs: int = JOBS, mutant: str | None = None) -> Generator[Done]:
    """Every part as it is done, in no order. Raises KeyboardInterrupt, and what `run` raises."""
    return _done_here(waiting, mutant) if jobs <= 1 else _done_by(waiting, mutant, jobs)


def run_part(cases: Iterable[Case], mutant: str | None = None) -> Tally:
    """In this process, one after another. Raises BrokenDay."""
    tally = Tally()
    with applied(mutant):
        for case in cases:
            try:
                tally.count(case, run_day(case.seed, case.options))
            except Exception as bug:
                raise BrokenDay(f"seed {case.seed}: {type(bug).__name__}: {bug}") from bug
    return tally


def _done_here(waiting: Iterable[Part], mutant: str | None) -> Generator[Done]:
    return (_timed(part, part.cases, mutant) for part in waiting)


def _timed(part: Part, cases: Iterable[Case], mutant: str | None) -> Done:
    began_s = time.process_time()
    tally = run_part(cases, mutant)
    return Done(part, tally, time.process_time() - began_s)


def _done_by(waiting: Iterator[Part], mutant: str | None, jobs: int) -> Generator[Done]:
    """By fresh processes: nothing of this one, and no mutant of it, is in them. A thread asks them: Ctrl-C is heard in
    this one, and one that came while a lock of the pool was taken would leave it so, and nobody could end."""
    is_over = get_context("spawn").Event()
    told: SimpleQueue[Done | BaseException | None] = SimpleQueue()
    asking = Thread(target=_ask, args=(waiting, mutant, jobs, is_over, told), name="parts")
    asking.start()
    try:
        while (said := told.get()) is not None:
            if isinstance(said, BaseException):
                raise said
            yield said
    finally:
        is_over.set()
        asking.join()


def _ask(
    waiting: Iterator[Part],
    mutant: str | None,
    jobs: int,
    is_over: Event,
    told: SimpleQueue[Done | BaseException | None],
) -> None:
    """Tells what was done, or why no more is; None is the end."""
    spawn = get_context("spawn")
    try:
        with ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_serve, initargs=(is_over,)) as pool:
            asked: set[Future[Done]] = {pool.submit(_served, part, mutant) for part in islice(waiting, jobs * _AHEAD)}
            try:
                while asked and not is_over.is_set():
                    done, asked = wait(asked, return_when=FIRST_COMPLETED)
                    asked |= {pool.submit(_served, part, mutant) for part in islice(waiting, len(done))}
                    for future in done:
                        told.put(future.result())
            finally:
                is_over.set()
                pool.shutdown(wait=True, cancel_futures=True)
    except BaseException as failed:  # noqa: BLE001 - raised by whoever hears it
        told.put(failed)
    else:
        told.put(None)


_is_over: Event
"""In a process that serves: set when nobody waits for what it does."""


def _serve(is_over: Event) -> None:
    """Ctrl-C is heard by every process of a terminal, SIGTERM by every one of a service: the one that gathers the
    results is to end it. Where that one is killed, this one ends too."""
    global _is_over
    _is_over = is_over
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    if os.sched_getscheduler(0) == os.SCHED_IDLE:
        _step_aside()
    gc.freeze()
    gc.disable()


def _step_aside() -> None:
    """Where the kernel shares the cores among sessions first (autogroup of sched(7)), what is idle inside a session has
    all of its share. So it gets a session of its own, and that the least share of all."""
    os.setsid()
    if _AUTOGROUP.exists():
        _AUTOGROUP.write_text("19")


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "it was started by the one that gathers"
    parent.join()
    os._exit(1)


def _served(part: Part, mutant: str | None) -> Done:
    return _timed(part, _wanted(part.cases), mutant)


def _wanted(cases: Iterable[Case]) -> Iterator[Case]:
    """The rest of a part that nobody waits for is not begun. Garbage is looked for between days: within one there is
    little, and looking for it took a tenth of it."""
    for case in cases:
        if _is_over.is_set():
            return
        yield case
        gc.collect()
