"""Walk-forward: the parameters are chosen on some days and tried on those that follow, again and again.

Only the days that were not chosen by count for the result.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tarazu.app.research.day import ResearchDay
from tarazu.app.research.params import BadParam, grid_of
from tarazu.app.research.recorded_days import NoSuchDay
from tarazu.app.research.result import DayResult, Result, WalkForward, Window
from tarazu.app.research.run import run_day
from tarazu.app.research.sweep import Ways, sweep
from tarazu.app.research.trial import Bar, Trial, result_of

SETS_MAX = 1_000
_WINDOWS = re.compile(r"(\d{1,3}):(\d{1,3})\Z", re.ASCII)


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    train: int
    test: int
    sets: tuple[dict[str, Any], ...]
    """Every combination of the grid; ties are for the first."""


def windows_of(said: str | None, grid: Sequence[str], days: int) -> Windows:
    """Raises BadParam."""
    found = _WINDOWS.fullmatch(said or "")
    if found is None or not grid:
        raise BadParam(
            "--walk-forward TRAIN:TEST and --grid NAME=VALUE,VALUE go together: 10:5 chooses on 10 days, tries on 5"
        )
    train, test, sets = int(found[1]), int(found[2]), sets_of(grid)
    if not train or not test or train + test > days:
        raise BadParam(
            f"--walk-forward {said} takes at least {train + test} days, each part at least one; there are {days}"
        )
    return Windows(train=train, test=test, sets=sets)


def sets_of(grid: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """Every combination, the last name's values in turn first. Raises BadParam."""
    values = grid_of(grid)
    sets = tuple(dict(zip(values, each, strict=True)) for each in itertools.product(*values.values()))
    if len(sets) > SETS_MAX:
        raise BadParam(f"the grid has {len(sets):,} sets, and {SETS_MAX:,} is the most")
    return sets


def walked(trial: Trial, days: Iterable[ResearchDay], windows: Windows, bar: Bar) -> Result:
    """The days to choose by are passed once for all sets. Raises what `run_day` raises."""
    kept, tested, chose = list(days), list[DayResult](), list[Window]()
    for first in range(0, len(kept) - windows.train - windows.test + 1, windows.test):
        train = kept[first : first + windows.train]
        test = kept[first + windows.train : first + windows.train + windows.test]
        with bar(f"{train[0].date}") as progress:
            sums = [0] * len(windows.sets)
            for n, day in enumerate(train):
                results = sweep(
                    day, [trial.with_params(params) for params in windows.sets], Ways(trial.config, trial.terms)
                )
                sums = [total + result.net_paise for total, result in zip(sums, results, strict=True)]
                progress(n + 1, len(train) + len(test))
            best = max(range(len(sums)), key=lambda n: (sums[n], -n))
            chosen = trial.with_params(windows.sets[best])
            found = [run_day(day, chosen, trial.config, trial.terms) for day in test]
        tested += found
        chose.append(
            Window(
                first=str(train[0].date),
                last=str(train[-1].date),
                params=windows.sets[best],
                trained_paise=sums[best],
                tested=tuple(str(day.date) for day in test),
                tested_paise=sum(day.net_paise for day in found),
            )
        )
    if not tested:
        raise NoSuchDay("no window fits into the days")
    walk = WalkForward(windows=tuple(chose), left_out=tuple(str(day.date) for day in kept[first + len(train + test) :]))
    return msgspec.structs.replace(result_of(trial, tested), walk=walk)
