"""The simulated disk keeps what it promised to keep, and nothing it did not."""

from random import Random

import pytest

from tarazu.dst.disk import DiskLied, SecondInstance, SimDisk, entries
from tarazu.dst.world import DAY
from tarazu.journal.codec import encode_frame
from tarazu.journal.entry import Head, day_number


def written(disk: SimDisk, count: int, epoch: int = 1) -> list[bytes]:
    """So many frames, chained to what the disk has synced."""
    head, frames = disk.synced_head, []
    for _ in range(count):
        frame, digest = encode_frame(
            head.sequence + 1, 1, 2, 2, epoch, day_number(DAY), head.hash, b"x" * (37 + 7 * head.sequence % 90)
        )
        head = Head(head.sequence + 1, digest)
        frames.append(frame)
    disk.write(b"".join(frames))
    disk.pending = head  # type: ignore[attr-defined]
    return frames


def synced(disk: SimDisk, count: int) -> None:
    written(disk, count)
    disk.sync(disk.pending)  # type: ignore[attr-defined]
    disk.mark(disk.synced_head, 1)


def fresh() -> SimDisk:
    disk = SimDisk(DAY)
    disk.lock(1)
    disk.begin_epoch(Head())
    return disk


@pytest.mark.parametrize("seed", range(60))
def test_a_crash_keeps_all_that_was_synced_and_a_prefix_of_the_rest(seed: int) -> None:
    disk = fresh()
    synced(disk, 20)
    written(disk, 30)
    disk.crash(b"half a frame", Random(seed))
    report, view = disk.recover()
    kept = entries(view)
    assert 20 <= len(kept) <= 50
    assert [entry.sequence for entry in kept] == list(range(1, len(kept) + 1))
    assert report.head.sequence == len(kept)


@pytest.mark.parametrize(("kept", "count"), [(0.0, 20), (1.0, 50)])
def test_a_crash_can_be_told_what_to_keep(kept: float, count: int) -> None:
    disk = fresh()
    synced(disk, 20)
    written(disk, 30)
    disk.crash(b"", Random(1), kept)
    assert disk.recover()[0].entries == count


def test_what_is_torn_is_erased_and_built_upon() -> None:
    disk = fresh()
    synced(disk, 5)
    torn = written(disk, 1)[0]
    disk.crash(b"", Random(1), 0.5)
    assert len(disk.image) > disk.synced and len(torn) > 0
    assert disk.recover()[0].entries == 5
    synced(disk, 5)
    disk.crash(b"", Random(1), 0.0)
    assert disk.recover()[0].entries == 10


def test_a_disk_that_loses_what_was_synced_is_found_out() -> None:
    disk = fresh()
    synced(disk, 20)
    del disk.image[-200:]
    with pytest.raises(DiskLied):
        disk.recover()


def test_the_lock_is_held_until_its_holder_dies() -> None:
    disk = fresh()
    with pytest.raises(SecondInstance):
        disk.lock(2)
    disk.crash(b"", Random(1))
    disk.lock(2)
