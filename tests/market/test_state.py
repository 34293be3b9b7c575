"""The market state by hand-worked cases: what a packet changes, and what it must not."""

import math
import mmap
from typing import Any

import numpy as np
import pytest

from harness.market_rows import feed, row, state_of
from tarazu.market import slots
from tarazu.market.slots import CLOSING, PACKET
from tarazu.market.state import MarketState, MarketView
from tarazu.model import ist
from tarazu.model.units import DAY_NS, SECOND_NS
from tarazu.wire.kite_ticks import TICK, Mode, TickFrame, decode, encode

A, B, INDEX = 40_001 << 8 | 2, 40_002 << 8 | 2, 1 << 8 | 9


def at(clock: str, day: str = "2026-11-23") -> int:
    found = ist.parse_stamp(f"{day} {clock}")
    assert found is not None
    return found


T = at("10:00:00")
S = T // SECOND_NS


def test_the_state_reads_rows_as_the_wire_decodes_them() -> None:
    assert PACKET == TICK


def test_a_decoded_frame_is_what_the_state_shows() -> None:
    rows = np.concatenate([row(B, ltp=200, volume=9, oi=3, exchange_ts=S), row(A, ltp=100, exchange_ts=S)])
    frame, state = TickFrame(), state_of(A, B)
    decode(encode(rows, Mode.FULL), frame)
    assert state.update(frame.rows, frame.packet_bytes, frame.count, T).tolist() == [1, 0]
    assert state.rows[state.slot_of(B)] == rows[0] and state.rows[0] == rows[1]
    assert A in state and INDEX not in state and len(state) == 2


# bids | asks -> mid, spread, microprice, imbalance of all levels; levels are price x qty.
BOOKS = """
    100x10         | 102x10         -> 101.0 2.0 101.0 0.0
    100x30         | 102x10         -> 101.0 2.0 101.5 0.5
    100x10 99x50   | 102x30 103x10  -> 101.0 2.0 100.5 0.2
    100x10         | 100x10         -> 100.0 0.0 100.0 0.0
    100x10         |                -> nan nan nan 1.0
                   | 102x10         -> nan nan nan -1.0
                   |                -> nan nan nan nan
    103x10         | 102x10         -> nan nan nan 0.0
    100x0          | 102x10         -> nan nan nan -1.0
"""


@pytest.mark.parametrize("line", BOOKS.strip().splitlines())
def test_features_of_the_book(line: str) -> None:
    book, features = line.split("->")
    bids, asks = ([tuple(map(int, x.split("x"))) for x in side.split()] for side in book.split("|"))
    state = state_of(A)
    feed(state, T, row(A, ltp=100, bids=bids, asks=asks))
    slot = state.slots[0]
    got = [slot[name] for name in ("mid", "spread", "microprice", "imbalance")]
    assert got == pytest.approx([float(x) for x in features.split()], nan_ok=True)


# LTP, cumulative volume -> own VWAP, units seen trading. What traded before we looked is not ours.
TRADES = """
    100  50  -> nan 0
    100  50  -> nan 0
    102  60  -> 102.0 10
    108  90  -> 106.5 40
    108  90  -> 106.5 40
      0  95  -> 106.5 40
    100 135  -> 103.25 80
"""


def test_own_vwap_weighs_each_ltp_by_what_traded_since() -> None:
    state = state_of(A)
    for n, line in enumerate(TRADES.strip().splitlines()):
        packet, want = line.split("->")
        ltp, volume = map(int, packet.split())
        feed(state, T + n * SECOND_NS, row(A, ltp=ltp, volume=volume, avg_price=7, exchange_ts=S + n))
        vwap, traded = map(float, want.split())
        assert state.slots["vwap"][0] == pytest.approx(vwap, nan_ok=True) and state.slots["traded"][0] == traded
    assert state.rows["avg_price"][0] == 7


