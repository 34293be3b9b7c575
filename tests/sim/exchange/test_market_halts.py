"""Halts of the whole market, sliding ranges, and the faults that stop or move the market."""

from datetime import time
from typing import Any

import numpy as np
import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import Phase
from tarazu.sim.exchange.exchange import Exchange
from tarazu.sim.exchange.halts import Breaker

NIFTY = 0


def test_a_halt_refuses_orders_takes_cancels_and_reopens_with_a_call(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.95  -> A ACCEPTED
        B BUY 100 @ 99.90  -> B ACCEPTED
        halt 45
        C BUY 100 @ 99.95  -> C REJECTED Trading is halted
        amend B 90 @ 99.90 -> B AMEND_REFUSED Trading is halted
        cancel B           -> B CANCELED 100
        step buy 900 sell 900 ->
    """)
    assert scene.exchange.halted(scene.now_ns)
    assert scene.exchange.phase(scene.index, scene.now_ns) is Phase.CLOSED
    scene.play("at 10:45:02 ->")
    assert not scene.exchange.halted(scene.now_ns)
    assert scene.exchange.phase(scene.index, scene.now_ns) is Phase.PRE_OPEN
    scene.play("""
        D SELL 50 @ 99.95  -> D ACCEPTED
        E BUY 20 @ MKT     -> E ACCEPTED
        F SELL 10 @ 99.00 trigger 99.10 -> F REJECTED Stop loss orders
        at 11:00:01        -> E TRADED 20@99.95; D TRADED 20@99.95; D TRADED 30@99.95
        G SELL 1000 @ 99.95 -> G ACCEPTED; G TRADED 470@99.95; G TRADED 100@99.95; A TRADED 100@99.95
    """)


def test_derivatives_have_no_call_after_a_halt(scene: Any) -> None:
    scene.play("""
        on NIFTY26NOVFUT
        halt 45
        at 10:50
        A BUY 65 @ 100 -> A REJECTED Trading is halted
        at 11:00:01
        B BUY 65 @ 100 -> B ACCEPTED
    """)


def test_nothing_shows_or_trades_during_a_halt_and_the_market_is_seen_again_after_it(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.95 -> A ACCEPTED
        halt 45
        book 500@98 | 500@99
        ltp 98.50
        step sell 900     ->
        show              -> 600@99.95(2) 900@99.9(1) | 400@100.05(1) 800@100.1(1) | 100
        at 11:00:01       -> A TRADED 100@99
        show              -> 500@98(1) | 400@99(1) | 99
    """)


def test_a_halt_for_the_day_leaves_no_closing_auction_either(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.95 -> A ACCEPTED
        halt day
        at 15:20          -> A CANCELED 100
        B BUY 100 @ 100   -> B REJECTED Trading is halted
    """)


@pytest.mark.parametrize(
    ("move_pct", "clock", "minutes"),
    [
        (9.9, "11:00", "open"),
        (-10.0, "11:00", 45),
        (10.0, "12:59:59", 45),
        (-10.2, "13:00", 15),
        (-10.2, "14:30", "open"),
        (-15.0, "12:59", 105),
        (-15.0, "13:30", 45),
        (15.0, "14:00", None),
        (-20.5, "09:20", None),
    ],
)
def test_the_breaker_follows_its_table(scene: Any, move_pct: float, clock: str, minutes: int | str | None) -> None:
    breaker = Breaker(reference.rules("nse-2026").mwcb, scene.session)
    now_ns = ist.at_ns(scene.session.day, time.fromisoformat(clock))
    step = breaker.watch(now_ns, move_pct)
    assert (step.halt_min if step else "open") == minutes


def test_each_breaker_level_acts_once(scene: Any) -> None:
    breaker = Breaker(reference.rules("nse-2026").mwcb, scene.session)
    now_ns = scene.now_ns
    assert [bool(breaker.watch(now_ns, move)) for move in (-10, -11, -9, -10, -15, -16, -20)] == [
        True,
        False,
        False,
        False,
        True,
        False,
        True,
    ]


def test_an_index_ten_per_cent_down_halts_the_market(scene: Any) -> None:
    scene.market.write(NIFTY, ltp=9_000)
    scene.play("""
        step
        A BUY 100 @ 99.95 -> A REJECTED Trading is halted
    """)


def test_a_slide_moves_both_limits_and_cancels_what_it_leaves_outside(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 94              -> A ACCEPTED
        B BUY 100 @ 95              -> B ACCEPTED
        C SELL 100 @ 92 trigger 93  -> C STOPPED
        D SELL 100 @ 114            -> D REJECTED Order price is out
        slide up                    -> A CANCELED 100 Order canceled by the exchange: the price range
        E SELL 100 @ 114            -> E ACCEPTED
    """)
    assert scene.exchange.bands(scene.index) == (9_500, 11_500)
    assert scene.exchange.working("C") is not None


def test_fifty_trading_steps_at_the_mark_slide_the_range(scene: Any) -> None:
    scene.play("A BUY 100 @ 91 -> A ACCEPTED")
    scene.market.write(scene.index, ltp=10_990)
    for _ in range(49):
        assert scene.step(bought=10) == []
    scene.play("""
        step             ->
        step buy 10      -> A CANCELED 100
    """)
    assert scene.exchange.bands(scene.index) == (9_500, 11_500)


def test_a_frozen_book_still_trades_but_does_not_move(scene: Any) -> None:
    scene.exchange.freeze(True)
    scene.play("""
        book 500@98 | 500@99
        ltp 98.50
        step sell 900
        show                -> 500@99.95(1) 900@99.9(1) | 400@100.05(1) 800@100.1(1) | 100
        A BUY 500 @ 100.05  -> A ACCEPTED; A TRADED 400@100.05
        step sell 900       ->
        cancel A            -> A CANCELED 100
    """)
    scene.exchange.freeze(False)
    scene.play("show -> 500@98(1) | 500@99(1) | 98.5")


def test_a_jump_is_for_markets_that_can(scene: Any) -> None:
    assert scene.exchange.jump(-3.0) is False


def test_instruments_without_orders_show_the_markets_rows_untouched(scene: Any) -> None:
    scene.play("A BUY 100 @ 99.95 -> A ACCEPTED")
    exchange: Exchange = scene.exchange
    scene.play("step")
    others = [n for n in range(len(scene.market.universe)) if n != scene.index]
    assert np.array_equal(exchange.market.rows[others], scene.market._own[others])


def test_a_halt_that_outlasts_the_day_leaves_nothing_due_after_it(scene: Any) -> None:
    scene.play("""
        at 15:30
        halt 105
        on NIFTY26NOVFUT
        A BUY 65 @ 100 ttl 7200 -> A REJECTED Trading is halted
        at 16:00                ->
    """)
    assert scene.exchange.next_ns() is None
