"""Readers: every frame once and in order, woken without polling, and never in the writer's way."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tarazu.runtime.damage import Damaged, Fault
from tarazu.runtime.doorbell import Doorbell
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.log_state import LogState
from tarazu.runtime.repair import verify
from tarazu.runtime.segment import FRAME_HEADER_BYTES, Kind, Position, day_folder, segment_path
from tarazu.runtime.tail import Tail

DAY = date(2026, 11, 23)


def append(log: FeedLog, payload: bytes) -> int:
    return log.append(Kind.BINARY, 1, payload, 1_000, 2_000)


@pytest.fixture
def tails():
    """Makes readers, closed after the test."""
    made: list[Tail] = []

    def keep(tail: Tail) -> Tail:
        made.append(tail)
        return tail

    yield keep
    for tail in made:
        tail.close()


def sequences(tail: Tail) -> list[int]:
    return [frame.sequence for frame in tail.ready()]


def test_two_reader_processes_see_every_frame_while_the_writer_rolls(tmp_path):
    folder, last = day_folder(tmp_path, DAY), 3_000
    script = Path(__file__).with_name("feed_reader_process.py")
    command = [sys.executable, str(script), str(folder), str(last)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for reader in readers:
        assert reader.stdout.readline() == "listening\n"  # before there is a log at all
    log = FeedLog.open(tmp_path, DAY, segment_bytes=256 << 10, sync_period_s=0.01)
    expected = hashlib.sha256()
    for i in range(last):
        payload = os.urandom(i % 1_000)
        expected.update(payload)
        append(log, payload)
    for reader in readers:
        saw = json.loads(reader.communicate(timeout=60)[0])
        assert saw["in_order"] and saw["sha256"] == expected.hexdigest() and saw["waits"] > 0
    assert log.stats.segment > 4
    log.close()


def test_a_reader_begins_at_the_end_a_sequence_or_a_position(open_log, tails):
    log = open_log()
    for _ in range(10):
        append(log, bytes(1000))
    at_end, from_seventh = tails(Tail.at_end(log.folder)), tails(Tail(log.folder, from_sequence=7))
    from_future = tails(Tail(log.folder, from_sequence=12))
    seventh = from_seventh.next()
    again = tails(Tail(log.folder, from_position=seventh.position))
    resumed = tails(Tail(log.folder, from_position=from_seventh.position))
    append(log, b"eleven")
    append(log, b"twelve")
    assert sequences(at_end) == [11, 12]
    assert sequences(from_seventh) == sequences(resumed) == [8, 9, 10, 11, 12]
    assert sequences(again) == [7, 8, 9, 10, 11, 12]
    assert sequences(from_future) == [12]


def test_a_payload_stays_readable_after_its_segment_was_left(open_log, tails):
    log = open_log()
    tail = tails(Tail(log.folder))
    append(log, b"kept")
    frame = tail.next()
    for _ in range(10):
        append(log, bytes(1000))
    assert len(sequences(tail)) == 10
    tail.close()
    assert bytes(frame.payload) == b"kept"
    tail.bell = Doorbell(log.folder)  # for the fixture to close


def test_a_reader_outlives_its_writers(open_log, tails, tmp_path):
    tail = tails(Tail(day_folder(tmp_path, DAY)))
    for sequence in (1, 2, 3):
        log = open_log()
        log._keeper.beat()
        append(log, b"x")
        log.close()
        assert tail.wait(0) and sequences(tail) == [sequence]


def test_a_bell_rings_for_each_new_frame_and_is_quiet_after_reading(open_log, tails):
    log = open_log()
    tail = tails(Tail(log.folder))
    assert not tail.wait(0), "the writer has not found it yet"
    log._keeper.beat()
    assert tail.wait(0) and sequences(tail) == [] and not tail.wait(0), "rung once when found"
    append(log, b"x")
    assert tail.wait(0) and sequences(tail) == [1] and not tail.wait(0)


def test_a_reader_that_never_reads_does_not_hold_up_the_writer(open_log, tails):
    log = open_log(segment_bytes=8 << 20)
    tail = tails(Tail(log.folder))
    log._keeper.beat()
    for _ in range(70_000):  # more rings than a FIFO holds
        append(log, b"")
    assert len(sequences(tail)) == 70_000 and log.stats.readers == 1


def test_a_dead_reader_is_forgotten_and_its_bell_removed(open_log):
    log = open_log()
    dead = [Doorbell(log.folder), Doorbell(log.folder)]
    log._keeper.beat()
    assert log.stats.readers == 2
    for bell in dead:
        os.close(bell.fileno())  # as the kernel does for a killed process: the name stays
    append(log, b"x")
    assert log.stats.readers == 0 and list((log.folder / "bells").iterdir()) == []
    stale = Doorbell(log.folder)
    os.close(stale.fileno())
    log._keeper.beat()
    assert list((log.folder / "bells").iterdir()) == []


def test_an_event_loop_reads_frames_as_they_come(open_log, tails):
    log = open_log(sync_period_s=0.01)
    tail = tails(Tail(log.folder))

    async def read(count: int) -> list[int]:
        seen = []
        async for frame in tail:
            seen.append(frame.sequence)
            if len(seen) == count:
                return seen
            append(log, b"the next")  # only after the last was read: each must wake us
        raise AssertionError("a tail has no end")

    append(log, b"first")
    assert asyncio.run(asyncio.wait_for(read(20), 60)) == list(range(1, 21))


@pytest.mark.parametrize("cut", ["payload", "length"])
def test_a_reader_stops_at_damage_says_where_and_goes_on_when_told(open_log, tails, cut):
    log = open_log()
    for _ in range(5):
        append(log, b"\xa5" * 100)
    second = Position(1, 64 + 144)
    offset, octets = {"payload": (second.offset + FRAME_HEADER_BYTES + 9, b"\0"), "length": (second.offset, bytes(4))}[
        cut
    ]
    with segment_path(log.folder, 1).open("r+b") as file:
        file.seek(offset)
        file.write(octets)
    tail = tails(Tail(log.folder))
    assert tail.next().sequence == 1
    for _ in range(2):
        with pytest.raises(Damaged) as met:
            tail.next()
        assert (met.value.damage.fault, met.value.damage.position) == (Fault.CORRUPT, second)
        assert (met.value.damage.sequence, met.value.damage.lost) == (2, 1)
    assert tail.skip_damage() == met.value.damage
    assert sequences(tail) == [3, 4, 5] and tail.skip_damage() is None
    assert sequences(tails(Tail.at_end(log.folder))) == []


def test_a_reader_reports_what_verify_reports(open_log, tails):
    log = open_log()
    for _ in range(12):
        append(log, b"\xa5" * 1000)
    log.close()
    segment_path(log.folder, 2).unlink()
    with segment_path(log.folder, 3).open("r+b") as file:
        file.truncate(2_000)
    tail, met, seen = tails(Tail(log.folder)), [], []
    while True:
        try:
            for frame in tail.ready():
                seen.append(frame.sequence)
            break
        except Damaged as damaged:
            met.append(damaged.damage.fault)
            tail.skip_damage()
    assert seen == [1, 2, 3, 7, 10, 11, 12]
    assert met == [Fault.SEGMENT_MISSING, Fault.HEADER, Fault.CORRUPT]
    assert set(met) <= {d.fault for d in verify(log.folder).damages}


def test_a_reader_reports_a_segment_out_of_place_and_the_gap_behind_it(open_log, tails):
    log = open_log()
    for _ in range(9):
        append(log, b"\xa5" * 1000)
    log.close()
    segment_path(log.folder, 3).rename(segment_path(log.folder, 2))
    tail = tails(Tail(log.folder))
    met, seen = [], []
    for _ in range(3):
        try:
            for frame in tail.ready():
                seen.append((frame.segment, frame.sequence))
        except Damaged as damaged:
            met.append((damaged.damage.fault, damaged.damage.sequence, damaged.damage.lost))
            assert tail.skip_damage() == damaged.damage
    assert met == [(Fault.HEADER, 0, 0), (Fault.SEQUENCE_GAP, 4, 3)]
    assert seen == [(1, 1), (1, 2), (1, 3), (2, 7), (2, 8), (2, 9)]


def test_a_reader_that_begins_at_a_sequence_does_not_meet_damage_segments_before_it(open_log, tails):
    log = open_log()
    for _ in range(9):
        append(log, b"\xa5" * 1000)
    with segment_path(log.folder, 1).open("r+b") as file:
        file.seek(1_500)
        file.write(b"\0")
    assert sequences(tails(Tail(log.folder, from_sequence=8))) == [8, 9]


def test_a_torn_tail_is_waited_at_until_the_next_writer_repairs_it(open_log, tails):
    log = open_log()
    append(log, b"one")
    log.close()
    with segment_path(log.folder, 1).open("r+b") as file:
        file.seek(64 + 48)
        file.write(b"\x40\0\0\0torn")
    tail = tails(Tail(log.folder))
    assert sequences(tail) == [1] and sequences(tail) == []
    again = open_log()
    append(again, b"two")
    assert sequences(tail) == [2]


def test_a_reader_that_cannot_be_woken_takes_nothing_from_the_recording(tmp_path: Path) -> None:
    log = FeedLog.open(tmp_path, DAY, segment_bytes=1 << 20)
    (log.folder / "bells" / "reader-strange").mkdir()  # as another user's bell: it does not open
    log._keeper.beat()
    assert log.append(Kind.BINARY, 0, b"frame", 1, 1) == 1 and log.state is LogState.RECORDING
    log.close()