def test_a_packet_updates_what_its_mode_carries_and_nothing_else() -> None:
    state = state_of(A, INDEX)
    full = row(A, ltp=100, volume=5, oi=70, exchange_ts=S, bids=[(99, 1)], asks=[(101, 1)], last_trade_ts=S - 1)
    feed(state, T, full)
    feed(state, T + 1, row(A, 44, ltp=101, volume=6, open=90), packet_bytes=44)
    feed(state, T + 2, row(A, 8, ltp=102), packet_bytes=8)
    shown, slot = state.rows[0], state.slots[0]
    assert (shown["ltp"], shown["volume"], shown["open"], shown["oi"]) == (102, 6, 90, 70)
    assert (shown["exchange_ts"], shown["bids"]["price"][0], shown["last_trade_ts"]) == (S, 99, S - 1)
    assert (slot["book_ns"], slot["recv_ns"], slot["mid"]) == (T, T + 2, 100.0)

    feed(state, T, row(INDEX, 32, ltp=9, high=12, low=8, open=10, close=11, exchange_ts=S), packet_bytes=32)
    feed(state, T, row(INDEX, 28, ltp=7, high=12, low=7, open=10, close=11), packet_bytes=28)
    shown = state.rows[1]
    assert [shown[f] for f in ("ltp", "high", "low", "open", "close", "exchange_ts")] == [7, 12, 7, 10, 11, S]
    assert state.slots["book_ns"][1] == 0 and math.isnan(state.slots["mid"][1])


def test_unknown_tokens_are_counted() -> None:
    state = state_of(A)
    assert feed(state, T, row(B, ltp=1), row(0, ltp=1), row(A, ltp=1)) == [0]
    assert state.counters["unknown"] == 2 and state.counters["packets"] == 1


def test_an_instrument_twice_in_a_frame_is_named_once_and_shows_the_later() -> None:
    state = state_of(A, B)
    assert feed(state, T, row(B, ltp=1, volume=1), row(A, ltp=1), row(B, ltp=2, volume=3)) == [1, 0]
    assert state.rows["ltp"][1] == 2 and state.slots["traded"][1] == 2


def test_older_packets_are_counted_and_change_nothing() -> None:
    state = state_of(A, B)
    feed(state, T, row(A, ltp=100, volume=50, exchange_ts=S), row(B, 44, ltp=100, volume=50), packet_bytes=[184, 44])
    before = [a.copy() for a in (state.rows, state.slots, state.bars)]
    assert (
        feed(state, T + SECOND_NS, row(A, ltp=99, volume=60, exchange_ts=S - 1)) == []
    )  # older by the exchange's time
    assert feed(state, T + SECOND_NS, row(A, ltp=99, volume=49, exchange_ts=S)) == []  # older by volume
    assert feed(state, T + SECOND_NS, row(B, 44, ltp=99, volume=49), packet_bytes=44) == []
    assert state.counters["regressed"] == 3 and state.slots["regressed"].tolist() == [2, 1]
    state.slots["regressed"] = 0
    for was, now in zip(before, (state.rows, state.slots, state.bars), strict=True):
        assert was.tobytes() == now.tobytes()


def test_a_repetition_moves_the_data_clock_alone() -> None:
    state = state_of(A)
    packet = row(A, ltp=100, volume=50, exchange_ts=S)
    assert feed(state, T, packet) == [0]
    bars = state.bars.copy()
    assert feed(state, T + 1, packet, packet) == []
    slot = state.slots[0]
    assert (slot["recv_ns"], slot["changed_ns"], slot["packets"]) == (T + 1, T, 1)
    assert state.counters["repeated"] == 2 and state.bars.tobytes() == bars.tobytes()


def test_a_receive_time_that_goes_back_does_not_take_the_data_clock_with_it() -> None:
    state = state_of(A)
    feed(state, T, row(A, ltp=100))
    feed(state, T - SECOND_NS, row(A, ltp=101))
    assert state.rows["ltp"][0] == 101 and state.slots["recv_ns"][0] == T


def test_a_stamp_from_the_future_is_counted_and_not_believed() -> None:
    state = state_of(A)
    feed(state, T, row(A, ltp=100, volume=1, exchange_ts=S + 3_600))
    feed(state, T + SECOND_NS, row(A, ltp=101, volume=2, exchange_ts=S + 1))
    assert state.counters["ahead"] == 1 and state.counters["regressed"] == 0
    assert (state.rows["ltp"][0], state.slots["stamp_s"][0], state.slots["traded"][0]) == (101, S + 1, 1)


