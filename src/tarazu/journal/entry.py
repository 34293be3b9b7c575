"""One journalled message, and the words its place in the record needs. What a payload means is its kind's business."""

from datetime import date
from enum import IntEnum

import msgspec

FIRST_SEQUENCE = 1
"""Sequences count a day's entries from here without a gap. The tree's leaf index is the sequence less this."""

HASH_BYTES = 32
GENESIS = bytes(HASH_BYTES)
"""What the very first entry of a journal follows. Later days begin after the last entry of the day before."""

KIND_MAX = 0xFFFF
EPOCH_MAX = 0xFFFF_FFFF

# A broker's order book of 5,000 rows is some 4 MB of JSON (RELIABILITY 7); beyond this a length is taken for damage.
PAYLOAD_BYTES_MAX = 16 << 20


class Durability(IntEnum):
    """When an append may be believed (RELIABILITY 4.3, classes A and B)."""

    FORCE = 1
    """On the disk before `append` returns: intents, halts, operator acts."""
    GROUP = 2
    """On the disk with the next group, within milliseconds: acknowledgements, fills, inputs."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One entry as read back."""

    sequence: int
    ts_ns: int
    kind: int
    durability: int
    epoch: int
    """Which opening of the journal wrote it; rises with every one."""
    day: int
    """20261123: an entry names its own day, so that none can be passed off as another's."""
    prev: bytes
    """The hash of the entry before."""
    hash: bytes
    """Its own: the RFC 6962 leaf hash, and what the next entry follows."""
    payload: bytes


class Head(msgspec.Struct, frozen=True):
    """The end of a chain: the last entry's sequence and hash. Sequence 0: the day has none yet."""

    sequence: int = FIRST_SEQUENCE - 1
    hash: bytes = GENESIS


def day_number(day: date) -> int:
    """2026-11-23 as 20261123."""
    return day.year * 10_000 + day.month * 100 + day.day
