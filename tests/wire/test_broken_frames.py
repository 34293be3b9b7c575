"""Frames as they should not be, against a slow decoder written from the documentation, up to the edge of memory."""

import ctypes
import mmap
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarazu.wire import tick_kernels
from tarazu.wire.kite_ticks import PACKETS_MAX, TICK, Mode, TickFrame, decode, encode, encode_selected

KNOWN_LENGTHS = (8, 28, 32, 44, 184)


def random_rows(segment_bytes: list[int]) -> np.ndarray:
    rows = np.random.default_rng(len(segment_bytes)).integers(0, 2**32, (len(segment_bytes), 46), np.uint32)
    rows[:, 0] = (rows[:, 0] & 0xFFFF_FF00) | np.array(segment_bytes, np.uint32)
    return rows.view(TICK).reshape(-1)


def tradable_rows(count: int) -> np.ndarray:
    return random_rows([2] * count)


# What a frame should give, slowly.


def oracle_row(packet: bytes) -> np.ndarray:
    row = np.zeros((), TICK)
    words = struct.unpack(f">{len(packet) // 4}I", packet)
    view = row.reshape(1).view("<u4")
    if len(packet) in (28, 32):
        names = ("token", "ltp", "high", "low", "open", "close", None, "exchange_ts")
        for name, word in zip(names, words, strict=False):
            if name:
                row[name] = np.uint32(word).astype(TICK[name])
    else:
        view[: len(words)] = words
    return row


def oracle(frame: bytes, capacity: int) -> tuple[list[tuple[int, bytes]], dict[str, Any]]:
    """`(length, row bytes)` of the packets kept, and the counters."""
    told = dict.fromkeys(("declared", "overflow", "unknown_length", "missing", "trailing_bytes"), 0)
    told["heartbeat"] = len(frame) < 2
    kept: list[tuple[int, bytes]] = []
    if len(frame) < 2:
        return kept, told
    told["declared"] = told["missing"] = int.from_bytes(frame[:2], "big")
    rest = frame[2:]
    while told["missing"]:
        length = int.from_bytes(rest[:2], "big")
        if len(rest) < 2 or len(rest) < 2 + length:
            return kept, told
        packet, rest = rest[2 : 2 + length], rest[2 + length :]
        told["missing"] -= 1
        if length not in KNOWN_LENGTHS:
            told["unknown_length"] += 1
        elif len(kept) == capacity:
            told["overflow"] += 1
        else:
            kept.append((length, oracle_row(packet).tobytes()))
    told["trailing_bytes"] = len(rest)
    return kept, told


def decoded(frame: bytes, out: TickFrame) -> tuple[list[tuple[int, bytes]], dict[str, Any]]:
    count = decode(frame, out)
    assert count == out.count
    kept = [(int(out.packet_bytes[i]), out.rows[i].tobytes()) for i in range(count)]
    names = ("declared", "overflow", "unknown_length", "missing", "trailing_bytes", "heartbeat")
    return kept, {name: getattr(out, name) for name in names}


def parts(length: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=length, max_size=length).map(lambda packet: struct.pack(">H", length) + packet)


strange_lengths = st.sampled_from((0, 1, 4, 7, 9, 27, 29, 31, 33, 43, 45, 183, 185, 188))
packets = st.one_of(st.sampled_from(KNOWN_LENGTHS), strange_lengths).flatmap(parts)


@st.composite
def broken_frames(draw: st.DrawFn) -> bytes:
    """Packets of known and unknown lengths, a count that may be wrong, an end that may be cut or followed by more."""
    body = draw(st.lists(packets, max_size=8))
    declared = max(0, len(body) + draw(st.sampled_from((0, 0, 0, 1, -1, 60_000))))
    frame = struct.pack(">H", declared) + b"".join(body) + draw(st.binary(max_size=5))
    return frame[: draw(st.integers(0, len(frame)))] if draw(st.booleans()) else frame


@given(st.one_of(st.binary(max_size=600), broken_frames()), st.integers(0, 5))
def test_any_bytes_decode_to_what_the_slow_decoder_says(frame: bytes, capacity: int) -> None:
    out = TickFrame(capacity)
    assert decoded(frame, out) == oracle(frame, capacity)
    assert out.declared == out.count + out.overflow + out.unknown_length + out.missing
    assert out.truncated == (out.missing > 0)


@given(broken_frames(), st.binary(min_size=200, max_size=200), st.integers(1, 4))
def test_nothing_outside_the_frame_is_read_and_nothing_outside_the_rows_is_written(
    frame: bytes, around: bytes, capacity: int
) -> None:
    words = np.full((capacity + 2, 46), 0xCDCDCDCD, np.uint32)
    lengths = np.full(capacity + 2, 0xCDCD, np.uint16)
    tally = np.zeros(tick_kernels.TALLY_SLOTS, np.int64)
    inside = np.frombuffer(around + frame + around, np.uint8)[200 : 200 + len(frame)]
    count = tick_kernels.decode_frame(inside, words[1:-1], lengths[1:-1], tally)
    kept, _ = oracle(frame, capacity)
    assert [(int(lengths[1 + i]), words[1 + i].tobytes()) for i in range(count)] == kept
    for guard in (words[:1], words[1 + count :], lengths[:1], lengths[1 + count :]):
        assert np.all(guard.view(np.uint8) == 0xCD)


