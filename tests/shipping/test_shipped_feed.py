"""The feed log's copy: frames once they have settled; a log that lost its end is followed, nothing is thrown away."""

from pathlib import Path

import pytest

from harness.journal_days import DAY, DAY_BEFORE
from harness.shipped_home import ShippedHome, frames
from tarazu.app.shipping.health import Stage
from tarazu.runtime.repair import verify
from tarazu.runtime.segment import day_folder, segment_path, segments
from tarazu.runtime.tail import Tail


@pytest.fixture
def desk(tmp_path: Path) -> ShippedHome:
    return ShippedHome(tmp_path)


def payloads(folder: Path) -> list[bytes]:
    tail = Tail(folder)
    try:
        return [bytes(frame.payload) for frame in tail.ready()]
    finally:
        tail.close()


def copy_of(desk: ShippedHome) -> Path:
    return day_folder(desk.copy.feed, DAY)


def test_frames_are_copied_as_they_come_over_segments_and_a_new_writer(desk: ShippedHome) -> None:
    for last in (3, 4, 40, 90):
        log = desk.feed()
        frames(log, log.stats.last_sequence + 1, last)
        desk.passes(4)
        assert payloads(copy_of(desk)) == payloads(log.folder)
        log.close()
    desk.passes(4)
    copied = verify(copy_of(desk))
    assert copied.clean and copied.frames == 90 and copied.segments > 1
    assert desk.shipper.health().streams[-1].sequence == 90


def test_a_frame_is_copied_once_it_has_stood_for_a_moment(desk: ShippedHome) -> None:
    log = desk.feed()
    frames(log, 1, 3)
    desk.passes(1)
    assert not segments(copy_of(desk)) or payloads(copy_of(desk)) == []
    health = desk.passes(1)
    assert len(payloads(copy_of(desk))) == 3
    assert health.lag_ns(desk.mono_ns) == 500_000_000, "it vouches for the moment at which it saw them first"
    log.close()


def test_a_frame_that_is_being_written_is_not_copied(desk: ShippedHome) -> None:
    log = desk.feed()
    frames(log, 1, 3)
    path = segment_path(log.folder, 1)
    end = len(path.read_bytes().rstrip(b"\0"))
    with path.open("r+b") as file:
        file.seek((end // 8 + 2) * 8 + 8)
        file.write(b"all of it but its length")
    desk.passes(4)
    assert verify(copy_of(desk)).clean and len(payloads(copy_of(desk))) == 3
    log.close()


def test_a_shipper_killed_in_a_write_goes_on(desk: ShippedHome) -> None:
    log = desk.feed()
    frames(log, 1, 5)
    desk.passes()
    path = segment_path(copy_of(desk), 1)
    end = len(path.read_bytes().rstrip(b"\0"))
    with path.open("r+b") as file:
        file.seek(end - 30)
        file.write(bytes(20) + b"torn by a kill")
    desk.another_shipper()
    frames(log, 6, 7)
    desk.passes(4)
    assert verify(copy_of(desk)).clean and payloads(copy_of(desk)) == payloads(log.folder)
    log.close()


def test_a_log_that_lost_its_last_frames_is_followed_and_what_the_copy_had_is_set_aside(desk: ShippedHome) -> None:
    log = desk.feed()
    frames(log, 1, 3)
    desk.passes()
    path = segment_path(log.folder, 1)
    before = path.read_bytes()
    frames(log, 4, 5)
    desk.passes()
    log.close()
    path.write_bytes(before)  # as after a power cut
    log = desk.feed()
    frames(log, 14, 16)
    desk.another_shipper()
    health = desk.passes(4)
    assert payloads(copy_of(desk)) == payloads(log.folder) and health.stage is Stage.SHIPPING
    aside = [path for path in copy_of(desk).iterdir() if ".aside-" in path.name]
    assert len(aside) == 1 and bytes([5 + 1]) * 300 in aside[0].read_bytes()
    log.close()


def test_damage_in_the_log_is_copied_as_it_is_with_the_frames_behind_it(desk: ShippedHome) -> None:
    log = desk.feed()
    frames(log, 1, 9)
    path = segment_path(log.folder, 1)
    with path.open("r+b") as file:
        file.seek(64 + 340 + 100)
        file.write(b"\xff\xff\xff")
    desk.passes(4)
    log.close()
    told = [(one.fault, one.sequence) for one in verify(log.folder).damages]
    assert [(one.fault, one.sequence) for one in verify(copy_of(desk)).damages] == told and len(told) == 1
    assert verify(copy_of(desk)).frames == 8


def test_a_long_history_is_caught_up_and_said_to_be(desk: ShippedHome) -> None:
    log = desk.feed()
    frames(log, 1, 400)
    log.close()
    first = desk.passes(1)
    assert first.stage is Stage.CATCHING_UP and first.lag_ns(desk.mono_ns) is None
    assert desk.passes(3).stage is Stage.SHIPPING
    assert len(payloads(copy_of(desk))) == 400


def test_frames_that_were_archived_and_taken_away_stay_in_the_copy(desk: ShippedHome) -> None:
    log = desk.feed()
    frames(log, 1, 30)
    log.close()
    desk.passes(4)
    for number in segments(log.folder):
        segment_path(log.folder, number).unlink()
    desk.another_shipper()
    assert desk.passes(4).stage is Stage.SHIPPING
    assert len(payloads(copy_of(desk))) == 30


def test_an_earlier_day_that_is_lived_after_a_later_one_is_copied_as_it_grows(desk: ShippedHome) -> None:
    """A simulated desk may: which day is written is not told by the calendar."""
    later = desk.feed()
    frames(later, 1, 3)
    later.close()
    desk.passes()
    log = desk.feed(DAY_BEFORE)
    for last in (4, 9):
        frames(log, log.stats.last_sequence + 1, last)
        health = desk.passes()
        assert len(payloads(day_folder(desk.copy.feed, DAY_BEFORE))) == last
    assert (health.streams[-1].day, health.streams[-1].sequence) == (DAY_BEFORE.isoformat(), 9)
    log.close()
    desk.passes()
    again = desk.feed()
    frames(again, 4, 5)
    desk.passes()
    assert len(payloads(copy_of(desk))) == 5
    again.close()


def test_a_backlog_that_is_read_in_parts_is_not_told_to_be_there_before_it_is(
    desk: ShippedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tarazu.app.shipping.feed_day.CHUNK_BYTES", 900)
    log = desk.feed()
    frames(log, 1, 9)
    for _ in range(20):
        health = desk.passes(1)
        if health.stage is Stage.SHIPPING:
            break
        assert health.lag_ns(desk.mono_ns) is None
    assert len(payloads(copy_of(desk))) == 9
    log.close()
