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
from tarazu.app.research.result import DayResult, Result
from tarazu.app.research.run import run_day
from tarazu.app.research.told import signed
from tarazu.app.research.trial import Bar, Trial, result_of

SETS_MAX = 1_000
_WINDOWS = re.compile(r"(\d{1,3}):(\d{1,3})\Z", re.ASCII)


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    train: int
    test: int
    sets: tuple[dict[str, Any], ...]
    """Every combination of the grid; ties are for the first."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """One window: by what days, which parameters, and what came of them."""

    first: str
    last: str
    params: dict[str, Any]
    trained_paise: int
    tested: tuple[str, ...]
    tested_paise: int

    @property
    def line(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.params.items()) or "as said"
        return (
            f"window     {self.first}..{self.last} chose {told} ({signed(self.trained_paise)}); "
            f"{self.tested[0]}..{self.tested[-1]} made {signed(self.tested_paise)}"
        )

    @property
    def fact(self) -> dict[str, Any]:
        made: dict[str, Any] = msgspec.to_builtins(self)
        return made


def windows_of(said: str | None, grid: Sequence[str], days: int) -> Windows:
    """Raises BadParam."""
    found = _WINDOWS.fullmatch(said or "")
    if found is None or not grid:
        raise BadParam(
            "--walk-forward TRAIN:TEST and --grid NAME=VALUE,VALUE go together: 10:5 chooses on 10 days, tries on 5"
        )
    train, test, values = int(found[1]), int(found[2]), grid_of(grid)
    sets = tuple(dict(zip(values, each, strict=True)) for each in itertools.product(*values.values()))
    if not train or not test or train + test > days:
        raise BadParam(
            f"--walk-forward {said} takes at least {train + test} days, each part at least one; there are {days}"
        )
    if len(sets) > SETS_MAX:
        raise BadParam(f"the grid has {len(sets):,} sets, and {SETS_MAX:,} is the most")
    return Windows(train=train, test=test, sets=sets)


def walked(trial: Trial, days: Iterable[ResearchDay], windows: Windows, bar: Bar) -> tuple[Result, tuple[Chosen, ...]]:
    """Raises what `run_day` raises."""
    kept, tested, chose = list(days), list[DayResult](), list[Chosen]()
    for first in range(0, len(kept) - windows.train - windows.test + 1, windows.test):
        train = kept[first : first + windows.train]
        test = kept[first + windows.train : first + windows.train + windows.test]
        with bar(f"{train[0].date}") as progress:
            sums = []
            for n, params in enumerate(windows.sets):
                sums.append(sum(_run(trial, day, params).net_paise for day in train))
                progress(n + 1, len(windows.sets) + 1)
            best = max(range(len(sums)), key=lambda n: (sums[n], -n))
            found = [_run(trial, day, windows.sets[best]) for day in test]
        tested += found
        chose.append(
            Chosen(
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
    return result_of(trial, tested), tuple(chose)


def _run(trial: Trial, day: ResearchDay, params: dict[str, Any]) -> DayResult:
    strategies = tuple(msgspec.structs.replace(one, params={**one.params, **params}) for one in trial.strategies)
    return run_day(day, strategies, trial.config, trial.terms)
