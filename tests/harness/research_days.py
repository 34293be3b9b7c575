"""Small made days for research: half an hour of the smallest market, and a probe that trades a call all the time."""

from collections.abc import Sequence
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

from harness.limits import WIDE
from tarazu import reference
from tarazu.app.main.build import build
from tarazu.app.main.strategies import Strategies
from tarazu.app.masters.store import MasterStore
from tarazu.app.replaying.past_day import PastDay
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.kept import Kept
from tarazu.app.research.made_days import Making, made_day
from tarazu.app.research.result import DayResult
from tarazu.app.research.run import run_day
from tarazu.app.settings import StrategySettings
from tarazu.engine.config import EngineConfig
from tarazu.model.instrument import Kind
from tarazu.runtime.journal_files import day_folder

DATE = date(2026, 11, 23)
CONFIG = EngineConfig(qty_max_default=10_000, settle_ns=0, risk=WIDE)


@cache
def small_day(seed: int = 7, scenario: str = "normal", until: time = time(9, 30)) -> ResearchDay:
    return made_day(Making(date=DATE, seed=seed, scenario=scenario, size="tiny", until=until))


def a_call(day: ResearchDay) -> str:
    """Of the nearest expiry, the strike nearest to yesterday's index."""
    spot = day.closes["NSE:NIFTY 50"]
    calls = [i for i in day.traded if i.kind is Kind.CE and i.name == "NIFTY"]
    return min(calls, key=lambda i: (i.expiry or DATE, abs(i.strike_paise - spot))).key


def probe(day: ResearchDay, **plan: Any) -> StrategySettings:
    """Buys every 15 s, holds 8; each fourth entry rests and is taken back."""
    usual: dict[str, Any] = {"keys": [a_call(day)], "qty": 65, "every_s": 15, "hold_s": 8}
    return StrategySettings(factory="harness.probe:make", params=usual | plan)


def kept_run(made: ResearchDay, strategies: Sequence[StrategySettings], root: Path) -> tuple[DayResult, PastDay]:
    """The day run from a feed log, with its journal on the disk; and what a replay takes of it."""
    kept = Kept(root, strategies)
    day, sha256 = kept.keep(made)
    journal = kept.journal(day)
    result = run_day(day, strategies, CONFIG, record=journal, master_sha256=sha256)
    journal.close()
    return result, PastDay(
        made.date,
        journal=day_folder(kept.home.journal, made.date),
        feed=kept.home.feed / str(made.date),
        masters=MasterStore(kept.home.masters),
        rates=reference.charge_rates(),
        make_strategies=Strategies(strategies),
        build=build(),
    )