def test_a_new_day_starts_the_counters_again() -> None:
    yesterday, today = at("15:29:59"), at("09:15:01", "2026-11-24")
    state = state_of(A, B)
    for n in range(2):
        feed(state, yesterday + n, row(A, ltp=100 + n, volume=5_000 + n, exchange_ts=yesterday // SECOND_NS))
    assert state.slots["traded"][0] == 1 and state.slots["weight"][0] > 0
    # The morning's first look still shows yesterday.
    feed(state, today - SECOND_NS, row(A, ltp=101, volume=5_001, oi=1, exchange_ts=yesterday // SECOND_NS))
    assert state.slots["traded"][0] == 1
    # Stamped today: whatever has traded is today's.
    assert feed(state, today, row(A, ltp=110, volume=30, exchange_ts=today // SECOND_NS)) == [0]
    slot = state.slots[0]
    assert (slot["traded"], slot["vwap"], slot["weight"], slot["regressed"]) == (30, 110.0, 0.0, 0)
    assert slot["day"] == (today + ist.IST_OFFSET_NS) // DAY_NS
    # Without a stamp we only know that it is another day, not since when the volume counts.
    feed(state, yesterday, row(B, 44, ltp=100, volume=5_000), packet_bytes=44)
    feed(state, today, row(B, 44, ltp=110, volume=30), packet_bytes=44)
    feed(state, today + 1, row(B, 44, ltp=111, volume=40), packet_bytes=44)
    assert state.slots["traded"][1] == 10 and state.counters["regressed"] == 0


def test_realised_volatility_finds_the_volatility_of_a_walk() -> None:
    state, sigma, per_s = state_of(A, tau_s=600.0), 0.2, 252 * 6.25 * 3_600
    rng = np.random.default_rng(5)
    steps = rng.normal(0.0, sigma / math.sqrt(per_s), 6_000)
    for n, ltp in enumerate(np.rint(1e8 * np.exp(np.cumsum(steps)))):
        feed(state, T + n * SECOND_NS, row(A, 8, ltp=int(ltp)), packet_bytes=8)
    assert state.slots["sigma"][0] == pytest.approx(sigma, rel=0.1)


def test_one_return_is_its_own_volatility_and_quiet_makes_it_fade() -> None:
    state = state_of(A, tau_s=300.0)
    feed(state, T, row(A, 8, ltp=10_000), packet_bytes=8)
    assert math.isnan(state.slots["sigma"][0])
    feed(state, T + 4 * SECOND_NS, row(A, 8, ltp=10_010), packet_bytes=8)
    a_second = math.log(1.001) ** 2 / 4
    assert state.slots["sigma"][0] == pytest.approx(math.sqrt(a_second * 252 * 22_500), rel=1e-12)
    before = state.slots["sigma"][0]
    feed(state, T + 304 * SECOND_NS, row(A, 44, ltp=10_010, volume=1), packet_bytes=44)
    w0, e = -math.expm1(-4 / 300), math.exp(-1)
    assert state.slots["sigma"][0] == pytest.approx(before * math.sqrt(w0 * e / (1 - (1 - w0) * e)), rel=1e-12)


@pytest.mark.parametrize("tokens", [[A, A], [0], [1 << 32]])
def test_a_subscription_list_that_cannot_be_is_refused(tokens: list[int]) -> None:
    with pytest.raises(ValueError, match="distinct"):
        MarketState(bytearray(10_000), tokens)


def test_every_token_of_a_full_day_is_found_and_no_other() -> None:
    tokens = [n << 8 | 2 for n in range(40_000, 49_000)]
    state = state_of(*tokens)
    rows = np.zeros(18_000, TICK)
    rows["token"] = [n << 8 | 2 for n in range(40_000, 58_000)]
    rows["ltp"] = rows["token"] >> 8
    assert len(state.update(rows, np.full(18_000, 8, np.uint16), 18_000, T)) == 9_000
    assert (state.rows["ltp"] == np.arange(40_000, 49_000)).all() and state.counters["unknown"] == 9_000


def test_a_buffer_too_small_or_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="hold no state"):
        MarketState(bytearray(MarketState.layout(2) - 1), [A, B])
    for other in (b"", bytes(10_000)):
        with pytest.raises(ValueError, match="no market state"):
            MarketView(other)


def test_a_reader_of_the_same_memory_sees_whole_frames() -> None:
    memory = mmap.mmap(-1, MarketState.layout(2))
    state = MarketState(memory, [A, B])
    reader: MarketView = MarketView(memory)
    mirror = state_of(A, B)
    feed(state, T, row(B, ltp=5, exchange_ts=S))
    seen = reader.snapshot(reader.slot_of(B))
    assert seen is not None and (seen.row["ltp"], seen.slot["recv_ns"], seen.version) == (5, T, 2)
    assert reader.copy_to(mirror) and mirror.rows.tobytes() == state.rows.tobytes()
    feed(state, T, row(B, ltp=6, exchange_ts=S))
    assert seen.row["ltp"] == 5 and mirror.rows["ltp"][1] == 5


def test_a_writer_that_died_within_a_pass_is_not_believed() -> None:
    memory = bytearray(MarketState.layout(1))
    state = MarketState(memory, [A])
    reader = MarketView(bytes(memory))
    assert reader.snapshot(0) is not None
    np.frombuffer(memory, np.int64)[slots.VERSION] += 1
    reader = MarketView(bytes(memory))
    assert reader.version % 2 == 1 and reader.snapshot(0) is None and not reader.copy_to(state)


# seconds after 10:00 | mode | LTP | cumulative volume or OI -> bars: width start open high low close volume oi ticks
BARS = """
    0.2  full  100  10 1
    0.9  full  103  15 2
    1.1  full  103  15 3
    1.5  full   98  25 3
    3.0  full   99  26 4
    59.9 full  105  30 4
    60.0 full  101  31 5
    400  full  110 131 6
"""
COMPLETED = """
    0 0   103 103 103 103   5 2 2
    0 1    98  98  98  98  10 3 2
    0 3    99  99  99  99   1 4 1
    0 59  105 105 105 105   4 4 1
    1 0   103 105  98 105  20 4 6
    0 60  101 101 101 101   1 5 1
    1 60  101 101 101 101   1 5 1
    2 0   103 105  98 101  21 5 7
    0 400 110 110 110 110 100 6 1
    1 360 110 110 110 110 100 6 1
    2 300 110 110 110 110 100 6 1
"""


def told(closings: np.ndarray[Any, Any]) -> list[list[int]]:
    assert closings.dtype == CLOSING
    fields = ("width", "start_ns", "open", "high", "low", "close", "volume", "oi", "ticks")
    return [[(int(c[f]) - T) // SECOND_NS if f == "start_ns" else int(c[f]) for f in fields] for c in closings]


def test_bars_are_of_what_traded_and_lose_no_volume_over_gaps() -> None:
    state, completed = state_of(A), []
    for line in BARS.strip().splitlines():
        seconds, _, *rest = line.split()
        ltp, volume, oi = map(int, rest)
        recv_ns = T + round(float(seconds) * 10) * SECOND_NS // 10
        feed(state, recv_ns, row(A, ltp=ltp, volume=volume, oi=oi, exchange_ts=recv_ns // SECOND_NS))
        completed += told(state.closings)
    assert told(state.close_bars(T + 399 * SECOND_NS)) == []
    completed += told(state.close_bars(T + 600 * SECOND_NS))
    assert completed == [list(map(int, line.split())) for line in COMPLETED.strip().splitlines()]
    assert sum(bar[6] for bar in completed if bar[0] == 0) == 131 - 10


def test_an_instrument_without_volume_makes_bars_of_its_ltp() -> None:
    state = state_of(INDEX)
    for n, ltp in enumerate((100, 102, 102, 99)):
        feed(state, T + n * 10**8, row(INDEX, 32, ltp=ltp, exchange_ts=S + n), packet_bytes=32)
    assert told(state.close_bars(T + SECOND_NS)) == [[0, 0, 100, 102, 99, 99, 0, 0, 4]]


def test_where_nothing_traded_a_bar_has_ticks_and_no_prices() -> None:
    state = state_of(A)
    feed(state, T, row(A, ltp=100, volume=10))
    feed(state, T + 1, row(A, ltp=100, volume=10, buy_qty=3))
    assert told(state.close_bars(T + SECOND_NS)) == [[0, 0, 0, 0, 0, 0, 0, 0, 2]]


def test_a_completed_bar_is_never_reopened() -> None:
    state = state_of(INDEX)
    feed(state, T, row(INDEX, 8, ltp=100), packet_bytes=8)
    state.close_bars(T + SECOND_NS)
    feed(state, T + 10**8, row(INDEX, 8, ltp=101), packet_bytes=8)
    feed(state, T + 11 * 10**8, row(INDEX, 8, ltp=102), packet_bytes=8)
    feed(state, T + 2 * SECOND_NS, row(INDEX, 8, ltp=103), packet_bytes=8)
    assert told(state.closings) == [[0, 1, 101, 102, 101, 102, 0, 0, 2]]
