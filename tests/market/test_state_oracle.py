"""Any frames at all: the kernels agree with the plain oracle, and repetitions and reordering do no harm."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.market_oracle import DAY, SECOND, WIDTHS, One, Oracle
from harness.market_rows import CARRIED, feed, row, state_of
from tarazu.market.slots import BAR, COMPLETE, RUNNING, SLOT
from tarazu.market.state import MarketState
from tarazu.model.units import MINUTE_NS

TOKENS = [40_001 << 8 | 2, 40_002 << 8 | 2, 1 << 8 | 9]
STRANGER = 77
T = 1_795_404_600 * SECOND  # 23 Nov 2026, 09:30 IST
TAU_S, AHEAD_NS = 300.0, MINUTE_NS

Packet = tuple[int, int, dict[str, Any]]
levels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=3)


@st.composite
def packets(draw: st.DrawFn, now_s: int) -> Packet:
    token = draw(st.sampled_from([*TOKENS, STRANGER]))
    length = draw(st.sampled_from([8, 28, 32, 44, 184, 184, 184]))
    fields: dict[str, Any] = {"ltp": draw(st.integers(0, 4))}
    if "volume" in CARRIED[length]:
        fields["volume"] = draw(st.integers(0, 6))
    if "exchange_ts" in CARRIED[length]:
        fields["exchange_ts"] = draw(st.sampled_from([0, now_s, now_s - 1, now_s - 2, now_s + 59, now_s + 900]))
    if length == 184:
        fields |= {"oi": draw(st.integers(0, 2)), "bids": draw(levels), "asks": draw(levels)}
    return token, length, fields


@st.composite
def frames(draw: st.DrawFn) -> list[tuple[int, list[Packet]]]:
    now, out = T, []
    for _ in range(draw(st.integers(1, 12))):
        now += draw(st.sampled_from([0, 1, 3 * 10**8, SECOND, -SECOND, 59 * SECOND, 400 * SECOND, DAY]))
        out.append((now, draw(st.lists(packets(now // SECOND), min_size=1, max_size=5))))
    return out


def rows_of(frame: list[Packet]) -> tuple[list[Any], list[int]]:
    return [row(token, length, **fields) for token, length, fields in frame], [length for _, length, _ in frame]


def check_slot(state: MarketState, n: int, one: One) -> None:
    for name in SLOT.names or ():
        if name != "frame":
            assert state.slots[name][n] == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-15, nan_ok=True), name
    want = row(TOKENS[n], 184, **one.row)
    assert state.rows[n] == want[0]
    for half, bars in ((RUNNING, one.running), (COMPLETE, one.complete)):
        for w in range(len(WIDTHS)):
            got = state.bars[n, half, w]
            if bars[w] is None:
                assert got["ticks"] == 0
            else:
                assert {name: int(got[name]) for name in BAR.names or ()} == bars[w]


@settings(max_examples=300, deadline=None)
@given(frames())
def test_any_frames_leave_what_the_oracle_says(history: list[tuple[int, list[Packet]]]) -> None:
    state, oracle = state_of(*TOKENS, tau_s=TAU_S, ahead_max_ns=AHEAD_NS), Oracle(TOKENS, TAU_S, AHEAD_NS)
    for recv_ns, frame in history:
        rows, lengths = rows_of(frame)
        changed, closed = oracle.frame(recv_ns, frame)
        assert [TOKENS[n] for n in feed(state, recv_ns, *rows, packet_bytes=lengths)] == changed
        told = [(TOKENS[c["slot"]], c["width"], {f: int(c[f]) for f in BAR.names or ()}) for c in state.closings]
        assert told == closed
    for n, token in enumerate(TOKENS):
        check_slot(state, n, oracle.ones[token])
    counts = state.counters
    names = ("unknown", "regressed", "repeated", "ahead")
    assert [counts[name] for name in names] == [getattr(oracle, name) for name in names]
    assert counts["packets"] == oracle.applied and counts["frames"] == len(history)


def trading(steps: list[tuple[int, int]]) -> list[Any]:
    """Full packets of one instrument, each later by the exchange's clock and richer in volume than the one before."""
    out, stamp, volume = [], T // SECOND, 0
    for ltp, qty in steps:
        stamp, volume = stamp + 1, volume + qty
        out.append(row(TOKENS[0], ltp=ltp, volume=volume, exchange_ts=stamp, bids=[(ltp, qty)], asks=[(ltp + 1, 1)]))
    return out


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 5)), min_size=1, max_size=12),
    st.lists(st.integers(0, 30), max_size=12),
    st.randoms(use_true_random=False),
)
def test_repeated_and_reordered_packets_do_no_harm(steps: list[tuple[int, int]], again: list[int], chance: Any) -> None:
    once = trading(steps)
    jumbled = once[1:] + [once[n % len(once)] for n in again]
    chance.shuffle(jumbled)
    state = state_of(TOKENS[0])
    for n, packet in enumerate([once[0], *jumbled]):
        feed(state, T + n * SECOND, packet)
    slot = state.slots[0]
    assert state.rows[0] == once[-1][0] and slot["mid"] == once[-1]["bids"]["price"][0, 0] + 0.5
    # Whatever came in which order: all that traded since the first packet is accounted for, once.
    traded = int(once[-1]["volume"][0] - once[0]["volume"][0])
    closed = state.close_bars(T + DAY)
    assert slot["traded"] == traded
    assert slot["packets"] + slot["regressed"] + state.counters["repeated"] == 1 + len(jumbled)
    assert state.bars[0, COMPLETE, 2]["volume"] == traded and len(closed) >= 3


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 5)), min_size=1, max_size=12))
def test_every_frame_twice_is_every_frame_once(steps: list[tuple[int, int]]) -> None:
    once, twice = state_of(TOKENS[0]), state_of(TOKENS[0])
    for n, packet in enumerate(trading(steps)):
        feed(once, T + n * SECOND, packet)
        feed(twice, T + n * SECOND, packet)
        feed(twice, T + n * SECOND, packet)
    assert once.rows.tobytes() == twice.rows.tobytes() and once.bars.tobytes() == twice.bars.tobytes()
    once.slots["frame"] = twice.slots["frame"] = 0
    assert once.slots.tobytes() == twice.slots.tobytes()
