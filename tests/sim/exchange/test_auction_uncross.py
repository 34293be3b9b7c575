"""The call auction's price and who trades at it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tarazu.model.order import Side, Validity
from tarazu.sim.exchange.auction import Bid, equilibrium, uncross
from tarazu.sim.exchange.exchange_order import ExchangeOrder
from tarazu.sim.market import AuctionInterest

BUY, SELL = Side.BUY, Side.SELL


def order(name: str, side: Side, qty: int, price: int) -> Bid:
    ours = ExchangeOrder(
        order_id=name,
        user_id="TZ0001",
        index=0,
        side=side,
        qty=qty,
        price_paise=price,
        trigger_paise=0,
        validity=Validity.DAY,
        ttl_until_ns=None,
        disclosed_qty=0,
    )
    return Bid(side, price, qty, ours)


def test_most_volume_wins_then_least_imbalance_then_the_reference() -> None:
    assert equilibrium([Bid(BUY, 102, 50), Bid(BUY, 101, 50), Bid(SELL, 100, 60), Bid(SELL, 101, 40)], 100) == 101
    # 50 trade at 100 and at 101; at 100 the imbalance is 50, at 101 none.
    assert equilibrium([Bid(BUY, 101, 50), Bid(BUY, 100, 50), Bid(SELL, 100, 50)], 99) == 101
    # Anything in 98..102 is equal: the reference decides, and lies inside.
    assert equilibrium([Bid(BUY, 102, 50), Bid(SELL, 98, 50)], 100) == 100
    assert equilibrium([Bid(BUY, 102, 50), Bid(SELL, 98, 50)], 110) == 102
    assert equilibrium([Bid(BUY, 98, 50), Bid(SELL, 102, 50)], 100) == 0


def test_market_orders_on_both_sides_alone_trade_at_the_reference() -> None:
    assert equilibrium([Bid(BUY, 0, 50), Bid(SELL, 0, 30)], 100) == 100


def test_market_orders_come_first_then_better_prices_then_time() -> None:
    bids = [
        order("low", BUY, 10, 100),
        order("first", BUY, 10, 101),
        order("second", BUY, 10, 101),
        order("market", BUY, 10, 0),
        Bid(SELL, 100, 25),
    ]
    outcome = uncross(bids, 101, market_first=True)
    assert (outcome.price_paise, outcome.volume) == (101, 25)
    assert _filled(bids) == {"low": 0, "first": 10, "second": 5, "market": 10}


def test_the_older_pre_open_served_limit_orders_first() -> None:
    bids = [order("market", BUY, 10, 0), order("limit", BUY, 10, 101), Bid(SELL, 101, 15)]
    uncross(bids, 101, market_first=False)
    assert _filled(bids) == {"market": 5, "limit": 10}


BIDS = st.lists(
    st.builds(
        lambda n, side, qty, price, ours: order(f"o{n}", side, qty, price) if ours else Bid(side, price or 100, qty),
        st.integers(0, 10_000),
        st.sampled_from(Side),
        st.integers(1, 500),
        st.one_of(st.just(0), st.integers(90, 110)),
        st.booleans(),
    ),
    max_size=14,
)


@given(BIDS, st.integers(88, 112), st.booleans())
def test_the_volume_is_the_greatest_of_any_price_and_both_sides_balance(
    bids: list[Bid], reference: int, market_first: bool
) -> None:
    def volume(price: int) -> int:
        bought = sum(b.qty for b in bids if b.side is BUY and (b.price_paise == 0 or b.price_paise >= price))
        sold = sum(b.qty for b in bids if b.side is SELL and (b.price_paise == 0 or b.price_paise <= price))
        return min(bought, sold)

    possible = max(volume(p) for p in range(85, 116))
    outcome = uncross(bids, reference, market_first)
    assert outcome.volume == possible
    if possible:
        assert volume(outcome.price_paise) == possible
    for side, end in ((BUY, "taker"), (SELL, "maker")):
        ours = [b.order for b in bids if b.side is side and b.order is not None]
        assert sum(o.filled for o in ours) == sum(m.qty for m in outcome.matches if getattr(m, end) is not None)
        for o in ours:
            assert not o.filled or o.price_paise == 0 or (outcome.price_paise - o.price_paise) * side.sign <= 0
        eligible = [o for o in ours if o.price_paise == 0 or (outcome.price_paise - o.price_paise) * side.sign <= 0]
        assert _in_priority(eligible, market_first)


def test_our_order_waits_behind_everybody_else_at_its_price_in_the_auction(new_scene: Any) -> None:
    scene = new_scene("SMALL")
    scene.market.interest[scene.index] = AuctionInterest((9_990, 10_010), (300, 100), (100, 60), 10_000)
    scene.play("""
        at 09:01
        A BUY 50 @ 100.10 -> A ACCEPTED
        B BUY 50 @ MKT    -> B ACCEPTED
        at 09:11          -> B TRADED 50@100.1; A TRADED 10@100.1
    """)


def _filled(bids: list[Bid]) -> dict[str, int]:
    return {b.order.order_id: b.order.filled for b in bids if b.order is not None}


def _in_priority(ours: list[ExchangeOrder], market_first: bool) -> bool:
    """Nobody is left unfilled while a worse order of the same side trades."""

    def rank(o: ExchangeOrder) -> tuple[int, int]:
        return ((-1 if market_first else 1), 0) if o.price_paise == 0 else (0, -o.price_paise * o.side.sign)

    ranked = sorted(ours, key=rank)
    unfilled = [n for n, o in enumerate(ranked) if o.leaves]
    return not unfilled or all(o.filled == 0 for o in ranked[unfilled[0] + 1 :])
