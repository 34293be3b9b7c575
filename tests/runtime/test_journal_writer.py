"""What the journal's writer promises when nothing goes wrong."""

import subprocess
import time
from datetime import date

import pytest

from harness.imports import PYTHONPATH
from harness.journal_days import (
    DAY,
    DAY_BEFORE,
    FORCE,
    GROUP,
    NAME,
    Mode,
    day_files,
    judged,
    key,
    payload_of,
    small,
    trust,
    write_day,
)
from tarazu.adapters.signing import BadKeyFile, key_of
from tarazu.journal.checkpoint import parse
from tarazu.journal.findings import Fault
from tarazu.runtime.journal_files import checkpoints_path, day_folder, segment_path, watermark_path
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.journal_state import BadEpochFile, EntryTooLong, JournalDamaged, JournalDead
from tarazu.runtime.journal_writer import Journal


@pytest.fixture
def root(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def signer(tmp_path):
    return key(tmp_path)


@pytest.fixture
def open_log(root):
    opened = []

    def open_one(**settings):
        opened.append(Journal.open(root, DAY, NAME, small(**settings)))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()


def test_a_forced_entry_is_on_the_disk_when_append_returns(open_log):
    log = open_log(group_s=3600.0)
    assert log.append(1, b"intent", 1, FORCE) == 1 == log.acknowledged
    assert log.append(1, b"fill", 1, GROUP) == 2 and log.acknowledged == 1
    assert log.append(1, b"halt", 1, FORCE) == 3 == log.acknowledged, "with all before it"


def test_a_group_is_acknowledged_soon_and_by_one_sync(open_log):
    log = open_log(segment_bytes=1 << 16, group_s=0.05)
    last = [log.append(1, payload_of(n), n) for n in range(100)][-1]
    log.wait_durable(last)
    assert log.acknowledged == 100 and log.syncs <= 3


def test_in_process_mode_a_forced_entry_is_written_and_the_disk_has_it_soon(root):
    log = Journal.open(root, DAY, NAME, small(durability=Mode.PROCESS, group_s=0.01))
    assert log.append(1, b"intent", 1, FORCE) == log.acknowledged
    assert len(list(JournalReader(day_folder(root, DAY)).ready())) == 1
    log.close()


def test_a_reader_follows_a_day_that_is_being_written_over_its_segments(root, open_log):
    log, reader, seen = open_log(), JournalReader(day_folder(root, DAY)), []
    for sequence in range(1, 60):
        log.append(3, payload_of(sequence), sequence, FORCE if sequence % 5 == 0 else GROUP)
        seen += reader.ready()
    log.sync()
    seen += reader.ready()
    assert [(e.sequence, e.payload) for e in seen] == [(n, payload_of(n)) for n in range(1, 60)]
    assert segment_path(day_folder(root, DAY), 4).exists() and not list(reader.ready())


def test_each_opening_goes_on_in_a_higher_epoch(root, signer):
    for opened in range(1, 5):
        log = Journal.open(root, DAY, NAME, small(), signer=signer, verifiers=(signer.verifier(),))
        assert (log.epoch, log.sequence) == (opened, (opened - 1) * 5)
        for _ in range(5):
            log.append(1, b"x", 1)
        log.checkpoint()
        log.close()
    report = judged(root, trust(signer))
    assert (report.fault, report.entries, report.epoch, report.checkpoints) == (None, 20, 4, 4)


def test_a_day_begins_after_the_day_before(root, signer):
    write_day(root, signer, day=date(2026, 11, 19))
    Journal.open(root, DAY_BEFORE, NAME, small()).close()  # a day without an entry
    write_day(root, signer, day=DAY)
    before = judged(root, trust(signer), date(2026, 11, 19))
    assert judged(root, trust(signer)).first_prev == before.head.hash


def test_checkpoints_come_by_themselves_and_one_of_the_same_is_not_made_twice(root, signer):
    log = Journal.open(root, DAY, NAME, small(checkpoint_entries=10), signer=signer)
    for n in range(12):
        log.append(1, b"x", n, FORCE)
    points, patience = checkpoints_path(day_folder(root, DAY)), time.monotonic() + 60
    while not points.stat().st_size:
        assert time.monotonic() < patience
    for n in range(23):
        log.append(1, b"x", n, FORCE)
    first, second = log.checkpoint(), log.checkpoint()
    log.close()
    assert first == second and parse(first).size == 35
    assert judged(root, trust(signer)).checkpoints >= 2


def test_a_clean_stop_leaves_every_entry_under_a_checkpoint(root, signer):
    log = Journal.open(root, DAY, NAME, small(checkpoint_s=3600.0), signer=signer)
    for n in range(3):
        log.append(1, payload_of(n), n + 1, GROUP)
    log.close()
    report = judged(root, trust(signer))
    assert (report.entries, report.checkpoint_size, report.checkpoints) == (3, 3, 1)
    log = Journal.open(root, DAY, NAME, small(), signer=signer, verifiers=(signer.verifier(),))
    log.close()
    assert judged(root, trust(signer)).checkpoints == 1, "what is signed already is not signed again"


def test_a_torn_tail_is_erased_and_the_log_goes_on(root, signer):
    write_day(root, signer)
    end = judged(root, trust(signer))
    with segment_path(day_folder(root, DAY), 3).open("r+b") as file:
        file.seek(end.end_offset)
        file.write(b"torn")
    log = Journal.open(root, DAY, NAME, small())
    assert log.recovered.fault is Fault.TORN_TAIL and log.append(1, b"on", 1, FORCE) == 21
    log.close()
    assert judged(root, trust(signer)).findings == []


def test_damage_is_refused_and_left_as_it_is(root, signer):
    write_day(root, signer)
    path = segment_path(day_folder(root, DAY), 1)
    raw = bytearray(path.read_bytes())
    raw[300] ^= 1
    path.write_bytes(raw)
    for day in (DAY, date(2026, 11, 24)):
        with pytest.raises(JournalDamaged) as refused:
            Journal.open(root, day, NAME, small())
        assert refused.value.report.fault is Fault.CORRUPT
    assert path.read_bytes() == raw
    watermark_path(day_folder(root, DAY)).unlink()
    with pytest.raises(JournalDamaged):
        Journal.open(root, DAY, NAME, small())


def test_a_damaged_epoch_file_is_refused(root):
    Journal.open(root, DAY, NAME, small()).close()
    (root / "epoch").write_text("7 00000000\n")
    with pytest.raises(BadEpochFile):
        Journal.open(root, DAY, NAME, small())


def test_what_is_too_long_is_refused_and_after_the_close_everything(open_log):
    log = open_log()
    with pytest.raises(EntryTooLong):
        log.append(1, bytes(1024), 1)
    assert log.append(1, bytes(log._payload_max), 1, FORCE) == 1
    log.close()
    log.close()
    with pytest.raises(JournalDead):
        log.append(1, b"", 1)


def test_a_live_day_is_judged_without_alarm_while_it_is_written(root, signer, open_log):
    log = open_log(group_s=0.0)
    for n in range(1, 200):
        log.append(1, payload_of(n), n)
        if n % 20 == 0:
            from tarazu.journal.verify import verify_day

            report = verify_day(day_files(root), trust(signer), live=True)
            assert report.fault is None, report.findings


def test_the_intent_is_synced_before_the_call_returns_on_the_real_system(root, tmp_path):
    """strace: the write of a forced entry, its fdatasync, the watermark, and only then what the caller does next."""
    script = (
        "import os, sys; from pathlib import Path; from harness.journal_days import *\n"
        "from tarazu.runtime.journal_writer import Journal\n"
        f"log = Journal.open(Path({str(root)!r}), DAY, NAME, small(65536))\n"
        "os.write(1, b'BEGIN'); log.append(1, b'intent', 1, FORCE); os.write(1, b'SENT'); os._exit(0)\n"
    )
    import os
    import shutil
    import sys

    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    argv = ["strace", "-f", "-o", str(trace), "-e", "trace=write,pwrite64,fdatasync", sys.executable, "-c", script]
    ran = subprocess.run(argv, env={**os.environ, "PYTHONPATH": PYTHONPATH}, capture_output=True, timeout=120)
    if b"PTRACE" in ran.stderr or not trace.exists():
        pytest.skip("strace may not trace here")
    calls = [line.split(maxsplit=1) for line in trace.read_text().splitlines() if "(" in line]
    begun = next(i for i, (_, call) in enumerate(calls) if "BEGIN" in call)
    who = calls[begun][0]
    ours = [call.partition("(")[0] for pid, call in calls[begun + 1 :] if pid == who and not call.startswith("<...")]
    assert ours[: ours.index("write")] == ["pwrite64", "fdatasync", "pwrite64"]


def test_a_key_is_made_once_for_its_owner_alone_and_refused_when_others_may_read_it(tmp_path):
    signer = key_of(tmp_path / "keys", NAME)
    path = tmp_path / "keys/journal.key"
    assert path.stat().st_mode & 0o777 == 0o600 and signer.verifier_key == key_of(tmp_path / "keys", NAME).verifier_key
    assert "PRIVATE" not in repr(signer) + str(vars(signer))
    with pytest.raises(BadKeyFile):
        key_of(tmp_path / "keys", "another.local/name")
    path.chmod(0o640)
    with pytest.raises(BadKeyFile):
        key_of(tmp_path / "keys", NAME)
