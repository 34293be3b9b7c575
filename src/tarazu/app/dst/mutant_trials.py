"""Every mutant's trial, several at a time, and the table of them."""

import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import msgspec

from tarazu.app.data.steps import steps
from tarazu.app.home import Profile
from tarazu.app.verdict import Check, Status, Verdict, exit_of, worst
from tarazu.dst.mutants import MUTANTS
from tarazu.dst.trials import Trial, trial

INTERRUPTED = 130


class Tried(msgspec.Struct, frozen=True):
    trial: Trial
    cpu_s: float


def tried(names: Sequence[str], seeds: int, jobs: int) -> list[Tried]:
    """In the order of `names`; Ctrl-C leaves those out that were not done."""
    found: dict[str, Tried] = {}
    try:
        with steps()("mutants") as progress:
            for one in _each(names, seeds, jobs):
                found[one.trial.mutant] = one
                progress(len(found), len(names))
    except KeyboardInterrupt:
        pass  # what was done is told, and the exit code says that it is not all
    return [found[name] for name in names if name in found]


def timed(name: str, seeds: int) -> Tried:
    began_s = time.process_time()
    found = trial(name, seeds)
    return Tried(found, time.process_time() - began_s)


def _each(names: Sequence[str], seeds: int, jobs: int) -> Iterator[Tried]:
    if jobs <= 1 or len(names) == 1:
        yield from (timed(name, seeds) for name in names)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_leave_to_parent) as pool:
        try:
            for future in as_completed([pool.submit(timed, name, seeds) for name in names]):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _leave_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def told(found: Sequence[Tried], names: Sequence[str], seeds: int, now_ns: int) -> Verdict:
    checks = tuple(_check(one) for one in found)
    status = worst(checks)
    caught = sum(one.trial.is_caught for one in found)
    is_cut = len(found) < len(names) and status is not Status.CRIT
    return Verdict(
        command="dst.mutants",
        word="INTERRUPTED" if is_cut else status.upper(),
        exit_code=INTERRUPTED if is_cut else exit_of(status),
        profile=Profile.SIM,
        now_ns=now_ns,
        summary=f"{caught} of {len(names)} mutants caught within {seeds} days each",
        checks=checks,
        body=(f"{'MUTANT':<24}{'SEED':>6}  {'BY':<8}{'CPU s':>7}  WHAT IT IS", *(_line(one) for one in found)),
        facts={"seeds": seeds, "caught": caught, "mutants": [_facts(one) for one in found]},
    )


def _check(one: Tried) -> Check:
    check = Check(id=f"dst.{one.trial.mutant}", status=Status.OK, observed=one.trial.days, unit="days")
    if one.trial.is_caught:
        return check
    what = f"{MUTANTS[one.trial.mutant].what}: no day found it"
    return check.broken(Status.CRIT, "NOT_CAUGHT", what, f"tarazu dst mutants --only {one.trial.mutant} --seeds 3000")


def _line(one: Tried) -> str:
    found = one.trial
    seed = "-" if found.seed is None else str(found.seed)
    by = found.violation.invariant if found.violation else "NOBODY"
    return f"{found.mutant:<24}{seed:>6}  {by:<8}{one.cpu_s:>7.1f}  {MUTANTS[found.mutant].what}"


def _facts(one: Tried) -> dict[str, object]:
    mutant = MUTANTS[one.trial.mutant]
    return {
        "name": one.trial.mutant,
        "what": mutant.what,
        "seen": mutant.seen,
        "expected": mutant.breaks,
        "seed": one.trial.seed,
        "days": one.trial.days,
        "violation": one.trial.violation,
        "cpu_s": round(one.cpu_s, 3),
    }
