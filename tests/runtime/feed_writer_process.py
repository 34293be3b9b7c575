"""A writer in a process of its own, to be killed: appends for ever and reports each sequence once it has it."""

import os
import resource
import sys
from datetime import date
from pathlib import Path

from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.log_state import NotRecorded
from tarazu.runtime.segment import Kind

DAY = date(2026, 11, 23)


def payload_of(sequence: int) -> bytes:
    """A frame's bytes by its number: of every length from 0 up to 4 kB, none of them zero."""
    return bytes([1 + sequence % 255]) * (sequence * 2_654_435_761 % 4_001)


def write_for_ever(feed: Path, acks: int, segment_bytes: int) -> None:
    """Each ack is a sequence, 8 bytes; the first is the one before our first."""
    log = FeedLog.open(feed, DAY, segment_bytes=segment_bytes, sync_period_s=0.01)
    sequence = log.stats.last_sequence
    os.write(acks, sequence.to_bytes(8, "little"))
    while True:
        sequence = log.append(Kind.BINARY, 1, payload_of(sequence + 1), 1, 1)
        os.write(acks, sequence.to_bytes(8, "little"))


def write_under_a_file_limit(feed: Path) -> None:
    """Files of at most 64 KiB, segments of 128: prints the state the log opens and refuses in."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))
    log = FeedLog.open(feed, DAY, segment_bytes=128 << 10)
    try:
        log.append(Kind.TEXT, 1, b"{}", 1, 1)
    except NotRecorded as refused:
        print(refused.state, log.state, log.stats.not_recorded)
    log.close()


if __name__ == "__main__":
    write_under_a_file_limit(Path(sys.argv[1]))
