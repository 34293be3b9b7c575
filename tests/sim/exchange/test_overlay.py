"""The row others see, with our trades in it, at the edges of what its 32-bit numbers hold."""

import numpy as np

from tarazu.sim.exchange.overlay import WORD_MAX, Overlay
from tarazu.wire.kite_ticks import TICK


def test_a_row_that_holds_no_more_volume_shows_the_most_it_can() -> None:
    rows = np.zeros(3, TICK)
    rows["volume"], rows["avg_price"], rows["ltp"] = 4_000_000_000, 200, 200
    overlay = Overlay(rows, 1)
    overlay.record(100, 400_000_000, 0, counted=False)
    overlay.paint(None)
    assert rows["volume"].tolist() == [4_000_000_000, WORD_MAX, 4_000_000_000]
    assert rows["avg_price"][1] == (200 * 40 + 100 * 4) // 44
    assert overlay.volume == 4_400_000_000


def test_only_its_own_row_is_painted_and_lifting_gives_the_markets_row_back() -> None:
    rows = np.zeros(3, TICK)
    rows["ltp"] = (10, 20, 30)
    before = rows.copy()
    overlay = Overlay(rows, 1)
    overlay.record(25, 7, 0, counted=False)
    overlay.paint(None)
    assert rows["ltp"].tolist() == [10, 25, 30] and rows["volume"].tolist() == [0, 7, 0]
    overlay.lift()
    assert (rows == before).all()
