"""The writer: what it records, whom it lets in, and what it does when it cannot."""

import errno
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.keeper import Watermarks
from tarazu.runtime.log_state import FrameTooLong, LogState, NotRecorded
from tarazu.runtime.repair import verify
from tarazu.runtime.segment import MAGIC, PAYLOAD_BYTES_MAX, Kind, segment_path, segments
from tarazu.runtime.tail import Tail
from tarazu.runtime.writer_lock import SecondWriter

DAY = date(2026, 11, 23)
NO_FLOOR = Watermarks(low_bytes=0, floor_bytes=0)


def append(log: FeedLog, payload: bytes) -> int:
    return log.append(Kind.BINARY, 1, payload, 1_000, 2_000)


def payloads(folder: Path) -> list[bytes]:
    tail = Tail(folder)
    try:
        return [bytes(frame.payload) for frame in tail.ready()]
    finally:
        tail.close()


def test_a_frame_comes_back_as_it_was_given(open_log):
    log = open_log()
    assert log.append(Kind.TEXT, 3, b'{"type":"order"}', 1_790_000_000_123_456_789, 42) == 1
    tail = Tail(log.folder)
    frame = tail.next()
    assert (frame.sequence, frame.kind, frame.connection) == (1, Kind.TEXT, 3)
    assert (frame.wall_ns, frame.mono_ns) == (1_790_000_000_123_456_789, 42)
    assert bytes(frame.payload) == b'{"type":"order"}' and frame.payload.readonly
    assert tail.next() is None
    tail.close()


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(0, 3_000), max_size=30), cut=st.integers(0, 30))
def test_any_payloads_come_back_in_order_over_segments_and_writers(tmp_path_factory, sizes, cut):
    feed = tmp_path_factory.mktemp("feed")
    given_payloads = [bytes([1 + i]) * size for i, size in enumerate(sizes)]
    for part in (given_payloads[:cut], given_payloads[cut:]):
        log = FeedLog.open(feed, DAY, segment_bytes=4096, sync_period_s=3600, watermarks=NO_FLOOR)
        for payload in part:
            append(log, payload)
        log.close()
    assert payloads(log.folder) == given_payloads
    report = verify(log.folder)
    assert report.clean and report.frames == len(sizes) and report.next_sequence == len(sizes) + 1


