"""The journal: appends in group commit, forced appends beside the device's own sync, a day verified, a proof made.

The device's own: pwrite and fdatasync of as many bytes into a file made as the journal's segments are, whole and of
zeros, in turn with ours. Verifying is the whole of it, one core, from the files: checksums, chain, tree, watermark,
checkpoints with their signatures. Its time is CPU time, for a neighbour's load is not its own.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tarazu.adapters.signing import Ed25519Signer, key_of
from tarazu.journal.checkpoint import parse
from tarazu.journal.entry import Durability
from tarazu.journal.evidence import Trust
from tarazu.journal.merkle import Tree
from tarazu.journal.proof import entry_in, prove
from tarazu.journal.verify import verify_day
from tarazu.ops.bench import Case, at_least, at_most
from tarazu.runtime.journal_files import read_day
from tarazu.runtime.journal_reader import leaf_in
from tarazu.runtime.journal_segment import prepare
from tarazu.runtime.journal_state import JournalSettings, Room
from tarazu.runtime.journal_writer import Journal
from tarazu.runtime.os_disk import OsDisk

DAY, NAME = date(2026, 11, 23), "tarazu.local/bench"
PAYLOAD = bytes(range(1, 251)) + bytes(50)
ENTRIES = 1_000_000
FORCED = 1_500
ROUNDS = 5
# Issue 4: append in group commit and verify, entries a second; a forced append beside the device's own sync.
APPENDS_MIN, VERIFIED_MIN, FORCE_RATIO_MAX = 100_000, 1_000_000, 1.3
# RELIABILITY 9: an inclusion proof verifies within 1 ms.
PROOF_MS_MAX = 1.0
SETTINGS = JournalSettings(room=Room(low_bytes=0, reserve_bytes=0))


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TARAZU_BENCH_DIR")) as folder:
        signer = key_of(Path(folder) / "keys", NAME)
        yield from forced(Path(folder))
        yield appended(Path(folder), signer)
        yield from verified(Path(folder), signer)


def forced(folder: Path) -> Iterator[Case]:
    """Latencies of forced appends and of the device, in turns; a ratio above 1 is what we add."""
    log = Journal.open(folder / "forced", DAY, NAME, SETTINGS)
    device = prepare(OsDisk(), folder / "device", SETTINGS.segment_bytes)
    log._spare.close()  # nothing else at the disk
    frame = bytes(len(PAYLOAD) + 76)
    ours, theirs = [], []
    for turn in range(FORCED):
        start = time.perf_counter()
        log.append(1, PAYLOAD, turn, Durability.FORCE)
        between = time.perf_counter()
        os.pwrite(device.fd, frame, turn * len(frame))
        os.fdatasync(device.fd)
        ours.append(between - start)
        theirs.append(time.perf_counter() - between)
    log.close()
    device.close()
    for name, place in (("p50", 0.5), ("p99", 0.99)):
        mine, device_s = (sorted(taken)[int(FORCED * place)] for taken in (ours, theirs))
        yield Case(
            bench="journal",
            case=f"forced append {name}",
            ours=mine * 1e6,
            peer=device_s * 1e6,
            ratio=mine / device_s,
            unit="us",
            goal=FORCE_RATIO_MAX,
            met=mine / device_s <= FORCE_RATIO_MAX,
        )


def appended(folder: Path, signer: Ed25519Signer) -> Case:
    """A day's entries, until the last is durable, with checkpoints as they come."""
    log = Journal.open(folder / "day", DAY, NAME, SETTINGS, signer=signer)
    start = time.perf_counter()
    for turn in range(ENTRIES):
        log.append(2, PAYLOAD, turn)
    log.wait_durable(ENTRIES, 60.0)
    taken = time.perf_counter() - start
    log.checkpoint()
    log.close()
    return at_least("journal", "append, group commit", ours=ENTRIES / taken, unit="entries/s", goal=APPENDS_MIN)


def verified(folder: Path, signer: Ed25519Signer) -> Iterator[Case]:
    place = folder / "day" / DAY.isoformat()
    trust = Trust(name=NAME, verifiers=(signer.verifier(),))
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        report = verify_day(read_day(place), trust)
        taken.append(time.process_time() - start)
        assert report.fault is None and report.entries == report.checkpoint_size == ENTRIES
    speed = ENTRIES / statistics.median(taken[1:])  # the first loads the kernels
    yield at_least("journal", "verify", ours=speed, unit="entries/s", goal=VERIFIED_MIN)
    yield from proven(place, report.leaves, signer)


def proven(place: Path, leaves: bytes, signer: Ed25519Signer) -> Iterator[Case]:
    tree = Tree(leaves)
    note = (place / "checkpoints").read_bytes().split(b"\n\n")[-3:-1]
    point = parse(b"\n\n".join(note) + b"\n")
    leaf = leaf_in(place, ENTRIES // 3)
    assert leaf is not None
    start = time.process_time()
    for _ in range(1_000):
        proof = prove(ENTRIES // 3, leaf, tree, point)
    yield at_most("journal", "proof, made", ours=time.process_time() - start, unit="ms", goal=PROOF_MS_MAX)
    verifiers = (signer.verifier(),)
    start = time.process_time()
    for _ in range(1_000):
        entry_in(proof, verifiers)
    yield at_most("journal", "proof, verified", ours=time.process_time() - start, unit="ms", goal=PROOF_MS_MAX)
