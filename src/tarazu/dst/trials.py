"""Whether the simulation catches a mutant: day after day with the wrong parts in place, until one fails."""

import msgspec

from tarazu.dst.campaign import BrokenDay
from tarazu.dst.day import run_day
from tarazu.dst.mutants import MUTANTS, applied
from tarazu.dst.options import Violation
from tarazu.dst.plan import traits_of
from tarazu.dst.tally import USUAL_DAY

SEEDS = 300
"""A mutant that lives through so many days is one that the simulation cannot see."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    mutant: str
    days: int
    """That were run."""
    seed: int | None
    """The first that failed; None: it was not caught."""
    violation: Violation | None

    @property
    def is_caught(self) -> bool:
        return self.violation is not None


def trial(mutant: str, days: int = SEEDS, first: int = 0) -> Trial:
    """Of the seeds from `first` on, as far as it can be seen on their days. A day counts that fails with the mutant and
    does not without. Raises BrokenDay."""
    tried = 0
    for seed in range(first, first + days):
        if (narrow := MUTANTS[mutant].narrow) and narrow not in traits_of(seed):
            continue
        tried += 1
        with applied(mutant):
            found = _violation(seed)
        if found is not None and _violation(seed) is None:
            return Trial(mutant=mutant, days=tried, seed=seed, violation=found)
    return Trial(mutant=mutant, days=tried, seed=None, violation=None)


def _violation(seed: int) -> Violation | None:
    try:
        return next(iter(run_day(seed, USUAL_DAY).violations), None)
    except Exception as bug:
        raise BrokenDay(f"seed {seed}: {type(bug).__name__}: {bug}") from bug
