"""Recording raw ticker frames so that a killed process loses none, beside SQLite in WAL mode doing the same.

Both sides pay all their CPU, background threads and the final flush included: a round is opening a fresh log, so many
appends, and closing it. SQLite commits each frame, for only a committed frame survives a kill; NORMAL does not sync.
"""

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from tarazu.ops.bench import Case, against_peer, at_most
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_ticks import frame_bytes_max

DAY = date(2026, 11, 23)
FRAMES = {10: 40_000, 100: 8_000, 1_000: 1_000}
"""Frames a round, by packets a frame."""
ROUNDS = 3
# PERFORMANCE_MEASURED 12.8: one append of a 10-packet frame costs its thread at most 3 us of CPU.
APPEND_US_MAX = 3.0


def ours(folder: Path, frame: bytes, count: int) -> float:
    """Record `count` frames; returns the CPU seconds of the appending thread alone, a frame."""
    log = FeedLog.open(folder, DAY)
    start = time.thread_time()
    for i in range(count):
        log.append(Kind.BINARY, 1, frame, i, i)
    spent = time.thread_time() - start
    log.close()
    assert log.stats.last_sequence == count
    return spent / count


def peer(folder: Path, frame: bytes, count: int) -> float:
    """Record `count` frames as rows of a table; returns as `ours`."""
    database = sqlite3.connect(folder / "feed.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE frame (sequence INTEGER PRIMARY KEY, wall_ns, mono_ns, connection, kind, payload)")
    insert = "INSERT INTO frame VALUES (NULL, ?, ?, ?, ?, ?)"
    start = time.thread_time()
    for i in range(count):
        database.execute(insert, (i, i, 1, 1, frame))
    spent = time.thread_time() - start
    database.close()
    return spent / count


def cpu_s(record: Callable[[Path, bytes, int], float], frame: bytes, count: int) -> tuple[float, float]:
    """A round in a folder of its own: CPU seconds of the whole process, and of an append."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        append_s = record(Path(folder), frame, count)
        return time.process_time() - start, append_s


def cases() -> Iterator[Case]:
    for packets, count in FRAMES.items():
        frame = os.urandom(frame_bytes_max(packets))
        turns = [(cpu_s(ours, frame, count), cpu_s(peer, frame, count)) for _ in range(ROUNDS)]
        yield against_peer(
            "feedlog",
            f"{packets} packets a frame",
            ours=packets * count / statistics.median(mine[0] for mine, _ in turns),
            peer=packets * count / statistics.median(theirs[0] for _, theirs in turns),
            unit="packets/s",
            goal=None,
        )
        if packets == min(FRAMES):
            append_s = statistics.median(mine[1] for mine, _ in turns)
            yield at_most(
                "feedlog", f"append, {packets} packets", ours=append_s * 1e6, unit="us CPU", goal=APPEND_US_MAX
            )
