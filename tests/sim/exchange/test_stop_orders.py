"""Stops: waiting for the last traded price, then ordinary orders."""

from typing import Any


def test_a_stop_waits_for_the_ltp_and_then_trades(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 100.50 trigger 100.20 -> A STOPPED
        ltp 100.15
        step ->
        ltp 100.20
        book 500@100.10 | 60@100.20 500@100.25
        step -> A TRIGGERED; A TRADED 60@100.2; A TRADED 40@100.25
    """)


def test_a_stop_limit_rests_when_the_price_has_run_away(scene: Any) -> None:
    scene.play("""
        A SELL 100 @ 99.50 trigger 99.60 -> A STOPPED
        ltp 99.00
        book 500@98.95 | 400@99.05
        step -> A TRIGGERED
        show -> 500@98.95(1) | 400@99.05(1) 100@99.5(1) | 99
    """)


def test_a_stop_whose_trigger_is_reached_already_wakes_at_once(scene: Any) -> None:
    scene.play("A BUY 100 @ 100.05 trigger 99.90 -> A STOPPED; A TRIGGERED; A TRADED 100@100.05")


def test_our_own_trade_can_wake_a_stop_and_that_one_the_next(scene: Any) -> None:
    scene.play("""
        C BUY 10 @ 100.10 trigger 100.10   -> C STOPPED
        B BUY 400 @ 100.10 trigger 100.05  -> B STOPPED
        A BUY 400 @ 100.05 -> A ACCEPTED; A TRADED 400@100.05
                            ; B TRIGGERED; B TRADED 400@100.1; C TRIGGERED; C TRADED 10@100.1
    """)


def test_stops_wake_in_the_order_the_price_reached_them(scene: Any) -> None:
    scene.play("""
        A BUY 10 @ 101 trigger 100.30 -> A STOPPED
        B BUY 10 @ 101 trigger 100.20 -> B STOPPED
        C BUY 10 @ 101 trigger 100.20 -> C STOPPED
        ltp 100.40
        book 500@100.30 | 500@100.50
        step -> B TRIGGERED; B TRADED 10@100.5; C TRIGGERED; C TRADED 10@100.5; A TRIGGERED; A TRADED 10@100.5
    """)


def test_a_stop_market_order_takes_what_the_book_has(scene: Any) -> None:
    scene.play("""
        A SELL 600 @ MKT trigger 99.50 -> A STOPPED
        ltp 99.50
        step -> A TRIGGERED; A TRADED 500@99.95; A TRADED 100@99.9
    """)


def test_stops_are_canceled_and_amended_like_other_orders(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 100.50 trigger 100.20         -> A STOPPED
        amend A 100 @ 100.50 trigger 100.40       -> A AMENDED
        ltp 100.30
        step                                      ->
        amend A 50 @ 100.50                       -> A AMENDED; A TRADED 50@100.05
        B BUY 100 @ 100.50 trigger 100.40         -> B STOPPED
        cancel B                                  -> B CANCELED 100
    """)


def test_a_triggered_stop_keeps_its_place_when_it_is_made_smaller(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 100.00 trigger 99.80 -> A STOPPED; A TRIGGERED
        B BUY 100 @ 100.00               -> B ACCEPTED
        amend A 50 @ 100.00              -> A AMENDED
        step sell 10                     -> A TRADED 10@100
    """)


def test_lpp_is_checked_when_the_stop_triggers(new_scene: Any) -> None:
    scene = new_scene("NIFTY26NOV26000CE")
    scene.market.bands[:] = (5, 1_000_000)
    scene.play("""
        at   10:00
        ltp  40
        book 650@39.95 | 650@40.05
        step buy 65
        A BUY 65 @ 70 trigger 62   -> A STOPPED
        B BUY 65 @ 60 trigger 50   -> B STOPPED
        at   10:01
        step buy 65                ->
        ltp  62
        step buy 65                -> B TRIGGERED; B TRADED 65@40.05; A REJECTED 17070
    """)
