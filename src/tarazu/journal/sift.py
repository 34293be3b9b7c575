"""Of a segment that was found in order: where the entries are that say something, and how many do not.

Nothing is proven here: `batch.scan_whole` has been over it before.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np
from numba import int64, njit, uint8

from tarazu.journal.batch import READ_BYTES
from tarazu.journal.codec import FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES
from tarazu.journal.entry import KIND_MAX
from tarazu.journal.sha_lanes import PLACES


def sift(
    view: memoryview, end: int, entries: int, kinds: Collection[int], ending: bytes
) -> tuple[list[int], Counter[int]]:
    """The offsets of the entries that are not of these kinds or do not end so, and how many are and do, by kind.

    `end`: where the segment's last entry ends; `entries`: how many it has.
    """
    is_quiet, passed = np.zeros(KIND_MAX + 1, np.uint8), np.zeros(KIND_MAX + 1, np.int64)
    is_quiet[list(kinds)] = 1
    kept = np.empty(entries, np.int64)
    count = _sift(np.frombuffer(view, np.uint8), end, is_quiet, np.frombuffer(ending, np.uint8), kept, passed)
    return kept[:count].tolist(), Counter({kind: int(passed[kind]) for kind in kinds if passed[kind]})


@njit(int64(READ_BYTES, int64, uint8[::1], READ_BYTES, PLACES, PLACES), cache=True)
def _sift(data: Any, end: int, is_quiet: Any, ending: Any, kept: Any, passed: Any) -> Any:
    at, count, tail = SEGMENT_HEADER_BYTES, 0, len(ending)
    while at < end:
        length = int64(data[at]) | int64(data[at + 1]) << 8 | int64(data[at + 2]) << 16 | int64(data[at + 3]) << 24
        kind = int64(data[at + 12]) | int64(data[at + 13]) << 8
        is_passed = is_quiet[kind] != 0 and length - FRAME_HEADER_BYTES >= tail
        for k in range(tail):
            is_passed = is_passed and data[at + length - tail + k] == ending[k]
        if is_passed:
            passed[kind] += 1
        else:
            kept[count] = at
            count += 1
        at = (at + length + 7) & ~7
    return count
