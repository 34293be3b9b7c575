"""The protective stop of every fill rests at the broker within three seconds, by the broker's own clock."""

from collections import Counter
from pathlib import Path

import pytest

from harness.broker_truth import BrokerTruth
from harness.in_time import in_time, once_in_time
from harness.scenario_desk import ENGINE, LOT, STRIKES, ScenarioDesk, trading_desk
from tarazu.model.units import SECOND_NS
from tarazu.orders.intent import Purpose

WITHIN_S = 3.0


@pytest.mark.control("C28")
def test_every_stop_rests_at_the_broker_within_three_seconds_of_its_fill(tmp_path: Path) -> None:
    with trading_desk(tmp_path, ENGINE, "--step-ms", "200") as trading:
        once_in_time(lambda: _stops_rest_in_time(trading))


def _stops_rest_in_time(trading: ScenarioDesk) -> None:
    """Of a handful of fills; flat before and after."""
    tags = [trading.buy(key, 3 * LOT) for key in STRIKES]
    for tag in tags:
        trading.until_order(tag, "FILLED")
        trading.until(lambda: trading.resting_stops(tag) == 3 * LOT)  # noqa: B023 - asked before the next
    truth = trading.agree()
    by_broker = [_seconds_at_broker(trading, truth, tag) for tag in tags]
    by_us = [_seconds_of_ours(trading, tag) for tag in tags]
    print(f"by the broker's clock {max(by_broker):.0f} s (whole seconds), by ours {max(by_us) * 1000:.0f} ms")
    stopped = Counter(dict.fromkeys(STRIKES, 0))
    for row in truth.working:
        stopped[f"{row['exchange']}:{row['tradingsymbol']}"] += row["pending_quantity"]
    assert {(key, "NRML"): qty for key, qty in stopped.items()} == truth.net, "every unit, and no unit twice"
    trading.leave(*STRIKES)
    trading.until_flat(*STRIKES)
    in_time(max(*by_broker, *by_us), WITHIN_S, "a stop")


def _stops(trading: ScenarioDesk, tag: str) -> list[str]:
    """A part that fills by itself has a stop of its own."""
    return [o.ref for o in trading.told.orders(Purpose.STOP) if o.intent is not None and o.intent.covers == tag]


def _seconds_at_broker(trading: ScenarioDesk, truth: BrokerTruth, tag: str) -> float:
    """From the last trade of the entry until the last stop was at the exchange; the broker tells whole seconds."""
    filled = max(t["exchange_timestamp"] for t in truth.trades if t["order_id"] == truth.of_tag(tag)[0]["order_id"])
    rests = max(truth.of_tag(stop)[0]["exchange_timestamp"] for stop in _stops(trading, tag))
    return float((rests - filled).total_seconds())


def _seconds_of_ours(trading: ScenarioDesk, tag: str) -> float:
    """From the last word of a fill until the last stop rests."""
    told = trading.told
    rests_ns = max(told.way_ns(stop, "WORKING") for stop in _stops(trading, tag))
    return (rests_ns - told.way_ns(tag, "FILLED")) / SECOND_NS
