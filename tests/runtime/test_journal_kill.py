"""kill -9 at any moment: nothing acknowledged is lost, nothing raises a false alarm, and the next writer goes on."""

import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness.imports import PYTHONPATH
from harness.journal_days import DAY, judged, key, payload_of, small, trust
from runtime.journal_writer_process import write_for_ever
from tarazu.journal.findings import Fault
from tarazu.runtime.journal_epoch import read_epoch
from tarazu.runtime.journal_files import day_folder
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.journal_writer import Journal

KILLS = int(os.environ.get("TARAZU_JOURNAL_KILLS", "200"))
A_DAY = 100
"""Kills before a fresh journal: each opening verifies all there is."""


@pytest.fixture
def quick_disk(tmp_path):
    """A kill leaves the page cache alone: a disk in memory shows the same, sooner. The long run takes the real one."""
    memory = Path("/dev/shm")
    if "TARAZU_JOURNAL_KILLS" in os.environ or not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def test_no_acknowledged_entry_is_lost_by_kill_9_and_a_clean_start_after_raises_no_alarm(quick_disk):
    chance = random.Random(2026)
    for begun in range(0, KILLS, A_DAY):
        folder = quick_disk / str(begun)
        root, signer = folder / "journal", key(folder)
        by = trust(signer)
        for _ in range(min(A_DAY, KILLS - begun)):
            first, acked = killed_writer(root, acks=chance.randrange(1, 25))
            report = judged(root, by)
            assert report.fault in (None, Fault.TORN_TAIL), report.findings
            assert first <= acked <= report.head.sequence
        last = Journal.open(root, DAY, signer.name, small(8192), signer=signer, verifiers=(signer.verifier(),))
        assert last.epoch == read_epoch(root) == min(A_DAY, KILLS - begun) + 1
        last.close()
        assert judged(root, by).findings == []
        entries = list(JournalReader(day_folder(root, DAY)).ready())
        assert len(entries) >= acked
        for sequence, entry in enumerate(entries, start=1):
            assert (entry.sequence, entry.payload) == (sequence, payload_of(sequence, 500))


def killed_writer(root: Path, acks: int) -> tuple[int, int]:
    """Run a writer until it acknowledged so often, kill it; its first ack and its last, read to the end of the pipe."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            write_for_ever(root, write_end)
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
    told = [int.from_bytes(received[at : at + 8], "little") for at in range(0, len(received) - 7, 8)]
    return told[0], max(told)


def other_process(*argv: str) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("journal_writer_process.py")
    surroundings = {**os.environ, "PYTHONPATH": PYTHONPATH}
    return subprocess.Popen(
        [sys.executable, str(script), *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings
    )


def test_a_second_writer_is_refused_a_stopped_holder_keeps_it_and_a_killed_one_does_not(tmp_path):
    root = tmp_path / "journal"
    holder = other_process("hold", str(root))
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "HOLDS 1\n"
        assert refused(root) == holder.pid
        holder.send_signal(signal.SIGSTOP)
        assert refused(root) == holder.pid, "stopped is not gone"
        holder.send_signal(signal.SIGCONT)
        holder.kill()
        holder.wait()
        with_it = other_process("hold", str(root))
        assert with_it.stdout is not None and with_it.stdout.readline() == "HOLDS 2\n"
        with_it.kill()
        with_it.communicate()
    finally:
        holder.kill()
        holder.communicate()


def refused(root: Path) -> int:
    """A second writer's try; returns whom it was told of."""
    second = other_process("hold", str(root))
    out, _ = second.communicate(timeout=120)
    assert second.returncode == 4 and out.startswith("SECOND ")
    return int(out.split()[1])


def test_a_file_limit_kills_the_writer_before_the_ack(tmp_path):
    """The unprivileged stand-in for a full disk."""
    root = tmp_path / "journal"
    out, _ = other_process("limit", str(root)).communicate(timeout=120)
    word, acked, _ = out.split(" ", 2)
    assert word == "DEAD" and int(acked) >= 100
    assert judged(root, trust(key(tmp_path))).head.sequence >= int(acked)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which only root may")
def test_a_full_disk_takes_exits_from_the_reserve_and_then_kills_the_writer_before_the_ack(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount here: {mounted.stderr.decode()}")
    try:
        out, _ = other_process("fill", str(place / "journal")).communicate(timeout=120)
        reserve, dead = out.splitlines()
        normal, acked = int(reserve.split()[1]), int(dead.split()[1])
        assert reserve.startswith("RESERVE") and dead.startswith("DEAD")
        assert acked - normal > 100, "256 KiB are more than a hundred exits"
        report = judged(place / "journal", trust(key(tmp_path)))
        assert report.fault in (None, Fault.TORN_TAIL) and report.head.sequence >= acked
    finally:
        subprocess.run(["umount", str(place)], check=True)
