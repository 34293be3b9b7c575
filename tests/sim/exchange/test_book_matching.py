"""Price-time matching against everybody else: walking the book, queue position, partial fills, validity."""

from typing import Any


def test_an_aggressive_order_walks_the_levels_and_rests_its_remainder(scene: Any) -> None:
    scene.play("""
        A BUY 1500 @ 100.10 -> A ACCEPTED; A TRADED 400@100.05; A TRADED 800@100.1
        show                -> 300@100.1(1) 500@99.95(1) 900@99.9(1) |  | 100.1
    """)


def test_taken_liquidity_is_gone_until_the_market_steps(scene: Any) -> None:
    scene.play("""
        A BUY 400 @ 100.05 -> A ACCEPTED; A TRADED 400@100.05
        B BUY 400 @ 100.05 -> B ACCEPTED
        cancel B           -> B CANCELED 400
        step
        C BUY 400 @ 100.05 -> C ACCEPTED; C TRADED 400@100.05
    """)


def test_a_resting_order_fills_only_after_the_queue_ahead_of_it(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.95 -> A ACCEPTED
        show              -> 600@99.95(2) 900@99.9(1) | 400@100.05(1) 800@100.1(1) | 100
        book 500@99.95 900@99.90 | 400@100.05 800@100.10
        step sell 450     ->
        step sell 30      ->
    """)
    # 450 of the 500 ahead went, 450 came back behind us; 30 more went: 20 are still ahead.
    scene.play("""
        step sell 60 -> A TRADED 40@99.95
        step sell 60 -> A TRADED 60@99.95
    """)


def test_growth_of_a_level_joins_behind_us_and_its_newest_leaves_first(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.95 -> A ACCEPTED
        book 2000@99.95 | 400@100.05
        step
        book 600@99.95 | 400@100.05
        step
        book 500@99.95 | 400@100.05
        step
        step sell 550     -> A TRADED 50@99.95
    """)


def test_withdrawals_ahead_of_us_bring_us_forward(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.95 -> A ACCEPTED
        book 50@99.95 | 400@100.05
        step
        step sell 60      -> A TRADED 10@99.95
    """)


def test_flow_goes_no_deeper_than_the_touch_went(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.90 -> A ACCEPTED
        step sell 5000    ->
        book 500@99.85 | 400@100.05
        step sell 5000    -> A TRADED 100@99.9
    """)


def test_an_order_inside_the_spread_is_hit_first(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 100.00 -> A ACCEPTED
        step sell 30       -> A TRADED 30@100
        step sell 500      -> A TRADED 70@100
    """)


def test_a_market_that_moves_through_our_price_fills_us_there_for_the_crossing_quantity(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.90 -> A ACCEPTED
        book 900@99.80 | 60@99.85 400@99.95
        step              -> A TRADED 60@99.9
        show              -> 40@99.9(1) 900@99.8(1) | 400@99.95(1) | 99.9
    """)


def test_own_orders_of_two_accounts_match_each_other_under_one_trade_id(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 100.00 -> A ACCEPTED
        B SELL 60 @ 99.95  -> B ACCEPTED; B TRADED 60@100; A TRADED 60@100
    """)
    taker, maker = scene.reports[-2:]
    assert taker.trade_id == maker.trade_id


def test_ioc_takes_what_there_is_and_cancels_the_rest(scene: Any) -> None:
    scene.play("""
        A BUY 500 @ 100.05 IOC -> A ACCEPTED; A TRADED 400@100.05; A CANCELED 100 Unmatched IOC
        B BUY 500 @ 99.00 IOC  -> B ACCEPTED; B CANCELED 500
    """)
    assert scene.exchange.working("A") is None


def test_a_market_order_takes_the_book_and_rests_its_remainder_at_the_ltp(scene: Any) -> None:
    scene.play("""
        A SELL 2000 @ MKT -> A ACCEPTED; A TRADED 500@99.95; A TRADED 900@99.9
        show              ->  | 600@99.9(1) 400@100.05(1) 800@100.1(1) | 99.9
    """)


def test_only_the_disclosed_part_queues_and_the_next_joins_the_tail(scene: Any) -> None:
    scene.play("""
        A SELL 100 @ 100.00 show 40 -> A ACCEPTED
        B SELL 50 @ 100.00          -> B ACCEPTED
        show                        -> 500@99.95(1) 900@99.9(1) | 90@100(2) 400@100.05(1) 800@100.1(1) | 100
        step buy 60                 -> A TRADED 40@100; B TRADED 20@100
        show                        -> 500@99.95(1) 900@99.9(1) | 70@100(2) 400@100.05(1) 800@100.1(1) | 100
        step buy 60                 -> B TRADED 30@100; A TRADED 30@100
        C BUY 100 @ 100.00          -> C ACCEPTED; C TRADED 10@100; A TRADED 10@100; C TRADED 20@100; A TRADED 20@100
    """)


def test_less_quantity_keeps_the_place_and_more_or_another_price_loses_it(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 100.00   -> A ACCEPTED
        B BUY 100 @ 100.00   -> B ACCEPTED
        amend A 80 @ 100.00  -> A AMENDED
        show                 -> 180@100(2) 500@99.95(1) 900@99.9(1) | 400@100.05(1) 800@100.1(1) | 100
        step sell 10         -> A TRADED 10@100
        amend A 90 @ 100.00  -> A AMENDED
        step sell 10         -> B TRADED 10@100
        amend B 100 @ 99.95  -> B AMENDED
        amend B 100 @ 100.00 -> B AMENDED
        step sell 10         -> A TRADED 10@100
    """)


