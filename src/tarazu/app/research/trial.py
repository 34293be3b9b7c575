"""A strategy tried on days: what it is told, whose limits it keeps to, and the days one after another."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from tarazu.app.main.build import build
from tarazu.app.main.day import config_of
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.kept import Kept
from tarazu.app.research.memory_record import MemoryRecord
from tarazu.app.research.result import DayResult, Result
from tarazu.app.research.run import Progress, Terms, run_day
from tarazu.app.settings import EngineSettings, RiskSettings, StrategySettings
from tarazu.engine.config import EngineConfig
from tarazu.model.instrument import Kind
from tarazu.model.units import MILLISECOND_NS, PAISE

Bar = Callable[[str], AbstractContextManager[Progress]]
UNITS_MAX = 100_000
DESKS, RESEARCHS = "the desk's own", "research's own"


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the days."""

    strategies: tuple[StrategySettings, ...]
    config: EngineConfig
    limits: str
    terms: Terms

    @property
    def name(self) -> str:
        return ", ".join(one.factory for one in self.strategies)

    @property
    def params(self) -> dict[str, Any]:
        return self.strategies[0].params if len(self.strategies) == 1 else {}

    def with_params(self, params: dict[str, Any]) -> tuple[StrategySettings, ...]:
        """The strategies, with these over their own."""
        return tuple(msgspec.structs.replace(one, params={**one.params, **params}) for one in self.strategies)


def trial_of(strategy: StrategySettings, engine: EngineSettings, terms: Terms) -> Trial:
    """By the desk's own limits where `[engine.risk]` says any; else by limits as wide as the cash, which is told.
    Nobody is there to approve anything, so approvals are off, and so is the pilot's guard."""
    configured = engine.risk != RiskSettings()
    if not configured:
        engine = msgspec.structs.replace(engine, risk=_wide(terms.cash_paise), position_limit_default=UNITS_MAX)
    config = config_of(engine)
    return Trial(
        strategies=(strategy,),
        config=msgspec.structs.replace(config, approvals=False, pilot=None),
        limits=DESKS if configured else RESEARCHS,
        terms=terms,
    )


def tried(trial: Trial, days: Iterable[ResearchDay], bar: Bar, keep: Path | None = None) -> Result:
    """Every day begins flat, with the same cash. Raises what `run_day` raises; FileExistsError for a `keep` in use."""
    kept = Kept(keep, trial.strategies) if keep is not None else None
    return result_of(trial, tuple(_days(trial, days, bar, kept)))


def result_of(trial: Trial, days: Sequence[DayResult]) -> Result:
    return Result(
        strategy=trial.name,
        params=trial.params,
        latency_ms=trial.terms.latency_ns / MILLISECOND_NS,
        cash_paise=trial.terms.cash_paise,
        limits=trial.limits,
        build=build(),
        days=tuple(days),
    )


def _days(trial: Trial, days: Iterable[ResearchDay], bar: Bar, kept: Kept | None) -> Iterator[DayResult]:
    for day in days:
        with bar(str(day.date)) as progress:
            if kept is None:
                yield run_day(day, trial.strategies, trial.config, trial.terms, MemoryRecord(), progress=progress)
                continue
            held, sha256 = kept.keep(day)
            journal = kept.journal(held)
            try:
                yield run_day(held, trial.strategies, trial.config, trial.terms, journal, sha256, progress)
            finally:
                journal.close()


def _wide(cash_paise: int) -> RiskSettings:
    """Every control is configured and none is tighter than the cash: what is left to say no is the market's own."""
    rupees = cash_paise / PAISE
    return RiskSettings(
        order_qty_max=UNITS_MAX,
        order_value_max=10 * rupees,
        gross_premium_max=100 * rupees,
        unexecuted_value_max=100 * rupees,
        scenario_loss_max=rupees,
        delta_max=100 * rupees,
        vega_max=rupees,
        day_loss_max=rupees,
        drawdown_max=rupees,
        round_trips_max=1_000,
        spread_bps_max=dict.fromkeys((Kind.EQ, Kind.FUT, Kind.CE, Kind.PE), 5_000),
    )
