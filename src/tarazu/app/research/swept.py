"""Every set of a grid on every day: what each of them made. The days that choose are the days that judge, so the best
of many is partly luck; `walk` is the honest way to choose."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tarazu.app.pages.words import rupees, signed
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.result import DayResult
from tarazu.app.research.sweep import Ways, sweep
from tarazu.app.research.trial import Bar, Trial

SETS_SHOWN = 40


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """One set over all the days."""

    params: dict[str, Any]
    net_paise: int = 0
    charges_paise: int = 0
    worst_day_paise: int = 0
    """The least that a day made; above 0 where all won."""
    orders: int = 0
    refused: int = 0
    halted: int = 0
    """Days that ended so."""
    books_off: int = 0
    """Days on which the broker's books said something else."""
    days: int = 0

    def after(self, day: DayResult) -> "Swept":
        return Swept(
            params=self.params,
            net_paise=self.net_paise + day.net_paise,
            charges_paise=self.charges_paise + day.charges_paise,
            worst_day_paise=min(self.worst_day_paise, day.net_paise) if self.days else day.net_paise,
            orders=self.orders + day.orders,
            refused=self.refused + sum(row.count for row in day.refusals),
            halted=self.halted + bool(day.halted),
            books_off=self.books_off + (day.net_paise != day.broker_net_paise),
            days=self.days + 1,
        )


def swept(trial: Trial, days: Iterable[ResearchDay], sets: Sequence[dict[str, Any]], bar: Bar) -> tuple[Swept, ...]:
    """In the order of the grid; each day's frames are passed once for all sets. Raises what `run_day` raises."""
    rows = [Swept(params=params) for params in sets]
    for day in days:
        with bar(str(day.date)) as progress:
            results = sweep(day, [trial.with_params(params) for params in sets], Ways(trial.config, trial.terms))
            rows = [row.after(result) for row, result in zip(rows, results, strict=True)]
            progress(1, 1)
    return tuple(rows)


def lines(rows: Sequence[Swept]) -> Iterable[str]:
    """The best first; equal ones in the order of the grid."""
    yield f"{'net':>14}{'charges':>12}{'worst day':>14}{'orders':>8}{'refused':>9}{'halted':>8}  set"
    ranked = sorted(rows, key=lambda row: -row.net_paise)
    for row in ranked[:SETS_SHOWN]:
        told = " ".join(f"{name}={value}" for name, value in row.params.items())
        yield (
            f"{signed(row.net_paise):>14}{rupees(row.charges_paise):>12}{signed(row.worst_day_paise):>14}"
            f"{row.orders:>8,}{row.refused:>9,}{row.halted:>8}  {told}"
        )
    if len(ranked) > SETS_SHOWN:
        yield f"and {len(ranked) - SETS_SHOWN} more sets: --json has them all"
    yield "chosen and judged by the same days: the best of many is partly luck; --walk-forward is the honest way"
