"""docs/first-strategy.md's example on made days, by the engine that trades: it does what its page says."""

import ast
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.limits import WIDE
from harness.research_days import kept_run
from tarazu.app.main.strategies import BadStrategy, Strategies
from tarazu.app.replaying.rerun import rerun
from tarazu.app.research.day import ResearchDay
from tarazu.app.research.made_days import Making, made_day
from tarazu.app.research.result import DayResult
from tarazu.app.research.run import run_day
from tarazu.app.settings import StrategySettings
from tarazu.engine.config import EngineConfig
from tarazu.model.calendar import Phase, Venue
from tarazu.model.units import MINUTE_NS
from tarazu.strategy.day import TradingDay

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "pullback.py"
CONFIG = EngineConfig(qty_max_default=65, settle_ns=0, risk=WIDE)
"""One lot: a second position at once would be denied, and told."""


@pytest.fixture(autouse=True)
def from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


def pullback(**params: Any) -> StrategySettings:
    return StrategySettings(factory="examples.pullback:make", params=params)


@cache
def rising_afternoon() -> ResearchDay:
    """To the close of a day that rises: the last entries, and how it leaves."""
    return made_day(Making(date=date(2026, 11, 19), seed=7, scenario="trend", size="tiny", since=time(14, 20)))


@cache
def run() -> DayResult:
    return run_day(rising_afternoon(), [pullback()], CONFIG)


def lines_of_code(source: str) -> int:
    """Lines with anything on them beside imports, comments and docstrings."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    words = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) or _is_said(node)]
    aside = {line for node in words for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    texts = enumerate(source.splitlines(), 1)
    return sum(1 for at, text in texts if at not in aside and text.strip() and not text.strip().startswith("#"))


def _is_said(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_it_is_forty_lines_of_code_beside_its_imports() -> None:
    assert 30 <= lines_of_code(EXAMPLE.read_text("utf-8")) <= 40


def test_it_buys_one_lot_and_leaves_it_before_it_buys_another() -> None:
    trades = run().trades
    ways = [(trade.side, trade.qty) for trade in trades]
    assert len(ways) >= 4 and ways == [("BUY", 65), ("SELL", 65)] * (len(ways) // 2)
    assert not run().refusals and not run().broker_refusals and not run().halted


def test_behind_each_fill_rests_a_stop() -> None:
    """Two orders a trade: the entry, and the stop that is turned into the exit."""
    assert run().orders == len(run().trades) and run().changes >= len(run().trades) // 2


def test_it_is_flat_before_the_close_by_its_own_rule() -> None:
    """It buys none in the last half hour, and holds none in the last quarter."""
    closes_ns = rising_afternoon().session.window(Venue.DERIVATIVES, Phase.CONTINUOUS).end_ns  # type: ignore[union-attr]
    left = {
        side: [(closes_ns - t.ts_ns) / MINUTE_NS for t in run().trades if t.side == side] for side in ("BUY", "SELL")
    }
    assert not run().held and 29 < min(left["BUY"]) < 80 and min(left["SELL"]) > 14


def test_its_result_is_what_the_brokers_books_say() -> None:
    assert run().net_paise == run().broker_net_paise


def test_it_decides_the_same_again_from_its_journal(tmp_path: Path) -> None:
    result, past = kept_run(rising_afternoon(), [pullback()], tmp_path)
    found = rerun(past)
    assert found.difference is None and found.equal == result.messages
    assert [(t.ts_ns, t.side) for t in result.trades] == [(t.ts_ns, t.side) for t in run().trades]


@pytest.mark.parametrize("params", [{"dip_bp": 5}, {"dip_bps": 0}, {"stop_bps": 4}])
def test_a_parameter_that_is_misspelt_or_out_of_range_keeps_main_from_starting(params: dict[str, Any]) -> None:
    day = rising_afternoon()
    with pytest.raises(BadStrategy, match=next(iter(params))):
        Strategies([pullback(**params)])(TradingDay(date=day.date, instruments={i.key: i for i in day.traded}))
