"""kill -9 at any moment: no frame whose append had returned is lost, and the next writer goes on."""

import os
import random
import signal
from pathlib import Path

from runtime.feed_writer_process import DAY, payload_of, write_for_ever
from tarazu.runtime.damage import Fault
from tarazu.runtime.repair import verify
from tarazu.runtime.segment import day_folder
from tarazu.runtime.tail import Tail

KILLS = 60


def test_no_frame_whose_append_returned_is_lost_by_kill_9(tmp_path):
    chance = random.Random(2026)
    folder, acked = day_folder(tmp_path, DAY), 0
    for _ in range(KILLS):
        first, acked = killed_writer(tmp_path, acks=chance.randrange(1, 400))
        report = verify(folder)
        assert [d for d in report.damages if d.fault is not Fault.TORN_TAIL] == []
        # One more than was acked may be there: killed between the append and its ack.
        assert report.frames in (acked, acked + 1) and first <= report.frames
    tail = Tail(folder)
    last = 0
    for frame in tail.ready():
        assert (frame.sequence, bytes(frame.payload)) == (last + 1, payload_of(last + 1))
        last = frame.sequence
    tail.close()
    assert last >= acked > KILLS


def killed_writer(feed: Path, acks: int) -> tuple[int, int]:
    """Run a writer until it acked so many frames, kill it; its first ack and its last, read to the end of the pipe."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            write_for_ever(feed, write_end, segment_bytes=1 << 18)
        finally:
            os._exit(1)
    os.close(write_end)
    received = b""
    while len(received) < 8 * (acks + 1):
        part = os.read(read_end, 65_536)
        assert part, "the writer died by itself"
        received += part
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while part := os.read(read_end, 65_536):
        received += part
    os.close(read_end)
    whole = len(received) & ~7
    return int.from_bytes(received[:8], "little"), int.from_bytes(received[whole - 8 : whole], "little")
