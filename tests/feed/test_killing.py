"""kill -9, torn and flipped bytes, a full disk: what was written stays, what is damaged is located, and it goes on."""

import json
import resource
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from harness.broker_process import broker_process
from harness.desk import Desk, desk
from harness.desk_operator import Answer, Operator
from harness.recorded import false_alarms, recorded_frames
from harness.served import Served
from tarazu.app.depth_ws.health import Stage, read_health
from tarazu.app.feed.record import RecordingChanged
from tarazu.runtime.segment import Frame, segment_path
from tarazu.runtime.tail import Tail

DAY = "2026-11-19"
KILLS = 21
ROOM = 8 << 20
"""Bytes a file may have in the tests of a full disk: fewer than a segment."""


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    """A hundred steps a second, in each of which every row changes: frames are always on their way."""
    with broker_process("--scenario", "busy", "--step-ms", "10", "--at", "09:15") as served:
        yield served


def test_no_frame_whose_append_had_returned_is_lost_by_kill_9(broker: Served, tmp_path: Path) -> None:
    dice, promised = Random(2026), dict[int, int]()
    with desk(tmp_path, broker) as made:
        folder = made.home.feed / DAY
        script = Path(__file__).with_name("reader_process.py")
        reader = subprocess.Popen([sys.executable, script, folder], stdout=subprocess.PIPE, text=True)
        for kill in range(KILLS):
            made.start()
            if kill % 4:  # in the midst of frames; else wherever it is in its first second
                _frames_flow(folder)
            _wait(made, dice.uniform(0.0, 1.2))
            assert made.stop(signal.SIGKILL) == -signal.SIGKILL
            left = read_health(made.home.feed_health)
            if left is not None and made.process is not None and left.pid == made.process.pid and left.log is not None:
                promised[left.log.last_sequence] = left.mono_ns
        made.start()
        made.until_fresh()
        assert made.stop() == 0
        reader.terminate()
        told = json.loads(reader.communicate(timeout=60)[0])
        frames = {f.sequence: (f.mono_ns, zlib.crc32(f.payload)) for f in recorded_frames(made.home)}

        assert list(frames) == list(range(1, len(frames) + 1)), "no gap, in order"
        assert len(promised) > KILLS // 3, "many kills came after a health was written"
        for sequence, mono_ns in promised.items():
            assert frames[sequence][0] <= mono_ns, "that frame, and not another one written over it later"
        seen = {int(sequence): crc for sequence, crc in told["seen"].items()}
        assert told["twice"] == [] and len(seen) > 1000
        assert {sequence: frames[sequence][1] for sequence in seen} == seen
        assert _verified(made).code == 0


def _frames_flow(folder: Path) -> None:
    tail = Tail.at_end(folder)
    while not any(f.connection for f in tail.ready()):  # events of the start are on connection 0
        assert tail.wait(60.0)
    tail.close()


def _wait(made: Desk, seconds: float) -> None:
    assert made.process is not None
    with pytest.raises(subprocess.TimeoutExpired):
        made.process.wait(seconds)


def test_torn_and_flipped_bytes_are_located_and_a_torn_tail_is_erased_by_the_next_start(
    broker: Served, tmp_path: Path
) -> None:
    with desk(tmp_path, broker) as made:
        _record(made)
        path = segment_path(made.home.feed / DAY, 1)

        last = _last(made)
        _flip(path, last.offset + 50)
        _is_torn(made, last)
        _record(made)  # the next start erases it
        assert "TORN_TAIL" in (made.home.logs / "depth_ws.log").read_text()
        assert _verified(made).code == 0

        frames = list(recorded_frames(made.home))
        middle = frames[len(frames) // 2]
        _flip(path, middle.offset + 50)
        for _ in range(2):
            verify = _verified(made)
            assert verify.code == 2 and "1 frames lost" in verify
            assert f"CORRUPT: segment 1 offset {middle.offset}," in verify.line("CRIT", f"frame {middle.sequence}")
            _record(made)  # a hole in the middle stays where it is, and everything goes on behind it
        history = Operator(tmp_path).tarazu("feed", "history")
        assert history.code == 1 and f"offset {middle.offset}" in history
        assert f"tarazu data verify {DAY}" in history


def test_a_segment_cut_short_is_told_and_not_written_to_again(broker: Served, tmp_path: Path) -> None:
    with desk(tmp_path, broker) as made:
        _record(made)
        last = _last(made)
        with segment_path(made.home.feed / DAY, 1).open("r+b") as file:
            file.truncate(last.offset + 50)
        verify = _verified(made)
        assert verify.code == 2 and f"{last.offset + 50} bytes of" in verify.line("HEADER: segment 1")
        assert f"TORN_TAIL: segment 1 offset {last.offset}, 50 bytes" in verify

        _record(made)
        assert segment_path(made.home.feed / DAY, 2).exists()
        assert list(recorded_frames(made.home, behind_damage=True))[last.sequence - 1].sequence == last.sequence
        assert f"{last.offset + 50} bytes of" in _verified(made).line("HEADER: segment 1")


def _record(made: Desk) -> None:
    made.start()
    made.until_fresh()
    assert made.stop() == 0


def _verified(made: Desk) -> Answer:
    return Operator(made.home.root.parent).tarazu("data", "verify", DAY)


def _last(made: Desk) -> Frame:
    return list(recorded_frames(made.home))[-1]


def _flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x40]))


def _is_torn(made: Desk, last: Frame) -> None:
    verify = _verified(made)
    assert verify.code == 1
    assert f"TORN_TAIL: segment 1 offset {last.offset}," in verify.line("WARN", f"frame {last.sequence}")


def test_a_full_disk_is_said_the_market_goes_on_and_recording_resumes_when_there_is_room(
    broker: Served, tmp_path: Path
) -> None:
    """A limit on the size of a file stands for the disk: the segment cannot be made, and everything else can."""
    with desk(tmp_path, broker) as made:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
        try:
            made.start()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        full = made.until_fresh()
        assert full.log is not None and full.log.state == "DISK_FULL" and full.stage is Stage.LIVE
        on = made.until(lambda h: h.throughput.packets > full.throughput.packets)
        assert on.log is not None and on.log.not_recorded > full.log.not_recorded
        status = Operator(tmp_path).tarazu_until(2, "feed", "status")
        assert "frames not recorded" in status.line("CRIT", "NOT_RECORDING", "DISK_FULL")
        Operator(tmp_path).tarazu_until(2, "sla")

        assert made.process is not None
        resource.prlimit(made.process.pid, resource.RLIMIT_FSIZE, before)
        again = made.until(lambda h: h.log is not None and h.log.state == "RECORDING")
        assert again.pid == full.pid
        changed = made.until_event("RECORDING_CHANGED", after="RECORDING")
        assert isinstance(changed, RecordingChanged) and changed.before == "DISK_FULL" and changed.not_recorded > 0
        status = Operator(tmp_path).tarazu_until(1, "feed", "status")
        assert "frames not recorded" in status.line("WARN", "FRAMES_LOST")
        assert false_alarms(made.home, "FEED_STALE") == []
        assert made.stop() == 0
        assert _verified(made).code == 0
