"""A research day's books, and that it is the same day however it is run: in memory, kept, from made frames or a log."""

from datetime import date, time
from pathlib import Path

import msgspec

from harness.research_days import CONFIG, kept_run, probe, small_day
from tarazu.app.replaying.rerun import rerun
from tarazu.app.research.local_desk import LATENCY_NS
from tarazu.app.research.made_days import Making, made_day
from tarazu.app.research.memory_record import MemoryRecord
from tarazu.app.research.result import DayResult
from tarazu.app.research.run import Terms, run_day
from tarazu.app.settings import StrategySettings


def run(latency_ns: int = LATENCY_NS) -> DayResult:
    day = small_day()
    return run_day(day, [probe(day)], CONFIG, Terms(latency_ns=latency_ns))


def test_the_result_is_what_the_brokers_books_say_to_the_paisa() -> None:
    result = run()
    assert len(result.trades) > 10 and result.charges_paise > 0
    assert result.net_paise == result.gross_paise - result.charges_paise == result.broker_net_paise
    assert result.curve[-1].net_paise == result.net_paise


def test_what_is_held_at_the_end_is_valued_alike_and_told() -> None:
    day = small_day()
    result = run_day(day, [probe(day, hold_s=1e6, patient_each=0)], CONFIG)
    assert result.held and result.curve[-1].exposure_paise > 0
    greeks = result.curve[-1].greeks
    assert greeks["delta"] > 0 and greeks["gamma"] > 0 and greeks["vega"] > 0 > greeks["theta"], "calls, held long"
    assert result.net_paise == result.broker_net_paise


def test_the_same_day_is_the_same_to_the_byte() -> None:
    assert bare(run()) == bare(run())


def test_a_slower_line_trades_later() -> None:
    quick, slow = run(latency_ns=1_000_000), run(latency_ns=900_000_000)
    assert quick.trades[0].ts_ns + 1_000_000_000 < slow.trades[0].ts_ns


def test_a_kept_day_trades_the_same_and_replays_byte_for_byte(tmp_path: Path) -> None:
    """From the feed log that was written of it, with a journal on the disk, and decided again by `replay --verify`."""
    made = small_day()
    result, past = kept_run(made, [probe(made)], tmp_path)
    without = run_day(made, [probe(made)], CONFIG, record=MemoryRecord())
    assert [(t.ts_ns, t.side, t.qty, t.price_paise, t.purpose) for t in result.trades] == [
        (t.ts_ns, t.side, t.qty, t.price_paise, t.purpose) for t in without.trades
    ]
    found = rerun(past)
    assert found.difference is None and not found.not_recovered and not found.losses
    assert found.equal == result.messages


def test_a_bundled_strategy_trades_decides_the_same_twice_and_replays_byte_for_byte(tmp_path: Path) -> None:
    made = made_day(Making(date=date(2026, 11, 19), seed=7, scenario="trend", size="tiny", until=time(10, 10)))
    params = {"range_minutes": 5, "stop_share": 0.02, "target_share": 0.02}
    strategies = [StrategySettings(factory="orb_spread", params=params)]
    result, past = kept_run(made, strategies, tmp_path)
    assert [(trade.side, trade.purpose) for trade in result.trades] == [
        ("BUY", "ENTRY"),
        ("SELL", "ENTRY"),
        ("BUY", "SQUARE_OFF"),
        ("SELL", "SQUARE_OFF"),
    ], "the long leg goes in first and out last"
    assert result.net_paise == result.broker_net_paise and not result.held
    again, _ = kept_run(made, strategies, tmp_path / "again")
    assert again.decided_sha256 == result.decided_sha256 and again.decisions["ENTER"] == 1
    found = rerun(past)
    assert found.difference is None and not found.not_recovered and not found.losses
    assert found.equal == result.messages


def test_the_straddle_is_bought_once_at_asks_and_sold_at_bids() -> None:
    straddle = run().straddle
    assert straddle is not None and straddle.units == 65
    assert straddle.keys[0].removesuffix("CE") == straddle.keys[1].removesuffix("PE")
    assert straddle.charges_paise > 0
    assert run().curve[-1].straddle_paise == straddle.net_paise


def bare(result: DayResult) -> DayResult:
    """Without how long it took."""
    return msgspec.structs.replace(result, wall_s=0.0)