def test_an_amendment_that_crosses_trades(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.95   -> A ACCEPTED
        amend A 100 @ 100.05 -> A AMENDED; A TRADED 100@100.05
        amend A 100 @ 100.05 -> A AMEND_REFUSED 16346 : Order cannot be modified
        cancel A             -> A CANCEL_REFUSED
    """)


def test_quantity_cannot_be_amended_to_what_is_filled_already(scene: Any) -> None:
    scene.play("""
        A BUY 500 @ 100.05   -> A ACCEPTED; A TRADED 400@100.05
        amend A 400 @ 100.05 -> A AMEND_REFUSED 16346
        amend A 450 @ 100.05 -> A AMENDED
        cancel A             -> A CANCELED 50
    """)


def test_a_ttl_order_leaves_when_its_time_is_over(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.00 ttl 60 -> A ACCEPTED
        at 10:01:00              ->
        at 10:01:01              -> A CANCELED 100 Order canceled by the exchange: its time
    """)


def test_our_trades_stay_in_volume_and_extremes_when_the_market_rewrites_the_row(scene: Any) -> None:
    scene.market.write(scene.index, high=10_005, low=9_995, avg_price=10_000)
    scene.play("""
        step
        A BUY 1200 @ 100.10 -> A ACCEPTED; A TRADED 400@100.05; A TRADED 800@100.1
        step
    """)
    row = scene.exchange.row(scene.index)
    assert (row["volume"], row["high"], row["low"]) == (2_200, 10_010, 9_995)
    assert row["avg_price"] == (1_000 * 10_000 + 400 * 10_005 + 800 * 10_010) // 2_200
    assert row["ltp"] == 10_010, "ours is still the last trade"
    scene.play("step buy 5")
    assert (row["ltp"], row["volume"]) == (10_000, 2_205)


def test_flow_that_hits_us_is_not_counted_twice(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 100.00 -> A ACCEPTED
        step sell 30       -> A TRADED 30@100
    """)
    assert scene.exchange.row(scene.index)["volume"] == 1_030


def test_exchange_order_ids_have_sixteen_digits_and_follow_the_seed(new_scene: Any) -> None:
    def ids(seed: int) -> list[str]:
        scene = new_scene(seed=seed)
        scene.play("at 10:00")
        return [scene.do(f"{n} BUY 1 @ 99") and scene.reports[-1].exchange_order_id for n in "ABC"]

    assert all(len(i) == 16 and i.startswith("11") for i in ids(7))
    assert ids(7) == ids(7) != ids(8)


def test_a_row_we_touched_is_marked_changed_at_once_and_with_the_next_step(scene: Any) -> None:
    changed = scene.market.changed
    scene.play("step")
    changed[:] = False
    scene.play("A BUY 100 @ 99.95 -> A ACCEPTED")
    assert changed[scene.index] and changed.sum() == 1
    scene.market.quiet = True
    scene.play("step")
    assert changed[scene.index] and changed.sum() == 1
    scene.play("step")
    assert not changed.any()


def test_our_trade_is_the_low_and_the_open_of_an_instrument_that_had_none(scene: Any) -> None:
    scene.market.write(scene.index, volume=0, open=0, high=0, low=0)
    scene.play("""
        step
        A BUY 400 @ 100.05 -> A ACCEPTED; A TRADED 400@100.05
    """)
    row = scene.exchange.row(scene.index)
    assert (row["open"], row["high"], row["low"], row["volume"]) == (10_005, 10_005, 10_005, 400)
