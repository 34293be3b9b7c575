"""Many sets over one day, on one market: each decides what it decides alone, in however many processes."""

from datetime import date, time

import msgspec
import pytest

from harness.limits import WIDE
from tarazu.app.main.build import build
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.made_days import Making, made_day
from tarazu.app.research.result import DayResult
from tarazu.app.research.run import run_day
from tarazu.app.research.sweep import Ways, sweep
from tarazu.app.settings import StrategySettings
from tarazu.engine.config import EngineConfig
from tarazu.model.instrument import Kind
from tarazu.model.units import SECOND_NS

DAY = date(2026, 11, 23)
CONFIG = EngineConfig(qty_max_default=10_000, stop_required=False, settle_ns=0, risk=WIDE)


@pytest.fixture(scope="module")
def day() -> ResearchDay:
    return made_day(Making(date=DAY, seed=7, size="tiny", since=time(9, 20), until=time(9, 26)))


def future_of(day: ResearchDay) -> str:
    return next(i.key for i in day.traded if i.kind is Kind.FUT)


def probe(day: ResearchDay, **params: float) -> list[StrategySettings]:
    future = future_of(day)
    lot = next(i.lot_size for i in day.traded if i.key == future)
    told = {"keys": (future,), "qty": lot, "every_s": 8.0, "hold_s": 3.0, "cross_paise": 500, **params}
    return [StrategySettings(factory="harness.probe:make", params=told)]


def crossing(day: ResearchDay, fast: int, slow: int) -> list[StrategySettings]:
    told = {"key": future_of(day), "fast": fast, "slow": slow}
    return [StrategySettings(factory="harness.average_crossing:make", params=told)]


def same(one: DayResult, other: DayResult) -> bool:
    return msgspec.structs.replace(one, wall_s=0.0) == msgspec.structs.replace(other, wall_s=0.0)


def test_a_set_of_a_sweep_gives_what_a_run_of_it_alone_gives(day: ResearchDay) -> None:
    sets = [probe(day, every_s=every_s) for every_s in (6.0, 9.0)]
    swept = sweep(day, sets, Ways(CONFIG))
    alone = [run_day(day, each, CONFIG) for each in sets]
    assert all(each.trades for each in alone)
    assert alone[0].decided_sha256 != alone[1].decided_sha256
    for one, other in zip(swept, alone, strict=True):
        assert same(one, other)


def test_five_sets_together_are_five_backtests_to_the_last_figure(day: ResearchDay) -> None:
    sets = [
        probe(day, every_s=7.0),
        crossing(day, 4, 12),
        probe(day, cross_paise=-50, hold_s=20.0),
        crossing(day, 6, 18),
    ]
    sets.append(probe(day, every_s=11.0, hold_s=6.0))
    swept = sweep(day, sets, Ways(CONFIG))
    for one, settings in zip(swept, sets, strict=True):
        assert one.orders and same(one, run_day(day, settings, CONFIG))


def test_alone_a_strategy_with_a_program_is_woken_by_it_as_in_a_sweep(day: ResearchDay) -> None:
    settings = crossing(day, 4, 12)
    alone = run_day(day, settings, CONFIG)
    assert alone.trades and same(alone, sweep(day, [settings], Ways(CONFIG))[0])


def test_the_number_of_processes_changes_nothing(day: ResearchDay) -> None:
    sets = [crossing(day, fast, 3 * fast) for fast in (4, 6, 9)]
    one, two = (sweep(day, sets, Ways(CONFIG), processes=n) for n in (1, 2))
    if build.__wrapped__() != build():
        pytest.skip("the sources were edited meanwhile: another process is another build, and its tags are others")
    assert all(same(a, b) for a, b in zip(one, two, strict=True))
    assert len({each.decided_sha256 for each in one}) == 3


def test_a_strategy_with_a_program_trades_the_same_with_seconds_that_rest(day: ResearchDay) -> None:
    sets = [crossing(day, 4, 12)]
    (counted,), (rested,) = sweep(day, sets, Ways(CONFIG)), sweep(day, sets, Ways(CONFIG, rest_ns=5 * SECOND_NS))
    assert counted.trades
    for heard, other in zip(counted.trades, rested.trades, strict=True):
        assert heard == msgspec.structs.replace(other, ts_ns=heard.ts_ns), "but for when the engine heard of it"
        assert abs(heard.ts_ns - other.ts_ns) <= SECOND_NS
    assert abs(counted.active_s - rested.active_s) <= 5, "a rest"
    assert rested.messages < counted.messages
    assert rested.net_paise == counted.net_paise