@pytest.fixture
def last_bytes() -> Iterator[np.ndarray]:
    """A writable page that ends at the edge of forbidden memory: one byte further is a segmentation fault."""
    libc = ctypes.CDLL(None, use_errno=True)
    page, none, read_write = mmap.PAGESIZE, 0, mmap.PROT_READ | mmap.PROT_WRITE
    size = 4 * page
    memory = mmap.mmap(-1, size + page)
    edge = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(memory, size)))
    assert libc.mprotect(edge, ctypes.c_size_t(page), none) == 0
    yield np.frombuffer(memory, np.uint8)[:size]
    assert libc.mprotect(edge, ctypes.c_size_t(page), read_write) == 0


def test_every_truncation_of_a_frame_keeps_its_whole_packets_at_the_edge_of_memory(last_bytes: np.ndarray) -> None:
    rows = random_rows([(9, 2)[i % 2] for i in range(50)])
    modes = np.array([1 + i % 3 for i in range(50)], np.uint8)
    frame = encode(rows, modes)
    out = TickFrame()
    for size in range(len(frame)):
        at_edge = last_bytes[len(last_bytes) - size :]
        at_edge[:] = np.frombuffer(frame[:size], np.uint8)
        decode(at_edge, out)
        kept, told = oracle(frame[:size], 3_000)
        assert (out.count, out.missing, out.truncated) == (len(kept), told["missing"], size >= 2)
        if kept:
            assert (int(out.packet_bytes[out.count - 1]), out.rows[out.count - 1].tobytes()) == kept[-1]
        assert out.trailing_bytes == 0


def test_an_encoder_at_the_edge_of_memory_refuses_a_buffer_one_byte_short(last_bytes: np.ndarray) -> None:
    rows = random_rows([2, 9, 9, 3])
    modes = np.array([3, 3, 2, 1], np.uint8)
    indices = np.arange(4)
    frame = encode(rows, modes)
    for size in range(len(frame)):
        with pytest.raises(ValueError, match="no room"):
            encode_selected(rows, indices, modes, last_bytes[len(last_bytes) - size :])
    exact = last_bytes[len(last_bytes) - len(frame) :]
    assert encode_selected(rows, indices, modes, exact) == len(frame)
    assert exact.tobytes() == frame


@pytest.mark.parametrize("frame", [b"", b"\x00", b"\x01", b"\xff"])
def test_less_than_a_count_is_a_heartbeat(frame: bytes) -> None:
    out = TickFrame()
    assert decode(frame, out) == 0
    assert out.heartbeat and out.clean and not out.truncated


def test_a_frame_of_no_packets_is_not_a_heartbeat() -> None:
    out = TickFrame()
    assert decode(b"\x00\x00", out) == 0
    assert not out.heartbeat and out.clean


def test_packets_of_unknown_length_are_stepped_over_and_counted() -> None:
    first, second = (encode(tradable_rows(2)[i : i + 1], Mode.FULL)[2:] for i in range(2))
    out = TickFrame()
    frame = struct.pack(">H", 5) + first + b"\x00\x05tarsu" + b"\x00\x00" + second + b"\x00\x04four"
    assert decode(frame, out) == 2
    assert (out.unknown_length, out.missing, out.trailing_bytes) == (3, 0, 0)
    assert out.rows[:2].tobytes() == tradable_rows(2).tobytes()


def test_bytes_after_the_last_packet_are_counted() -> None:
    out = TickFrame()
    assert decode(encode(tradable_rows(3), Mode.QUOTE) + b"more", out) == 3
    assert (out.trailing_bytes, out.truncated, out.clean) == (4, False, False)


def test_valid_packets_beyond_the_capacity_are_counted_not_lost_silently() -> None:
    out = TickFrame(capacity=3)
    assert decode(encode(tradable_rows(5), Mode.LTP), out) == 3
    assert (out.overflow, out.missing, out.clean) == (2, 0, False)


def test_the_largest_frame_there_can_be_is_read_whole() -> None:
    rows, out = tradable_rows(PACKETS_MAX), TickFrame(PACKETS_MAX)
    assert decode(encode(rows, Mode.FULL), out) == PACKETS_MAX
    assert out.clean and np.array_equal(out.rows, rows)


def test_bytes_bytearrays_views_and_arrays_decode_alike() -> None:
    frame, out = encode(tradable_rows(3), Mode.FULL), TickFrame()
    for same in (frame, bytearray(frame), memoryview(frame), np.frombuffer(frame, np.uint8).copy()):
        assert decode(same, out) == 3 and out.clean
