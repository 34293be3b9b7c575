"""Journal writers in processes of their own, to be killed, stopped or starved; they report what was acknowledged."""

import os
import resource
import sys
from pathlib import Path

from harness.journal_days import DAY, FORCE, GROUP, NAME, payload_of, small
from tarazu.adapters.signing import key_of
from tarazu.runtime.journal_state import JournalDead
from tarazu.runtime.journal_writer import Journal
from tarazu.runtime.writer_lock import SecondWriter


def write_for_ever(root: Path, acks: int, segment_bytes: int = 8192) -> None:
    """Each ack is a sequence, 8 bytes: what was durable at the opening, then every one as it becomes so."""
    signer = key_of(root.parent / "keys", NAME)
    log = Journal.open(
        root,
        DAY,
        NAME,
        small(segment_bytes, checkpoint_entries=16),
        signer=signer,
        verifiers=(signer.verifier(),),
        on_durable=lambda sequence: os.write(acks, sequence.to_bytes(8, "little")) and None,
    )
    os.write(acks, log.acknowledged.to_bytes(8, "little"))
    while True:
        sequence = log.sequence + 1
        log.append(3, payload_of(sequence, 500), sequence, FORCE if sequence % 3 == 0 else GROUP)


def write_under_a_file_limit(root: Path) -> None:
    """No file may pass 64 KiB: prints how it ended, and the last acknowledged."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))
    log = Journal.open(root, DAY, NAME, small(32 << 10))
    try:
        while True:
            log.append(3, b"p" * 300, 1, FORCE)
            if log.sequence == 200:
                # From here on the next segments are too large for the limit.
                resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 10, 64 << 10))
    except JournalDead as dead:
        print("DEAD", log.acknowledged, dead)


def write_until_full(root: Path) -> None:
    """Fill the disk: prints when only exits are taken, then the last acknowledged."""
    from tarazu.runtime.journal_state import NoRoom, Room, Space

    room = Room(low_bytes=512 << 10, reserve_bytes=256 << 10)
    log = Journal.open(root, DAY, NAME, small(64 << 10, room=room))
    try:
        while True:
            try:
                log.append(3, b"p" * 1_000, 1, FORCE)
            except NoRoom:
                assert log.space is Space.RESERVE
                break
        print("RESERVE", log.acknowledged)
        while True:
            log.append(4, b"exit" * 250, 1, FORCE, from_reserve=True)
    except JournalDead as dead:
        print("DEAD", log.acknowledged, dead)


def hold(root: Path) -> None:
    """Open it, append one, say so, and wait to be killed."""
    try:
        log = Journal.open(root, DAY, NAME, small())
    except SecondWriter as other:
        print("SECOND", other.pid, flush=True)
        sys.exit(4)
    log.append(3, b"mine", 1, FORCE)
    print("HOLDS", log.epoch, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    {"limit": write_under_a_file_limit, "fill": write_until_full, "hold": hold}[sys.argv[1]](Path(sys.argv[2]))
