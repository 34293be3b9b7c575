"""Decoded frames into the market state of 9,000 instruments, beside a dict per instrument that takes in the same ticks.

The peer only stores: no features, no bars, no order of arrival checked, its ticks parsed beforehand.
"""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from tarazu.market.state import MarketState
from tarazu.model.instrument import SegmentByte, token_of
from tarazu.model.units import SECOND_NS
from tarazu.ops.bench import Case, against_peer, at_most
from tarazu.wire.kite_ticks import TICK, Mode, TickFrame, decode, encode

INSTRUMENTS, PACKETS, FRAMES_A_SECOND = 9_000, 1_000, 45  # the load of issue 3: 45,000 packets a second
TOKENS = [token_of(40_000 + i, SegmentByte.NFO) for i in range(INSTRUMENTS)]
START_S = 1_795_404_600  # 23 Nov 2026, 09:30 IST
ROUNDS = 9
STALL_S = 0.5e-3  # issue 3: a 3,000-packet message costs at most 0.5 ms of CPU


def session(frames: int, packets: int) -> list[bytes]:
    """Full-mode frames in which each packet brings a trade and a moved book; each instrument ticks in turn."""
    rng = np.random.default_rng(2026)
    rows = np.frombuffer(rng.bytes(TICK.itemsize * INSTRUMENTS), TICK).copy()
    rows["token"], rows["ltp"], rows["volume"] = TOKENS, 10_000, 0
    rows["bids"]["qty"] &= 0xFFFF
    rows["asks"]["qty"] &= 0xFFFF
    turn, out = rng.permutation(INSTRUMENTS), []
    for n in range(frames):
        chosen = turn[np.arange(n * packets, (n + 1) * packets) % INSTRUMENTS]
        rows["volume"][chosen] += 75
        rows["ltp"][chosen] += rng.integers(-5, 6, packets)
        rows["bids"]["price"][chosen] = rows["ltp"][chosen, None] - np.arange(5, 30, 5)
        rows["asks"]["price"][chosen] = rows["ltp"][chosen, None] + np.arange(5, 30, 5)
        rows["exchange_ts"][chosen] = START_S + n // FRAMES_A_SECOND
        out.append(encode(rows[chosen], Mode.FULL))
    return out


def fresh_state() -> MarketState:
    return MarketState(bytearray(MarketState.layout(INSTRUMENTS)), TOKENS)


def recv_ns(n: int) -> int:
    return START_S * SECOND_NS + n * SECOND_NS // FRAMES_A_SECOND


def state_s(frames: list[bytes], with_decode: bool) -> float:
    """Median CPU seconds of a frame's pass."""
    state, out, took = fresh_state(), TickFrame(), []
    for n, frame in enumerate(frames):
        start = time.thread_time()
        decode(frame, out)
        decoded = time.thread_time()
        state.update(out.rows, out.packet_bytes, out.count, recv_ns(n))
        took.append(time.thread_time() - (start if with_decode else decoded))
    assert state.counters["packets"] == sum(int.from_bytes(f[:2], "big") for f in frames)
    return float(np.median(took))


def ticks_of(frame: bytes, out: TickFrame) -> list[dict[str, Any]]:
    names = TICK.names or ()
    return [dict(zip(names, row, strict=True)) for row in out.rows[: decode(frame, out)].tolist()]


def dicts_s(frames: list[list[dict[str, Any]]]) -> float:
    state: dict[int, dict[str, Any]] = {token: {} for token in TOKENS}
    took = []
    for frame in frames:
        start = time.thread_time()
        for tick in frame:
            state[tick["token"]].update(tick)
        took.append(time.thread_time() - start)
    return float(np.median(took))


def cases() -> Iterator[Case]:
    frames, out = session(4 * FRAMES_A_SECOND, PACKETS), TickFrame()
    ticks = [ticks_of(frame, out) for frame in frames[:FRAMES_A_SECOND]]
    turns = [(state_s(frames, with_decode=False), dicts_s(ticks)) for _ in range(ROUNDS)]
    ours_s, peer_s = (float(np.median(column)) for column in zip(*turns, strict=True))
    ours, peer = PACKETS / ours_s, PACKETS / peer_s
    yield against_peer("feedstate", f"{PACKETS} packets", ours=ours, peer=peer, unit="packets/s", goal=None)
    burst = session(60, 3_000)
    burst_s = float(np.median([state_s(burst, with_decode=True) for _ in range(ROUNDS)]))
    yield at_most("feedstate", "3000: decode and state", ours=burst_s, unit="s CPU", goal=STALL_S)
