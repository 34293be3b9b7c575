"""Volatilities that are worked out when somebody asks are those that were worked out at every look."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from harness.research_days import small_day
from tarazu.app.research.implied_sigmas import EVERY_NS, ImpliedSigmas
from tarazu.market.state import MarketState
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import TickFrame, decode

DAY = small_day(11)
UNIVERSE = Universe(DAY.date, DAY.traded)
OPTIONS = np.array([i.is_option for i in DAY.traded])
RESTING = 0.123
ALL = np.ones(len(UNIVERSE), np.bool_)


def sigmas() -> ImpliedSigmas:
    return ImpliedSigmas(UNIVERSE, DAY.session, np.full(len(UNIVERSE), RESTING))


def looks() -> Iterator[tuple[int, NDArray[np.int32]]]:
    """Every frame of the day: when it came, and the last prices behind it."""
    tokens = [int(i.instrument_token) for i in DAY.traded]
    state, decoded = MarketState(bytearray(MarketState.layout(len(tokens))), tokens), TickFrame()
    for frame in DAY.frames():
        state.update(decoded.rows, decoded.packet_bytes, decode(frame.payload, decoded), frame.wall_ns)
        yield frame.wall_ns, state.rows["ltp"]


def test_asked_once_they_are_what_they_are_asked_at_every_look() -> None:
    often, seldom = sigmas(), sigmas()
    for now_ns, ltp in looks():
        often.look(now_ns, ltp, ALL)
        seldom.look(now_ns, ltp, ALL)
        often.values()
    assert np.array_equal(often.values(), seldom.values())
    assert (seldom.values()[OPTIONS] != RESTING).any() and (seldom.values()[~OPTIONS] == RESTING).all()


def test_a_look_that_implies_none_leaves_what_the_one_before_implied() -> None:
    looked = sigmas()
    now_ns, ltp = next(looks())
    looked.look(now_ns, ltp, ALL)
    worthless = np.where(OPTIONS, 0, ltp).astype(np.int32)
    looked.look(now_ns + EVERY_NS, worthless, ALL)
    alone = sigmas()
    alone.look(now_ns, ltp, ALL)
    assert np.array_equal(looked.values(), alone.values()) and (alone.values() != RESTING).any()


def test_prices_that_were_never_seen_imply_nothing_and_looks_are_a_minute_apart() -> None:
    looked = sigmas()
    now_ns, ltp = next(looks())
    looked.look(now_ns, ltp, ~ALL)
    looked.look(now_ns + EVERY_NS - 1, ltp, ALL)
    assert (looked.values() == RESTING).all()
    looked.look(now_ns + EVERY_NS, ltp, ALL)
    assert (looked.values() != RESTING).any()
