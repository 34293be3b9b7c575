"""What orders meet in each phase of real sessions."""

from datetime import date, time
from typing import Any

import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import Phase, Venue, shorten
from tarazu.model.order import Side
from tarazu.model.units import SECOND_NS
from tarazu.sim.market import AuctionInterest

BALANCED = AuctionInterest((9_990, 10_000, 10_010), (200, 100, 50), (50, 100, 200), 10_000)


def phase_at(scene: Any, clock: str) -> Phase:
    found: Phase = scene.exchange.phase(scene.index, ist.at_ns(scene.session.day, time.fromisoformat(clock)))
    return found


def test_the_day_of_an_fno_share_walks_its_phases(new_scene: Any) -> None:
    scene = new_scene("INFY")
    walk = {
        "08:59:59": Phase.CLOSED,
        "09:00": Phase.PRE_OPEN,
        "09:05": Phase.PRE_OPEN_LIMIT,
        "09:07:59": Phase.PRE_OPEN_LIMIT,
        "09:10": Phase.PRE_OPEN_MATCH,
        "09:12": Phase.BUFFER,
        "09:15": Phase.CONTINUOUS,
        "15:14:59": Phase.CONTINUOUS,
        "15:15": Phase.CAS_REFERENCE,
        "15:20": Phase.CAS,
        "15:25": Phase.CAS_LIMIT,
        "15:30": Phase.CAS_MATCH,
        "15:35": Phase.CLOSED,
        "15:50": Phase.POST_CLOSE,
        "16:00": Phase.CLOSED,
    }
    assert {clock: phase_at(scene, clock) for clock in walk} == walk


@pytest.mark.parametrize(("symbol", "clock"), [("SMALL", "15:20"), ("NIFTY26NOVFUT", "15:39:59")])
def test_other_venues_trade_on_while_the_closing_auction_runs(new_scene: Any, symbol: str, clock: str) -> None:
    assert phase_at(new_scene(symbol), clock) is Phase.CONTINUOUS


def test_the_random_close_is_drawn_from_the_seed_within_its_window(new_scene: Any) -> None:
    def close(seed: int) -> int:
        scene = new_scene("INFY", seed=seed)
        at = ist.at_ns(scene.session.day, time(9, 8))
        while scene.exchange.phase(scene.index, at) is Phase.PRE_OPEN_LIMIT:
            at += SECOND_NS
        return at - ist.at_ns(scene.session.day, time(9, 8))

    closes = [close(seed) for seed in range(8)]
    assert all(0 < c <= 120 * SECOND_NS for c in closes)
    assert len(set(closes)) > 4
    assert close(3) == closes[3]


def test_the_pre_open_takes_no_stops_ioc_or_disclosed_orders_and_ends_with_limits_only(new_scene: Any) -> None:
    new_scene("SMALL").play("""
        at 08:59
        A BUY 10 @ 100             -> A REJECTED Markets are not open
        at 09:00
        B BUY 10 @ 101 trigger 101 -> B REJECTED Stop loss orders
        C BUY 10 @ 101 IOC         -> C REJECTED IOC orders
        D BUY 10 @ 101 show 5      -> D REJECTED Disclosed quantity
        E BUY 10 @ MKT             -> E ACCEPTED
        F BUY 10 @ 99              -> F ACCEPTED
        at 09:05
        G BUY 10 @ MKT             -> G REJECTED Market orders
        cancel E                   -> E CANCEL_REFUSED Market orders cannot be modified or canceled
        amend E 10 @ 100           -> E AMEND_REFUSED Market orders cannot be modified or canceled
        amend F 10 @ 99.50         -> F AMENDED
        amend F 10 @ MKT           -> F AMEND_REFUSED Market orders are not allowed
        at 09:10
        H BUY 10 @ 100             -> H REJECTED Markets are not open
        cancel F                   -> F CANCELED 10
    """)


def test_what_the_pre_open_leaves_moves_to_the_continuous_book_in_time_priority(new_scene: Any) -> None:
    scene = new_scene("SMALL")
    scene.play("""
        at 09:00
        A BUY 30 @ 99.00   -> A ACCEPTED
        B BUY 60 @ 99.00   -> B ACCEPTED
        C BUY 10 @ 98.00   -> C ACCEPTED
        at 09:14           ->
        cancel C           -> C CANCELED 10
        at 09:15           ->
        book 500@98.95 | 400@100.05
        step sell 40       -> A TRADED 30@99; B TRADED 10@99
    """)


def test_an_unmatched_market_order_moves_at_the_discovered_price(new_scene: Any) -> None:
    scene = new_scene("SMALL")
    scene.market.interest[scene.index] = AuctionInterest((10_000,), (0,), (100,), 10_000)
    scene.play("""
        at 09:00
        A BUY 160 @ MKT     -> A ACCEPTED
        at 09:14:58         -> A TRADED 100@100
        book 500@99.95 | 40@100.00 400@100.05
        step
        at 09:15            -> A TRADED 40@100
        show                -> 20@100(1) 500@99.95(1) | 400@100.05(1) | 100
    """)


