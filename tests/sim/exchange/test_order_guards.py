"""What the exchange refuses, and its words."""

from typing import Any

import pytest

from tarazu import reference
from tarazu.model.units import SECOND_NS
from tarazu.sim.exchange.guards import lpp_range, mark_up

OPTION = "NIFTY26NOV26000CE"


@pytest.mark.parametrize(
    ("symbol", "order", "text"),
    [
        ("INFY", "BUY 10 @ 100", None),
        ("INFY", "BUY 0 @ 100", "Order quantity must be greater than zero"),
        ("INFY", "BUY -5 @ 100", "Order quantity must be greater than zero"),
        ("INFY", "BUY 10 @ -1", "Order price is not valid"),
        ("INFY", "BUY 10 @ 100.01", "Order price is not a multiple of the tick size"),
        ("INFY", "BUY 10 @ 100 trigger 99.99", "Order price is not a multiple of the tick size"),
        ("INFY", "BUY 10 @ 110.05", "Order price is out of the day's price range"),
        ("INFY", "SELL 10 @ 89.95", "Order price is out of the day's price range"),
        ("INFY", "SELL 10 @ 90", None),
        ("INFY", "BUY 10 @ 109 trigger 120", "Order price is out of the day's price range"),
        ("INFY", "BUY 10 @ 100 show 11", "Disclosed quantity is not valid"),
        ("INFY", "BUY 10 @ 100 trigger 101", "Limit price of the stop loss order is on the wrong side"),
        ("INFY", "SELL 10 @ 101 trigger 100", "Limit price of the stop loss order is on the wrong side"),
        ("INFY", "BUY 10 @ MKT trigger 101", None),
        ("BIG", "BUY 10 @ MKT trigger 101", "16052 : Function not available"),
        ("BIG", "BUY 10 @ 102 trigger 101", None),
        ("NIFTY 50", "BUY 10 @ 100", "Security is not allowed to trade in this market"),
        (OPTION, "BUY 65 @ 100", None),
        (OPTION, "BUY 64 @ 100", "Order quantity is not a multiple of the regular lot"),
        (OPTION, "BUY 1820 @ 100", "Order quantity exceeds the quantity freeze limit"),
        (OPTION, "BUY 65 @ 100 show 65", "Disclosed quantity is not valid"),
        (OPTION, "BUY 65 @ MKT trigger 101", "16052 : Function not available"),
        (OPTION, "BUY 65 @ 140", None),
        (OPTION, "BUY 65 @ 140.05", "17070 : The Price is out of the LPP range"),
        (OPTION, "SELL 65 @ 140.05", None),
        (OPTION, "SELL 65 @ 59.95", "17070 : The Price is out of the LPP range"),
        (OPTION, "BUY 65 @ 59.95", None),
        (OPTION, "BUY 65 @ 130 trigger 105", "16448 : Difference between limit price and trigger price"),
        ("NIFTY26NOVFUT", "BUY 65 @ MKT trigger 101", None),
        ("INFY26NOVFUT", "BUY 400 @ 103.05", "17070 : The Price is out of the LPP range"),
        ("INFY26NOVFUT", "BUY 400 @ 103", None),
    ],
)
def test_the_exchange_refuses(new_scene: Any, symbol: str, order: str, text: str | None) -> None:
    scene = new_scene(symbol)
    if symbol == OPTION:
        scene.market.bands[:] = (5, 1_000_000)
    scene.do("at 10:00")
    said = scene.do(f"A {order}")
    assert said[0].startswith(f"A REJECTED {text}" if text else ("A ACCEPTED", "A STOPPED"))
    assert (scene.exchange.working("A") is not None) == (text is None)


def test_the_permissive_profile_has_no_bands_no_lpp_and_allows_stop_market_orders(new_scene: Any) -> None:
    scene = new_scene(OPTION, profile="permissive")
    scene.play("""
        at 10:00
        A BUY 65 @ 900               -> A ACCEPTED
        B BUY 65 @ MKT trigger 900   -> B STOPPED
    """)


