"""A segment at once: what is in order is found so in a fraction of the time; anything else is left to `scan` to name.

Everything that `scan` looks at is looked at: lengths, checksums, every field, padding, the chain. This way only ever
says that all is well.
"""

from typing import Any

import numpy as np
from numba import int64, njit, types, uint8, uint32, uint64

from tarazu.journal.codec import FRAME_HEADER_BYTES, HASH_FROM, SEGMENT_HEADER_BYTES, VERSION
from tarazu.journal.entry import HASH_BYTES, PAYLOAD_BYTES_MAX, Head
from tarazu.journal.scan import Progress, last_written
from tarazu.journal.sha_lanes import HASHES, INITIAL, PLACES, hash_pairs, hash_spans

READ_BYTES = types.Array(uint8, 1, "C", readonly=True)
READ_LONGS = types.Array(uint64, 1, "C", readonly=True)
_LENGTH_MAX = FRAME_HEADER_BYTES + PAYLOAD_BYTES_MAX


def _tables() -> Any:
    """CRC-32C's polynomial, reflected, for eight bytes at a time."""
    tables = np.zeros((8, 256), np.uint32)
    for n in range(256):
        value = n
        for _ in range(8):
            value = value >> 1 ^ (0x82F6_3B78 if value & 1 else 0)
        tables[0, n] = value
    for n in range(256):
        for k in range(1, 8):
            before = int(tables[k - 1, n])
            tables[k, n] = before >> 8 ^ int(tables[0, before & 0xFF])
    return tables


_TABLES = _tables()


def scan_whole(view: memoryview, progress: Progress) -> bool:
    """Take in a segment whose header was checked, if all of it is in order; otherwise change nothing."""
    used = last_written(view, SEGMENT_HEADER_BYTES)
    data = np.frombuffer(view, np.uint8)
    most = (used - SEGMENT_HEADER_BYTES) // FRAME_HEADER_BYTES + 1
    starts, sizes = np.empty(most, np.int64), np.empty(most, np.int64)
    longs = data[: len(data) // 8 * 8].view(np.uint64)
    count, at, epoch = _walk(
        longs, data, used, starts, sizes, uint64(progress.head.sequence + 1), progress.day, progress.epoch, _TABLES
    )
    if at < used or count == 0:
        return False
    starts, sizes = starts[:count] + HASH_FROM, sizes[:count] - HASH_FROM
    words = np.empty((count, 8), np.uint32)
    order = np.argsort(sizes, kind="stable")
    hash_spans(data[: len(data) // 4 * 4].view(np.uint32), starts, sizes, order, words, INITIAL)
    leaves = words.byteswap().view(np.uint8).reshape(count, HASH_BYTES)
    first = progress.head.hash if progress.head.sequence else progress.first_prev
    if first is None or not _is_chained(data, starts, leaves, np.frombuffer(first, np.uint8)):
        return False
    progress.head = Head(progress.head.sequence + count, leaves[-1].tobytes())
    progress.leaves += leaves.tobytes()
    progress.entries += count
    progress.payload_bytes += int(sizes.sum()) - count * (FRAME_HEADER_BYTES - HASH_FROM)
    progress.epoch, progress.at = int(epoch), int(at)
    return True


def join_level(level: bytes) -> bytes:
    """`merkle.join_pairs`, of many."""
    below = np.frombuffer(level, ">u4").astype(np.uint32).reshape(-1, 8)
    above = np.empty((len(below) // 2, 8), np.uint32)
    hash_pairs(below, above, INITIAL)
    return above.astype(">u4").tobytes()


@njit(int64(READ_BYTES, int64), cache=True, inline="always")
def _u32(data: Any, at: int) -> Any:
    return data[at] | data[at + 1] << 8 | data[at + 2] << 16 | data[at + 3] << 24


@njit(uint32(READ_LONGS, READ_BYTES, int64, int64, HASHES), cache=True)
def _crc32c(longs: Any, data: Any, at: int, end: int, tables: Any) -> Any:
    """Of the bytes from `at`, a multiple of 8, to `end`; eight at a time as long as there are."""
    crc = uint64(0xFFFF_FFFF)
    low = uint64(0xFF)
    whole = (end - at) >> 3
    for i in range(at >> 3, (at >> 3) + whole):
        eight = longs[i] ^ crc
        crc = uint64(
            tables[7, eight & low]
            ^ tables[6, (eight >> uint64(8)) & low]
            ^ tables[5, (eight >> uint64(16)) & low]
            ^ tables[4, (eight >> uint64(24)) & low]
            ^ tables[3, (eight >> uint64(32)) & low]
            ^ tables[2, (eight >> uint64(40)) & low]
            ^ tables[1, (eight >> uint64(48)) & low]
            ^ tables[0, eight >> uint64(56)]
        )
    for place in range(at + 8 * whole, end):
        crc = (crc >> uint64(8)) ^ uint64(tables[0, (crc ^ uint64(data[place])) & low])
    return uint32(crc ^ uint64(0xFFFF_FFFF))


@njit((READ_LONGS, READ_BYTES, int64, PLACES, PLACES, uint64, int64, int64, HASHES), cache=True)
def _walk(
    longs: Any, data: Any, used: int, starts: Any, sizes: Any, sequence: Any, day: int, epoch: int, tables: Any
) -> Any:
    """Frames from the header on, as long as each is whole, ours, and the next; returns how many and where it ended."""
    at, count = SEGMENT_HEADER_BYTES, 0
    limit = data.shape[0]
    while at + FRAME_HEADER_BYTES <= limit:
        length = _u32(data, at)
        if length < FRAME_HEADER_BYTES or length > _LENGTH_MAX or at + length > limit:
            break
        if data[at + 8] != 0 or data[at + 9] != VERSION or data[at + 11] != 0 or data[at + 14] or data[at + 15]:
            break
        its_epoch = _u32(data, at + 20)
        its_sequence = uint64(_u32(data, at + 24)) | (uint64(_u32(data, at + 28)) << uint64(32))
        if _u32(data, at + 16) != day or its_epoch < epoch or its_sequence != sequence:
            break
        if _crc32c(longs, data, at + 8, at + length, tables) != _u32(data, at + 4):
            break
        end = (at + length + 7) & ~7
        for place in range(at + length, min(end, limit)):
            if data[place] != 0:
                return count, at, epoch
        starts[count], sizes[count] = at, length
        epoch = its_epoch
        sequence += uint64(1)
        count += 1
        at = end
        if at >= used:
            break
    return count, at, epoch


@njit((READ_BYTES, PLACES, uint8[:, ::1], READ_BYTES), cache=True)
def _is_chained(data: Any, starts: Any, leaves: Any, first: Any) -> bool:
    """Whether each frame names the hash of the one before."""
    for i in range(starts.shape[0]):
        at = starts[i] - HASH_FROM + 40
        for k in range(HASH_BYTES):
            wanted = first[k] if i == 0 else leaves[i - 1, k]
            if data[at + k] != wanted:
                return False
    return True