def test_an_unpriced_auction_moves_market_orders_at_yesterdays_close(new_scene: Any) -> None:
    scene = new_scene("SMALL")
    scene.play("""
        at 09:00
        A BUY 10 @ MKT  -> A ACCEPTED
        at 09:14:58     ->
        book 500@99.95 | 400@100.05
        step
        at 09:15        ->
        show            -> 10@100(1) 500@99.95(1) | 400@100.05(1) | 100
    """)


def test_the_closing_auction_has_its_own_band_and_cancels_what_is_left(new_scene: Any) -> None:
    scene = new_scene("INFY")
    scene.market.interest[scene.index] = BALANCED
    scene.play("""
        at 15:10
        A BUY 10 @ 99               -> A ACCEPTED
        B BUY 10 @ 106 trigger 105  -> B STOPPED
        at 15:15                    -> A CANCELED 10 Order canceled by the exchange at the end of continuous
                                    ; B CANCELED 10
        C BUY 10 @ 99               -> C REJECTED Markets are not open
        at 15:20
        D BUY 10 @ 103.05           -> D REJECTED Order price is out of the day's price range
        E BUY 10 @ 103              -> E ACCEPTED
        F SELL 10 @ 96.95           -> F REJECTED Order price is out of the day's price range
        G BUY 10 @ 101 trigger 101  -> G REJECTED Stop loss orders
        H BUY 10 @ 101 show 5       -> H REJECTED Disclosed quantity
        I BUY 10 @ 98               -> I ACCEPTED
        J BUY 10 @ MKT              -> J ACCEPTED
        at 15:25
        cancel J                    -> J CANCEL_REFUSED
        K SELL 5 @ MKT              -> K REJECTED Market orders
        L SELL 10 @ 101             -> L ACCEPTED
        at 15:30                    -> J TRADED 10@100; E TRADED 10@100; I CANCELED 10; L CANCELED 10
    """)


def test_a_step_at_the_close_belongs_to_the_trading_before_it(new_scene: Any) -> None:
    new_scene("INFY").play("""
        at 15:14:59
        A BUY 100 @ 100.00 -> A ACCEPTED
        step sell 30       -> A TRADED 30@100; A CANCELED 70
    """)


def test_the_post_close_session_trades_at_the_closing_price_only(new_scene: Any) -> None:
    scene = new_scene("INFY")
    scene.market.interest[scene.index] = BALANCED
    scene.play("""
        at 15:50
        A BUY 10 @ 100.05  -> A REJECTED Only orders at the closing price
        B BUY 60 @ 100     -> B ACCEPTED; B TRADED 60@100
        C BUY 60 @ MKT     -> C ACCEPTED; C TRADED 40@100
        D SELL 50 @ MKT    -> D ACCEPTED; D TRADED 20@100; C TRADED 20@100; D TRADED 30@100
        E BUY 10 @ 100 IOC -> E ACCEPTED; E CANCELED 10
        F BUY 10 @ 100     -> F ACCEPTED
        at 16:00           -> F CANCELED 10 Order canceled by the exchange at the end of the day
    """)


def test_day_orders_leave_when_their_venue_has_had_its_last_phase(new_scene: Any) -> None:
    new_scene("NIFTY26NOVFUT").play("""
        at 15:39
        A BUY 65 @ 99               -> A ACCEPTED
        B BUY 65 @ 102 trigger 101  -> B STOPPED
        at 15:39:59
        at 15:40                    -> A CANCELED 65 Order canceled by the exchange at the end; B CANCELED 65
    """)


def test_expiring_index_contracts_stop_before_the_other_derivatives(new_scene: Any) -> None:
    """From 7 Dec 2026: 15:30 instead of 15:45."""
    new_scene("NIFTY26NOVFUT", day=date(2026, 12, 8)).play("""
        at 15:29
        A BUY 65 @ 99      -> A ACCEPTED
        on INFY26NOVFUT
        B BUY 400 @ 99     -> B ACCEPTED
        on NIFTY26NOVFUT
        at 15:30           -> A CANCELED 65
        C BUY 65 @ 99      -> C REJECTED Markets are not open
        at 15:44:59        ->
        at 15:45           -> B CANCELED 400
    """)


def test_a_session_played_short_has_the_same_phases_and_rules(new_scene: Any) -> None:
    long = new_scene("INFY").session
    scene = new_scene("INFY")
    scene = type(scene)(shorten(long), reference.rules("nse-2026"))
    opens = scene.session.window(Venue.CASH_FNO, Phase.CONTINUOUS)
    assert opens is not None
    scene.enter("A", Side.BUY, 10, 9_900)
    assert scene.exchange.working("A") is not None, "the pre-open takes it"
    scene.to(opens.end_ns - 1)
    assert scene.exchange.working("A") is not None
    texts = [r.text for r in scene.to(opens.end_ns)]
    assert texts == ["Order canceled by the exchange at the end of continuous trading"]
    assert scene.to(scene.session.last_ns) == [] and scene.exchange.next_ns() is None