def test_the_longest_payload_fits_and_one_byte_more_is_refused(tmp_path):
    log = FeedLog.open(tmp_path, DAY)
    longest = os.urandom(4096) * (PAYLOAD_BYTES_MAX // 4096)
    with pytest.raises(FrameTooLong) as refused:
        append(log, longest + b"\0")
    assert append(log, longest) == 1
    assert (refused.value.size, refused.value.most) == (PAYLOAD_BYTES_MAX + 1, PAYLOAD_BYTES_MAX)
    assert append(log, longest) == 2, "it rolls to a segment with room"
    log.close()
    assert payloads(log.folder) == [longest, longest]


def test_a_second_writer_is_refused_and_told_who_writes(open_log):
    log = open_log()
    with pytest.raises(SecondWriter) as refused:
        open_log()
    assert refused.value.pid == os.getpid() and str(os.getpid()) in str(refused.value)
    log.close()
    assert append(open_log(), b"after") == 1


def test_the_next_segment_is_ready_before_it_is_needed_and_gone_after_close(open_log):
    log = open_log()
    log._keeper.beat()
    assert segments(log.folder) == [1, 2]
    for _ in range(4):
        append(log, bytes(1000))
        log._keeper.beat()
    assert log.stats.segment == 2 and log.stats.stalled_rolls == 0
    assert segments(log.folder) == [1, 2, 3]
    log.close()
    assert segments(log.folder) == [1, 2]


def test_what_a_killed_writer_left_prepared_or_half_made_is_cleared_away(open_log):
    log = open_log()
    append(log, b"one")
    log.close()
    segment_path(log.folder, 2).write_bytes(bytes(4096))
    (log.folder / "000003.part").write_bytes(b"half")
    again = open_log()
    assert append(again, b"two") == 2 and again.recovery.clean
    assert sorted(p.name for p in log.folder.glob("0*")) == ["000001.seg"]


def test_sync_lag_is_measured_and_no_append_waits_for_the_disk(open_log):
    log = open_log()
    assert log.stats.sync_lag_ns == 0
    append(log, b"x")
    assert 0 < log.stats.sync_lag_ns < log.stats.sync_lag_ns, "it grows until the disk answers"
    log._keeper.beat()
    assert log.stats.sync_lag_ns == 0 and log.stats.syncs == 1


def test_a_disk_that_fails_to_sync_stops_the_recording_for_good(open_log, monkeypatch):
    def broken(end: int) -> None:
        raise OSError(errno.EIO, "msync: Input/output error")

    log = open_log()
    append(log, b"before")
    monkeypatch.setattr(log._keeper._current, "sync_to", broken)
    log._keeper.beat()
    assert log.state is LogState.FAILED and "Input/output error" in log.stats.failure
    for _ in range(2):
        with pytest.raises(NotRecorded) as refused:
            append(log, b"after")
        assert refused.value.state is LogState.FAILED
    assert log.stats.not_recorded == 2
    monkeypatch.undo()
    log._keeper.beat()
    assert log.state is LogState.FAILED and log.stats.sync_lag_ns > 0, "a later sync that works proves nothing"


def test_what_was_synced_stays_readable_and_appends_go_on_beside_it(open_log):
    """Pages that are done are unmapped at a sync, and are there again when looked at."""
    log = open_log(segment_bytes=1 << 20)
    for n in range(40):
        append(log, bytes([n]) * 3_000)
        if n % 7 == 0:
            log._keeper.beat()
            segment = log._keeper._current
            assert segment.synced_to == log._at
    tail = Tail(log.folder)
    assert [bytes(frame.payload) for frame in tail.ready()] == [bytes([n]) * 3_000 for n in range(40)]
    assert bytes(segment.view[:8]) == MAGIC and verify(log.folder).clean
    tail.close()


def test_a_low_disk_still_records(open_log):
    log = open_log(watermarks=Watermarks(low_bytes=1 << 60, floor_bytes=0))
    assert append(log, b"x") == 1 and log.state is LogState.LOW


def test_below_the_floor_nothing_is_recorded_and_every_frame_is_counted(open_log):
    log = open_log(watermarks=Watermarks(low_bytes=1 << 61, floor_bytes=1 << 60))
    for count in (1, 2):
        with pytest.raises(NotRecorded) as refused:
            append(log, b"x")
        assert refused.value.state is log.state is LogState.DISK_FULL and log.stats.not_recorded == count
    assert segments(log.folder) == []


def test_preallocated_room_is_used_up_before_the_disk_counts_as_full_and_the_gap_is_on_record(open_log):
    log = open_log(watermarks=NO_FLOOR)
    log._keeper._watermarks = Watermarks(low_bytes=0, floor_bytes=1 << 60)  # the disk fills
    log._keeper.beat()
    assert log.state is LogState.LOW
    kept = sum(1 for _ in range(3) if append(log, bytes(1000)))
    for _ in range(5):
        with pytest.raises(NotRecorded):
            append(log, bytes(1000))
    with pytest.raises(NotRecorded):
        append(log, b"small enough for what is left, but then the gap would go unsaid")
    assert (kept, log.state, log.stats.not_recorded) == (3, LogState.DISK_FULL, 6)

    log._keeper._watermarks = NO_FLOOR  # someone made room
    log._keeper.beat()
    assert log.state is LogState.RECORDING
    append(log, b"again")
    log.close()
    assert payloads(log.folder)[3:] == [
        b'{"recording":"STOPPED","state":"DISK_FULL"}',
        b'{"recording":"RESUMED","not_recorded":6}',
        b"again",
    ]
    assert verify(log.folder).clean


def test_a_gap_still_open_at_close_is_on_record(open_log):
    log = open_log(watermarks=NO_FLOOR)
    log._keeper._watermarks = Watermarks(low_bytes=0, floor_bytes=1 << 60)
    with pytest.raises(NotRecorded):
        for _ in range(9):
            append(log, bytes(1000))
    log.close()
    assert payloads(log.folder)[-1] == b'{"recording":"CLOSED","not_recorded":1}'


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")
def test_a_disk_that_is_really_full(tmp_path):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", tmp_path], capture_output=True).returncode:
        pytest.skip("cannot mount a tmpfs here")
    try:
        log = FeedLog.open(tmp_path, DAY, segment_bytes=64 << 10, sync_period_s=3600, watermarks=NO_FLOOR)
        recorded = 0
        with pytest.raises(NotRecorded) as refused:
            while True:
                recorded = append(log, bytes(1000))
        assert refused.value.state is log.state is LogState.DISK_FULL and recorded > 100
        report = verify(log.folder)
        assert report.clean and report.frames == recorded + 1, "all we were told is recorded, and the mark"
        log.close()
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)


def test_a_limit_on_file_size_is_a_full_disk(tmp_path):
    script = Path(__file__).with_name("feed_writer_process.py")
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["DISK_FULL", "DISK_FULL", "1"]
    assert list(tmp_path.rglob("*.part")) == []


def test_a_closed_log_takes_nothing_and_closes_twice(open_log):
    log = open_log()
    log.close()
    log.close()
    with pytest.raises(NotRecorded) as refused:
        append(log, b"x")
    assert refused.value.state is log.state is LogState.CLOSED
