"""Final settlement prices: what counts, for how long, and for whom."""

from datetime import date, time
from typing import Any

import pytest

from tarazu.model import ist
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.sim.broker.final_prices import FinalPrices

DAY = date(2026, 11, 23)  # shares with contracts trade until 15:15, the indices until 15:30


def feed(scene: Any, step_ns: int) -> dict[str, int | None]:
    """The means of a day on which every price is 100 rupees until 15:00, 200 until 15:15 and 500 after that."""
    market = scene.broker.exchange.market
    final = FinalPrices(market.universe, market.session)
    rows = market.rows.copy()
    steps = [(time(15, 0), 100_00), (time(15, 15), 200_00), (time(16, 0), 500_00)]
    for now_ns in range(ist.at_ns(DAY, time(14, 0)), ist.at_ns(DAY, time(16, 0)), step_ns):
        rows["ltp"] = next(price for until, price in steps if now_ns <= ist.at_ns(DAY, until))
        final.record(rows, now_ns)
    return {i.key: final.mean_paise(n) for n, i in enumerate(market.universe.instruments)}


@pytest.mark.parametrize("step_ns", [SECOND_NS, MINUTE_NS, 15 * MINUTE_NS], ids=["1 s", "1 min", "15 min"])
def test_each_underlying_has_the_mean_of_its_own_last_half_hour_at_any_pace(scene: Any, step_ns: int) -> None:
    means = feed(scene, step_ns)
    assert means["NSE:NIFTY 50"] == 350_00
    assert means["NSE:INFY"] == 150_00


def test_a_step_across_the_end_counts_up_to_the_end(scene: Any) -> None:
    # 14:45 to 15:00 at 100, and the step of 15:20 reaches back to 15:00 with its 500.
    assert feed(scene, 20 * MINUTE_NS)["NSE:INFY"] == 300_00


def test_what_nothing_derives_from_has_none(scene: Any) -> None:
    means = feed(scene, MINUTE_NS)
    assert means["NSE:SOUTHBANK"] is None and means["NFO:NIFTY26DECFUT"] is None
