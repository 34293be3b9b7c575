"""The disk fails, or the power does, at every call there is: death before the ack, and what was acknowledged stays."""

import random

import pytest

from harness.fallible_disk import ERRORS, FallibleDisk, PowerCut, cut, failing, short
from harness.journal_days import DAY, FORCE, GROUP, NAME, judged, key, payload_of, small, trust
from tarazu.journal.findings import Fault
from tarazu.runtime.journal_state import JournalDead, NoRoom, Room, Space
from tarazu.runtime.journal_writer import Journal
from tarazu.runtime.os_disk import OsDisk

ENTRIES = 24


@pytest.fixture
def signer(tmp_path):
    return key(tmp_path)


def write_some(root, disk, signer, first=1):
    """Open and append, forced and in groups, with a checkpoint; returns the last acknowledged."""
    log = Journal.open(root, DAY, NAME, small(), signer=signer, verifiers=(signer.verifier(),), disk=disk)
    try:
        for sequence in range(log.sequence + 1, log.sequence + ENTRIES + 1):
            log.append(3, payload_of(sequence), sequence, FORCE if sequence % 4 == 0 else GROUP)
            if sequence % 10 == 0:
                log.checkpoint()
        log.close()
    except BaseException as broken:
        broken.args = (*broken.args, log.acknowledged)
        abandon(log)
        raise
    return log.acknowledged


def abandon(log):
    """As the kernel does for a dead process: the files and the lock go, nothing is written."""
    if log._over.is_set():
        return  # it was closing
    log._over.set()
    log._came.set()
    log._thread.join()
    log._spare._stopped.set()
    log._spare._wanted.set()
    log._spare._thread.join()
    log._log.close()
    log._lock.close()


def calls_of_a_day(tmp_path, signer):
    disk = FallibleDisk()
    write_some(tmp_path / "counted", disk, signer)
    return len(disk.calls)


@pytest.mark.parametrize("kind", ["EIO", "ENOSPC", "short"])
def test_any_failing_call_is_the_end_before_the_ack(tmp_path, signer, kind):
    for number in range(1, calls_of_a_day(tmp_path, signer) + 1):
        root = tmp_path / f"{kind}-{number}"
        disk = FallibleDisk(short(number) if kind == "short" else failing(number, ERRORS[kind]))
        acked = 0
        try:
            write_some(root, disk, signer)
        except JournalDead as dead:
            acked = dead.args[-1]
        except NoRoom as refused:
            assert kind == "ENOSPC"
            acked = refused.args[-1]
        except OSError:
            pass  # while opening: it never was a writer
        report = judged(root, trust(signer))
        assert report.head.sequence >= acked, number
        if kind == "short" and [f.where for f in report.findings] == ["watermark"]:
            # Half a mark cannot be told from a damaged one: that is refused, and for a person to judge.
            assert report.fault is Fault.CORRUPT
            continue
        assert report.fault in (None, Fault.TORN_TAIL), (number, report.findings)
        assert write_some(root, OsDisk(), signer) >= acked + ENTRIES, "the next opening goes on"
        assert judged(root, trust(signer)).fault is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_power_cut_before_any_call_loses_nothing_acknowledged(tmp_path, signer):
    total = calls_of_a_day(tmp_path, signer)
    for number in range(1, total + 8):
        for seed in range(2):
            root = tmp_path / f"cut-{number}-{seed}"
            disk = FallibleDisk(cut(number))
            acked = 0
            try:
                acked = write_some(root, disk, signer)
            except PowerCut as dark:
                acked = dark.args[-1] if dark.args else 0
            except JournalDead as dead:
                acked = dead.args[-1]
            disk.lose_power(random.Random(seed))
            report = judged(root, trust(signer))
            assert report.fault in (None, Fault.TORN_TAIL), (number, seed, report.findings)
            assert report.head.sequence >= acked, (number, seed)
            assert write_some(root, OsDisk(), signer) >= acked + ENTRIES
            assert judged(root, trust(signer)).findings == []


def test_after_a_failed_sync_nothing_is_written_and_no_sync_is_tried_again(tmp_path, signer):
    """The second fdatasync would say that all is well: the kernel has told of the loss once, and forgotten it."""
    armed = []

    def fault(number, what):
        if armed and what == "fdatasync" and len(armed) == 1:
            armed.append(number)
            raise OSError(5, "Input/output error")

    disk = FallibleDisk(fault)
    log = Journal.open(tmp_path / "journal", DAY, NAME, small(1 << 16), disk=disk)
    log.append(1, b"there", 1, FORCE)
    log._spare.close()
    armed.append(0)
    for _ in range(3):
        with pytest.raises(JournalDead):
            log.append(1, b"lost", 1, FORCE)
        with pytest.raises(JournalDead):
            log.sync()
    assert log.acknowledged == 1
    log.close()
    assert disk.after_failure == []


def test_a_waiting_caller_is_told_of_the_death(tmp_path, signer):
    class Broken(OsDisk):
        broken = False

        def fdatasync(self, fd):
            if self.broken:
                raise OSError(5, "Input/output error")
            super().fdatasync(fd)

    disk = Broken()
    log = Journal.open(tmp_path / "journal", DAY, NAME, small(1 << 16), disk=disk)
    disk.broken = True
    sequence = log.append(3, b"one", 1)
    with pytest.raises(JournalDead):
        log.wait_durable(sequence)
    disk.broken = False  # a second sync would succeed, and mean nothing
    with pytest.raises(JournalDead):
        log.append(3, b"two", 1, FORCE)
    assert log.acknowledged == 0 and log.dead is not None
    log.close()


class Shrinking(OsDisk):
    """Free space as told; segments cannot be allocated without any."""

    free = 10 << 30

    def free_bytes(self, folder):
        return self.free

    def allocate(self, fd, size):
        if self.free <= 0:
            raise OSError(28, "No space left on device")
        super().allocate(fd, size)

    def unlink(self, path):
        super().unlink(path)
        if path.name == "reserve":
            self.free += 1 << 20


def test_space_is_low_then_only_the_reserve_and_ok_again_when_there_is_room(tmp_path, signer):
    disk = Shrinking()
    room = Room(low_bytes=1 << 30, reserve_bytes=1 << 20)
    log = Journal.open(tmp_path / "journal", DAY, NAME, small(4096, room=room), disk=disk)
    assert log.space is Space.OK and (tmp_path / "journal/reserve").exists()
    disk.free = 1 << 20
    log._watch.look()
    assert log.space is Space.LOW and log.append(3, b"still taken", 1, FORCE)
    disk.free = 0
    while log.space is not Space.RESERVE:
        log.append(3, b"p" * 500, 1, FORCE, from_reserve=True)
    assert not (tmp_path / "journal/reserve").exists()
    with pytest.raises(NoRoom):
        log.append(3, b"an entry", 1, FORCE)
    before = log.sequence
    assert log.append(3, b"an exit", 1, FORCE, from_reserve=True) == before + 1
    disk.free = 10 << 30
    log._watch.look()
    assert log.space is Space.OK and log.append(3, b"an entry", 1, FORCE)
    log.close()
    assert judged(tmp_path / "journal", trust(signer)).fault is None
