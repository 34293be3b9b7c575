"""How long the feed waits before it tries again."""

from random import Random

import pytest

from tarazu.adapters.kite_feed.backoff import AUTH_LOST, MARKET_CLOSED, MARKET_OPEN, Pace, delay_s

TABLE = [
    # pace, failed tries, least, most
    (MARKET_OPEN, 0, 0.5, 1.0),
    (MARKET_OPEN, 1, 1.0, 2.0),
    (MARKET_OPEN, 2, 2.0, 4.0),
    (MARKET_OPEN, 3, 4.0, 8.0),
    (MARKET_OPEN, 4, 8.0, 16.0),
    (MARKET_OPEN, 5, 15.0, 30.0),
    (MARKET_OPEN, 1_000_000, 15.0, 30.0),
    (AUTH_LOST, 0, 5.0, 10.0),
    (AUTH_LOST, 9, 30.0, 60.0),
    (MARKET_CLOSED, 0, 10.0, 20.0),
    (MARKET_CLOSED, 9, 150.0, 300.0),
]


@pytest.mark.parametrize(("pace", "attempt", "least_s", "most_s"), TABLE)
def test_a_wait_fills_its_range_and_no_more(pace: Pace, attempt: int, least_s: float, most_s: float) -> None:
    dice = Random(1)
    waits = [delay_s(pace, attempt, dice) for _ in range(500)]
    assert least_s <= min(waits) < least_s * 1.02 and most_s * 0.98 < max(waits) <= most_s


def test_the_same_dice_give_the_same_waits() -> None:
    waits = [[delay_s(MARKET_OPEN, n, dice) for n in range(9)] for dice in (Random(5), Random(5), Random(6))]
    assert waits[0] == waits[1] != waits[2]
