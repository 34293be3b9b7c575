"""Frames both ways, against the official client and the documentation; and selecting what a connection gets."""

import struct
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kiteconnect import KiteTicker

from tarazu.model.instrument import SegmentByte, token_of
from tarazu.wire.kite_ticks import (
    LEVEL,
    MODE_OF_BYTES,
    PACKETS_MAX,
    TICK,
    Mode,
    TickFrame,
    decode,
    encode,
    encode_selected,
    frame_bytes_max,
)

OFFICIAL = KiteTicker("api_key", "access_token")
DIVISORS = {3: 10_000_000.0, 6: 10_000.0, 12: 10_000.0}  # by segment byte; every other is 100

segments = st.sampled_from(list(SegmentByte))
modes = st.sampled_from(list(Mode))


def local_time(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds))  # noqa: DTZ006  the official client's stamps are naive local time


def official_tick(row: np.void, length: int) -> dict[str, Any]:
    """The dict the official client makes of a packet, built from our row. It reads every integer as unsigned."""
    token = int(row["token"])
    divisor = DIVISORS.get(token & 0xFF, 100.0)

    def price(field: Any) -> float:
        return (int(field) & 0xFFFF_FFFF) / divisor

    tick: dict[str, Any] = {
        "tradable": token & 0xFF != 9,
        "mode": MODE_OF_BYTES[length].name.lower(),
        "instrument_token": token,
        "last_price": price(row["ltp"]),
    }
    if length == 8:
        return tick
    tick["ohlc"] = {name: price(row[name]) for name in ("open", "high", "low", "close")}
    close = tick["ohlc"]["close"]
    tick["change"] = (tick["last_price"] - close) * 100 / close if close else 0
    if length in (32, 184):
        tick["exchange_timestamp"] = local_time(row["exchange_ts"])
    if length in (28, 32):
        return tick
    tick |= {
        "last_traded_quantity": int(row["last_qty"]),
        "average_traded_price": price(row["avg_price"]),
        "volume_traded": int(row["volume"]),
        "total_buy_quantity": int(row["buy_qty"]),
        "total_sell_quantity": int(row["sell_qty"]),
    }
    if length == 184:
        tick |= {
            "last_trade_time": local_time(row["last_trade_ts"]),
            "oi": int(row["oi"]),
            "oi_day_high": int(row["oi_high"]),
            "oi_day_low": int(row["oi_low"]),
            "depth": {
                side: [
                    {
                        "quantity": int(level["qty"]) & 0xFFFF_FFFF,
                        "price": price(level["price"]),
                        "orders": int(level["orders"]),
                    }
                    for level in row[field]
                ]
                for side, field in (("buy", "bids"), ("sell", "asks"))
            },
        }
    return tick


def random_rows(seed: int, segment_bytes: list[int]) -> np.ndarray:
    """Every field random over all of its bits; a tenth of the words 0 and a tenth all ones."""
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 2**32, (len(segment_bytes), 46), np.uint32)
    edge = rng.random(words.shape)
    words[edge < 0.1] = 0
    words[edge > 0.9] = 0xFFFF_FFFF
    rows = words.view(TICK).reshape(-1)
    rows["token"] = (rows["token"] & 0xFFFF_FF00) | np.array(segment_bytes, np.uint32)
    return rows


def tradable_rows(count: int) -> np.ndarray:
    return random_rows(count, [int(SegmentByte.NFO)] * count)


# Against the official client and the documentation.


@given(st.integers(0, 2**32), st.lists(st.tuples(segments, modes), max_size=24))
def test_the_official_client_reads_our_frames_as_we_do(seed: int, kinds: list[tuple[SegmentByte, Mode]]) -> None:
    rows = random_rows(seed, [int(segment) for segment, _ in kinds])
    frame = encode(rows, np.array([mode for _, mode in kinds], np.uint8))
    out = TickFrame(capacity=24)
    assert decode(frame, out) == len(kinds)
    assert out.clean
    ours = [official_tick(out.rows[i], int(out.packet_bytes[i])) for i in range(out.count)]
    assert ours == OFFICIAL._parse_binary(frame)


@given(st.integers(0, 2**32), st.lists(segments, min_size=1, max_size=8))
def test_a_full_frame_of_tradable_instruments_comes_back_bit_for_bit(seed: int, kinds: list[SegmentByte]) -> None:
    rows = random_rows(seed, [1 if kind is SegmentByte.INDICES else int(kind) for kind in kinds])
    out = TickFrame()
    decode(encode(rows, Mode.FULL), out)
    assert out.rows[: out.count].tobytes() == rows.tobytes()


