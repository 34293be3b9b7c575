"""Which days are looked at again: those that may have changed, by a clock as coarse as a file's; and no others."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from harness.journal_days import DAY, DAY_BEFORE
from harness.shipped_home import ShippedHome, frames, write
from tarazu.app.shipping.feed_day import FeedDay
from tarazu.app.shipping.health import Stage
from tarazu.runtime.journal_files import segment_numbers, segment_path, watermark_path
from tarazu.runtime.repair import verify
from tarazu.runtime.segment import day_folder


@pytest.fixture
def desk(tmp_path: Path) -> ShippedHome:
    return ShippedHome(tmp_path)


def test_an_entry_of_the_same_tick_as_the_one_before_is_not_missed(desk: ShippedHome) -> None:
    """Most kernels stamp files by the tick, 1 to 10 ms: two marks of one tick look the same."""
    with desk.journal() as log:
        write(log, 1, 5)
        tick_ns = watermark_path(log.folder).stat().st_mtime_ns
        desk.passes(1)
        write(log, 6, 6)
        os.utime(watermark_path(log.folder), ns=(tick_ns, tick_ns))
        desk.passes(1)
        assert desk.judged().entries == 6


def test_days_of_the_feed_without_a_lock_are_read_once(desk: ShippedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a restored home has them: reading five last segments at each pass would hold the journal up."""
    for n in range(5):
        log = desk.feed(DAY - timedelta(days=n))
        frames(log, 1, 3)
        log.close()
        (log.folder / "writer.lock").unlink()
    desk.passes(6)
    looked: list[Path] = []
    resume = FeedDay._resume

    def looking(day: FeedDay) -> None:
        looked.append(day.source)
        resume(day)

    monkeypatch.setattr(FeedDay, "_resume", looking)
    desk.passes(2)
    assert looked == []
    log = desk.feed(DAY)
    frames(log, 4, 6)
    assert desk.passes(3).streams[-1].sequence == 6, "a writer that comes back is followed"
    log.close()


def test_a_desk_of_many_days_is_copied_whole_when_it_is_first_shipped(desk: ShippedHome) -> None:
    days = [DAY - timedelta(days=n) for n in range(9)]
    for day in days:
        log = desk.feed(day)
        frames(log, 1, 3)
        log.close()
    health = desk.passes(20)
    assert [verify(day_folder(desk.copy.feed, day)).frames for day in days] == [3] * 9
    assert health.stage is Stage.SHIPPING


def test_what_only_a_person_may_undo_and_the_account_of_paper_are_copied(desk: ShippedHome) -> None:
    names = ("feed_breaker.json", "flatten-evidence.jsonl", "paper/2026-11-23.jsonl", "freeze/2026-11-23.json")
    for name in names:
        (desk.home.root / name).parent.mkdir(exist_ok=True)
        (desk.home.root / name).write_text(name)
    desk.passes(4)
    assert [name for name in names if not (desk.copy.root / name).is_file()] == []


def test_a_day_of_before_that_is_damaged_keeps_today_from_no_copy(desk: ShippedHome) -> None:
    with desk.journal(DAY_BEFORE) as log:
        write(log, 1, 5)
        segment = segment_path(log.folder, segment_numbers(log.folder)[-1])
    raw = bytearray(segment.read_bytes())
    raw[100] ^= 1
    with desk.journal() as log:
        write(log, 1, 5)
        segment.write_bytes(raw)
        health = desk.passes()
        assert (health.stage, health.code) == (Stage.FAILING, "SOURCE_DAMAGED")
        assert desk.judged().entries == 5
        write(log, 6, 9)
        desk.passes()
        assert desk.judged().entries == 9
