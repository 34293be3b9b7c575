"""Frames and headers as bytes."""

from hashlib import sha256

import pytest

from tarazu.journal.codec import (
    BadBytes,
    SegmentHeader,
    Watermark,
    after,
    decode_segment_header,
    decode_watermark,
    encode_frame,
    encode_segment_header,
    encode_watermark,
    entry_at,
    entry_of_leaf,
    leaf_of,
    log_id,
)
from tarazu.journal.merkle import leaf_hash

PREV = sha256(b"before").digest()


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 300, 70_000])
def test_a_frame_is_read_back_and_its_hash_is_the_leaf_hash_of_the_tree(size):
    frame, entry_hash = encode_frame(9, -5, 0xFFFF, 2, 4, 20261123, PREV, bytes(size))
    view = memoryview(bytes(16) + frame)
    entry = entry_at(view, 16)
    assert entry is not None and len(frame) % 8 == 0 and after(entry, 16) == len(view)
    told = (
        entry.sequence,
        entry.ts_ns,
        entry.kind,
        entry.durability,
        entry.epoch,
        entry.day,
        entry.prev,
        entry.payload,
    )
    assert told == (9, -5, 0xFFFF, 2, 4, 20261123, PREV, bytes(size))
    assert entry.hash == entry_hash == leaf_hash(leaf_of(view, 16))
    assert entry_of_leaf(leaf_of(view, 16)) == entry


def test_no_prefix_and_no_flipped_bit_of_a_frame_is_one():
    frame, _ = encode_frame(9, 5, 1, 2, 4, 20261123, PREV, b"payload!")
    assert not any(entry_at(memoryview(frame[:size]), 0) for size in range(len(frame)))
    for bit in range(len(frame) * 8):
        flipped = bytearray(frame)
        flipped[bit // 8] ^= 1 << bit % 8
        assert entry_at(memoryview(flipped), 0) is None


def test_headers_are_read_back_and_no_flipped_bit_passes():
    header = SegmentHeader(day=20261123, segment=2, epoch=3, size=4096, first_sequence=17, prev=PREV, log=log_id("a"))
    mark = Watermark(day=20261123, epoch=3, count=8, sequence=16, hash=PREV, checkpoint_bytes=180, log=log_id("a"))
    cases = (
        (encode_segment_header(header), decode_segment_header, header),
        (encode_watermark(mark), decode_watermark, mark),
    )
    for raw, decode, value in cases:
        assert decode(memoryview(raw)) == value
        for bit in range(len(raw) * 8):
            flipped = bytearray(raw)
            flipped[bit // 8] ^= 1 << bit % 8
            with pytest.raises(BadBytes):
                decode(memoryview(flipped))