def test_a_full_packet_reads_field_by_field_as_documented() -> None:
    token = token_of(1594, SegmentByte.NSE)
    scalars = (token, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115)
    depth = [(1000 + i, 2000 + i, 3000 + i) for i in range(10)]
    packet = struct.pack(">16I", *scalars) + b"".join(struct.pack(">IIHxx", *level) for level in depth)
    out = TickFrame()
    decode(struct.pack(">HH", 1, len(packet)) + packet, out)
    row = out.rows[0]
    assert tuple(row.item()[:16]) == scalars
    for i, (qty, price, orders) in enumerate(depth):
        level = row["bids"][i] if i < 5 else row["asks"][i - 5]
        assert level == np.array((qty, price, 0, orders), LEVEL)


def test_an_index_packet_is_high_low_open_close_change_and_time() -> None:
    row = np.zeros(1, TICK)
    row[["token", "ltp", "high", "low", "open", "close", "exchange_ts"]] = (256265, 2600, 2700, 2500, 2550, 2650, 99)
    packets = {
        Mode.LTP: struct.pack(">2I", 256265, 2600),
        Mode.QUOTE: struct.pack(">6Ii", 256265, 2600, 2700, 2500, 2550, 2650, -50),
        Mode.FULL: struct.pack(">6IiI", 256265, 2600, 2700, 2500, 2550, 2650, -50, 99),
    }
    for mode, packet in packets.items():
        assert encode(row, mode) == struct.pack(">HH", 1, len(packet)) + packet


def test_fields_a_mode_does_not_carry_are_zero_whatever_was_there_before() -> None:
    rows, out = tradable_rows(1), TickFrame(capacity=1)
    for mode, carried in ((Mode.LTP, 2), (Mode.QUOTE, 11)):
        out.rows.view("<u4")[:] = 0xABABABAB
        decode(encode(rows, mode), out)
        words = out.rows.view("<u4")
        assert words[:carried].tolist() == rows.view("<u4")[:carried].tolist()
        assert not words[carried:].any()


def test_length_decides_what_a_packet_is_not_its_segment() -> None:
    packet = struct.pack(">7I", token_of(1, SegmentByte.NFO), 2, 3, 4, 5, 6, 7)
    out = TickFrame()
    frame = struct.pack(">HH", 1, 28) + packet
    decode(frame, out)
    assert [official_tick(out.rows[0], 28)] == OFFICIAL._parse_binary(frame)


# Selecting what a connection gets.


def test_a_connection_gets_the_changed_rows_it_follows_each_in_its_mode() -> None:
    rows = random_rows(9, [1, 9, 2, 2, 1])
    modes = np.array([Mode.FULL, Mode.QUOTE, 0, Mode.LTP, Mode.FULL], np.uint8)
    buffer = bytearray(frame_bytes_max(5))
    length = encode_selected(rows, np.array([3, 2, 1, 0]), modes, buffer)
    out = TickFrame()
    decode(memoryview(buffer)[:length], out)
    assert out.rows["token"][: out.count].tolist() == rows["token"][[3, 1, 0]].tolist()
    assert out.packet_bytes[: out.count].tolist() == [8, 28, 184]


def test_nothing_selected_is_a_frame_without_packets() -> None:
    assert encode_selected(tradable_rows(2), np.array([0, 1]), np.zeros(2, np.uint8), bytearray(400)) == 2


@pytest.mark.parametrize("room", [0, 1])
def test_even_a_frame_without_packets_needs_its_count(room: int) -> None:
    with pytest.raises(ValueError, match="no room"):
        encode_selected(tradable_rows(1), np.array([0]), np.zeros(1, np.uint8), np.zeros(2, np.uint8)[:room])


@pytest.mark.parametrize("index", [-1, 2, 2**40])
def test_an_index_outside_the_rows_is_refused(index: int) -> None:
    with pytest.raises(IndexError):
        encode_selected(tradable_rows(2), np.array([0, index]), np.full(2, 3, np.uint8), bytearray(4000))


def test_a_mode_that_is_none_is_refused() -> None:
    with pytest.raises(IndexError):
        encode(tradable_rows(1), np.array([4], np.uint8))


def test_more_packets_than_a_frame_can_count_are_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        encode(tradable_rows(PACKETS_MAX + 1), Mode.LTP)