def test_lpp_ranges_follow_the_table_of_each_kind(new_scene: Any) -> None:
    lpp = reference.rules("nse-2026").limit_price_protection
    assert lpp is not None
    instruments = {i.tradingsymbol: i for i in new_scene().market.universe.instruments}
    option, index_future, stock_future = (instruments[s] for s in (OPTION, "NIFTY26NOVFUT", "INFY26NOVFUT"))
    assert lpp_range(lpp, option, True, 5_000) == (3_000, 7_000)
    assert lpp_range(lpp, option, True, 1_500) == (5, 3_500)
    assert lpp_range(lpp, option, True, 10_000) == (6_000, 14_000)
    assert lpp_range(lpp, index_future, True, 1_000_000) == (980_000, 1_020_000)
    assert lpp_range(lpp, index_future, True, 2_600_000) == (2_548_000, 2_652_000)
    assert lpp_range(lpp, stock_future, False, 5_000) == (4_850, 5_150)
    assert lpp_range(lpp, stock_future, False, 100_000) == (97_000, 103_000)


def test_the_lpp_reference_is_the_mean_of_the_last_window_renewed_every_thirty_seconds(new_scene: Any) -> None:
    scene = new_scene(OPTION)
    scene.market.bands[:] = (5, 1_000_000)
    scene.play("""
        at  10:00
        ltp 100
        step buy 65
        A BUY 65 @ 140           -> A ACCEPTED
        ltp 200
        step buy 65
        B BUY 65 @ 280           -> B ACCEPTED
    """)
    scene.to(scene.now_ns + 29 * SECOND_NS)
    scene.play("""
        step buy 0
        C BUY 65 @ 280           -> C REJECTED 17070
    """)
    # The window from 10:00:01 on saw 65 at 200 and the step at its start 65 at 100: mean 150, so 40 % is 210.
    scene.play("""
        D BUY 65 @ 210.05        -> D REJECTED 17070
        E BUY 65 @ 210           -> E ACCEPTED
    """)


def test_a_contract_untraded_for_fifteen_minutes_is_judged_by_the_middle_of_its_ladder(new_scene: Any) -> None:
    scene = new_scene(OPTION)
    scene.market.bands[:] = (5, 1_000_000)
    scene.play("""
        at   10:00
        ltp  100
        step buy 65
        at   10:20
        book 65@199.95 | 65@200.05
        step
        A BUY 65 @ 280.05 -> A REJECTED 17070
        B BUY 65 @ 280    -> B ACCEPTED; B TRADED 65@200.05
    """)


def test_market_orders_in_options_need_a_traded_contract_and_a_near_quote(new_scene: Any) -> None:
    scene = new_scene(OPTION)
    scene.market.write(scene.index, volume=0)
    scene.play("""
        at   10:00
        book 65@99.95 | 65@100.05
        step
        A BUY 65 @ MKT    -> A REJECTED 17181
    """)
    scene.market.write(scene.index, volume=65)
    scene.play("""
        book 65@99.95 | 65@120.05
        step
        B BUY 65 @ MKT    -> B REJECTED 17182
        book 65@99.95 | 65@120.00 65@120.05
        step
        C BUY 130 @ MKT   -> C ACCEPTED; C TRADED 65@120
        show              -> 65@120(1) 65@99.95(1) | 65@120.05(1) | 120
    """)
    assert mark_up(1_000) == 1_000


def test_a_refused_amendment_leaves_the_order_as_it_was(scene: Any) -> None:
    scene.play("""
        A BUY 100 @ 99.95      -> A ACCEPTED
        amend A 100 @ 99.96    -> A AMEND_REFUSED Order price is not a multiple
        amend A 100 @ 120      -> A AMEND_REFUSED Order price is out of the day's
        show                   -> 600@99.95(2) 900@99.9(1) | 400@100.05(1) 800@100.1(1) | 100
    """)
