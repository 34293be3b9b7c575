"""A torn tail is repaired and reported; every other flipped byte is found, and where it is."""

import os
from pathlib import Path

import pytest

from tarazu.runtime.damage import Fault
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.repair import repair, verify
from tarazu.runtime.segment import (
    FRAME_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    Kind,
    Position,
    segment_path,
)
from tarazu.runtime.tail import Tail
from tarazu.runtime.writer_lock import SecondWriter


def append(log: FeedLog, payload: bytes) -> int:
    return log.append(Kind.BINARY, 1, payload, 1_000, 2_000)


def patch(path: Path, offset: int, octets: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(octets)


def positions(folder: Path) -> list[Position]:
    tail = Tail(folder)
    try:
        return [frame.position for frame in tail.ready()]
    finally:
        tail.close()


def found(folder: Path) -> list[tuple[Fault, int, int, int, int]]:
    return [(d.fault, d.segment, d.offset, d.sequence, d.lost) for d in verify(folder).damages]


@pytest.fixture
def three_frames(open_log) -> tuple[Path, int, bytes]:
    """A closed log of three frames: its segment, where the last begins, and the last's bytes."""
    log = open_log()
    for payload in (b"\xa5" * 10, b"\xa5" * 20, b"\xa5" * 101):
        append(log, payload)
    log.close()
    path, at = segment_path(log.folder, 1), positions(log.folder)[-1].offset
    return path, at, path.read_bytes()[at : at + FRAME_HEADER_BYTES + 101]


@pytest.mark.parametrize("has_length", [True, False], ids=["length written", "length not written"])
def test_a_last_frame_torn_at_any_byte_is_a_torn_tail_and_is_erased(three_frames, has_length):
    path, at, whole = three_frames
    for cut in range(len(whole)):
        torn = whole[:cut].ljust(len(whole), b"\0")
        torn = torn if has_length else bytes(4) + torn[4:]
        patch(path, at, torn)
        written = len(torn.rstrip(b"\0"))
        report = repair(path.parent)
        assert [(d.fault, d.segment, d.offset, d.size, d.sequence) for d in report.damages] == (
            [(Fault.TORN_TAIL, 1, at, written, 3)] if written else []
        ), f"cut at {cut}"
        assert path.read_bytes()[at:].count(0) == len(path.read_bytes()) - at
        assert verify(path.parent).clean and report.frames == 2 and report.end == (1, at)


def test_a_writer_reports_the_torn_tail_it_erased_and_goes_on_with_its_sequence(three_frames, open_log):
    path, at, _ = three_frames
    patch(path, at + 60, b"\0")
    log = open_log()
    assert [(d.fault, d.position, d.sequence) for d in log.recovery.damages] == [(Fault.TORN_TAIL, (1, at), 3)]
    assert append(log, b"new") == 3
    log.close()
    assert verify(path.parent).clean and len(positions(path.parent)) == 3


def test_every_flipped_bit_of_a_day_is_found_where_it_is(open_log):
    log = open_log(segment_bytes=768)
    for _ in range(5):
        append(log, b"\xa5" * 13)
    log.close()
    assert log.stats.segment == 2, "one segment sealed, one with room"
    for segment in (1, 2):
        path = segment_path(log.folder, segment)
        fd, whole = os.open(path, os.O_RDWR), path.read_bytes()
        for offset, octet in enumerate(whole):
            for bit in range(8):
                os.pwrite(fd, bytes([octet ^ 1 << bit]), offset)
                damages = verify(log.folder).damages
                assert any(d.segment == segment and d.offset <= offset < d.offset + d.size for d in damages), (
                    f"segment {segment} byte {offset} bit {bit}: {damages}"
                )
                os.pwrite(fd, bytes([octet]), offset)
        os.close(fd)
    assert verify(log.folder).clean


def test_whole_frames_behind_a_bad_one_make_it_corruption_and_repair_leaves_it(three_frames):
    path, _, _ = three_frames
    _, second, third = positions(path.parent)
    patch(path, second.offset + FRAME_HEADER_BYTES, b"\0")
    before = path.read_bytes()
    report = repair(path.parent)
    assert [(d.fault, d.position, d.size, d.sequence, d.lost) for d in report.damages] == [
        (Fault.CORRUPT, second, third.offset - second.offset, 2, 1)
    ]
    assert path.read_bytes() == before


def test_a_page_the_power_took_is_corruption_though_it_reads_as_an_end(open_log):
    log = open_log(segment_bytes=32 << 10)
    for _ in range(200):
        append(log, b"\xa5" * 50)
    log.close()
    path, begins = segment_path(log.folder, 1), [p.offset for p in positions(log.folder)]
    patch(path, 4096, bytes(4096))
    first_lost = next(i for i, at in enumerate(begins) if at + 90 > 4096)
    first_kept = next(i for i, at in enumerate(begins) if at >= 8192)
    assert found(log.folder) == [(Fault.CORRUPT, 1, begins[first_lost], first_lost + 1, first_kept - first_lost)]
    again = open_log(segment_bytes=32 << 10)
    assert append(again, b"new") == 201 and [d.fault for d in again.recovery.damages] == [Fault.CORRUPT]


def test_a_frame_inside_a_damaged_frames_payload_is_not_taken_for_ours(open_log):
    log = open_log()
    for payload in (b"first", b"second", b"third", b"fourth"):
        append(log, payload)
    image = segment_path(log.folder, 1).read_bytes()[SEGMENT_HEADER_BYTES : SEGMENT_HEADER_BYTES + 192]
    log.close()
    segment_path(log.folder, 1).unlink()
    log = open_log()
    for payload in (b"first", image, b"third"):
        append(log, payload)
    log.close()
    second = positions(log.folder)[1]
    patch(segment_path(log.folder, 1), second.offset + FRAME_HEADER_BYTES, b"\xff")
    assert found(log.folder) == [(Fault.CORRUPT, 1, second.offset, 2, 1)]


def test_a_lost_segment_and_the_frames_it_had_are_reported(open_log):
    log = open_log()
    for _ in range(10):
        append(log, bytes(1000))
    log.close()
    segment_path(log.folder, 2).unlink()
    assert found(log.folder) == [
        (Fault.SEGMENT_MISSING, 2, 0, 0, 0),
        (Fault.SEQUENCE_GAP, 3, SEGMENT_HEADER_BYTES, 4, 3),
    ]


def test_a_segment_of_another_day_or_place_is_reported(open_log):
    log = open_log()
    for _ in range(4):
        append(log, bytes(1000))
    log.close()
    second = segment_path(log.folder, 2)
    second.rename(segment_path(log.folder, 3))
    assert (Fault.HEADER, 3, 0) in [(d.fault, d.segment, d.offset) for d in verify(log.folder).damages]


def test_a_segment_cut_short_is_reported(open_log):
    log = open_log()
    for _ in range(4):
        append(log, bytes(1000))
    log.close()
    for size in (1, 63, 64, 90, 1000, 1003):
        os.truncate(segment_path(log.folder, 1), size)
        report = verify(log.folder)
        assert report.damages[0].fault is Fault.HEADER and Fault.CORRUPT in [d.fault for d in report.damages], size


def test_the_tail_of_a_log_being_written_is_not_judged_and_not_repaired(open_log):
    log = open_log()
    append(log, b"x")
    patch(segment_path(log.folder, 1), 400, b"on its way")
    assert verify(log.folder).clean
    with pytest.raises(SecondWriter):
        repair(log.folder)
    log.close()
    assert [d.fault for d in verify(log.folder).damages] == [Fault.TORN_TAIL]


def test_an_unreadable_last_segment_does_not_make_the_sequence_begin_again(open_log):
    log = open_log()
    for _ in range(10):
        append(log, b"\xa5" * 1000)
    log.close()
    assert log.stats.segment == 4
    for segment in (3, 4):
        patch(segment_path(log.folder, segment), SEGMENT_HEADER_BYTES, b"\xff" * 4000)
    again = open_log()
    assert append(again, b"new") == 7, "frames 1 to 6 can be read"
    assert {d.fault for d in again.recovery.damages} == {Fault.CORRUPT, Fault.TORN_TAIL}
