"""A followed market against the one that plays recordings packet by packet: the same rows, the same flows."""

import numpy as np
import pytest

from harness.research_days import small_day
from tarazu import reference
from tarazu.app.research.followed_market import FollowedMarket
from tarazu.market.state import MarketState
from tarazu.sim.replay import ReplayMarket
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import TickFrame, decode


@pytest.mark.parametrize("scenario", ["normal", "crash"])
def test_frame_by_frame_it_is_the_market_that_a_recording_plays(scenario: str) -> None:
    day, rules = small_day(11, scenario), reference.rules("nse-2026")
    universe = Universe(day.date, day.traded)
    tokens = [int(i.instrument_token) for i in day.traded]
    state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens)
    followed = FollowedMarket(universe, day.session, state, day.closes, 3, rules)
    recording = [(frame.wall_ns, bytes(frame.payload)) for frame in day.frames()]
    oracle = ReplayMarket(universe, day.session, recording, 3, day.closes, rules)
    decoded, traded = TickFrame(), 0
    for wall_ns, payload in recording:
        state.update(decoded.rows, decoded.packet_bytes, decode(payload, decoded), wall_ns)
        followed.moved(wall_ns)
        assert followed.step() == oracle.step() == wall_ns
        assert np.array_equal(followed.rows, oracle.rows)
        assert np.array_equal(followed.buy_flow, oracle.buy_flow)
        assert np.array_equal(followed.sell_flow, oracle.sell_flow)
        assert np.array_equal(followed.bands, oracle.bands)
        traded += int(followed.buy_flow.sum() + followed.sell_flow.sum())
    assert traded > 0


def test_frames_taken_together_are_one_step_with_all_their_volume() -> None:
    day, rules = small_day(11), reference.rules("nse-2026")
    tokens = [int(i.instrument_token) for i in day.traded]
    sums = []
    for every in (1, 7):
        state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens)
        market = FollowedMarket(Universe(day.date, day.traded), day.session, state, day.closes, 3, rules)
        decoded, flow = TickFrame(), 0
        for n, frame in enumerate(day.frames()):
            state.update(decoded.rows, decoded.packet_bytes, decode(frame.payload, decoded), frame.wall_ns)
            market.moved(frame.wall_ns)
            if n % every == 0:
                market.step()
                flow += int(market.buy_flow.sum() + market.sell_flow.sum())
        if market.next_ns() is not None:
            market.step()
            flow += int(market.buy_flow.sum() + market.sell_flow.sum())
        sums.append((flow, market.rows.tobytes()))
    assert sums[0][1] == sums[1][1]
    assert sums[1][0] > 0


def test_what_the_exchange_wrote_into_a_row_is_gone_with_the_next_step() -> None:
    day, rules = small_day(11), reference.rules("nse-2026")
    tokens = [int(i.instrument_token) for i in day.traded]
    state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens)
    market = FollowedMarket(Universe(day.date, day.traded), day.session, state, day.closes, 3, rules)
    untouched = market.rows.copy()
    market.rows["volume"], market.rows["ltp"] = 7, 7
    market.moved(day.first_ns)
    market.step()
    assert np.array_equal(market.rows, untouched), "nothing was seen yet"
    decoded, frame = TickFrame(), next(day.frames())
    state.update(decoded.rows, decoded.packet_bytes, decode(frame.payload, decoded), frame.wall_ns)
    shown = []
    for _ in range(2):
        market.moved(frame.wall_ns)
        market.step()
        shown.append(market.rows.copy())
        market.rows["volume"], market.rows["ltp"] = 7, 7
        market.rows["bids"]["qty"][:, 0] = 7
    assert np.array_equal(shown[0], shown[1]) and not np.array_equal(shown[0], untouched)
    assert not market.changed.any() and not market.buy_flow.any()
