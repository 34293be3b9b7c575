"""The kernels say what hashlib and the plain walk say, or leave it to the plain walk."""

from hashlib import sha256

import msgspec
import numpy as np
import pytest

import tarazu.journal.verify as verify
from harness.journal_days import day_files, judged, key, trust, write_day
from tarazu.journal.batch import join_level
from tarazu.journal.findings import Fault
from tarazu.journal.merkle import join_pairs
from tarazu.journal.sha_lanes import INITIAL, hash_spans


def test_spans_of_every_length_hash_as_hashlib_has_it():
    chance = np.random.default_rng(7)
    data = chance.integers(0, 256, 64_000, np.uint8)
    sizes = np.array([*range(260), 1_000, 4_096, 4_095], np.int64)
    starts = np.concatenate([[0], np.cumsum((sizes + 7) // 8 * 8)[:-1]]).astype(np.int64)
    for order in (np.argsort(sizes), chance.permutation(len(sizes)), np.argsort(sizes)[:5]):
        hashes = np.zeros((len(sizes), 8), np.uint32)
        hash_spans(data.view(np.uint32), starts, sizes, order, hashes, INITIAL)
        for which in order:
            wanted = sha256(data[starts[which] : starts[which] + sizes[which]].tobytes()).digest()
            assert hashes[which].astype(">u4").tobytes() == wanted, sizes[which]


@pytest.mark.parametrize("leaves", [2, 3, 4, 15, 16, 17, 18, 33, 1_000])
def test_a_level_is_joined_as_hashlib_joins_it(leaves):
    level = np.random.default_rng(leaves).bytes(32 * leaves)
    assert join_level(level) == join_pairs(level)


@pytest.fixture
def by_kernels(monkeypatch):
    monkeypatch.setattr(verify, "LONG_DAY_ENTRIES", 0)


def test_a_day_is_found_the_same_both_ways(tmp_path, by_kernels, monkeypatch):
    signer = key(tmp_path)
    write_day(tmp_path / "journal", signer, entries=300, checkpoints=(7, 128, 300), segment_bytes=4096)
    long = judged(tmp_path / "journal", trust(signer))
    monkeypatch.setattr(verify, "LONG_DAY_ENTRIES", 1 << 40)
    short = judged(tmp_path / "journal", trust(signer))
    for report in (long, short):
        assert report.fault is None and report.checkpoints == 3
        report.frontier = None
    assert long == short


def test_every_flipped_byte_is_noticed_by_kernels_too(tmp_path, by_kernels):
    signer = key(tmp_path)
    write_day(tmp_path / "journal", signer)
    files, by = day_files(tmp_path / "journal"), trust(signer)
    for place, (number, view) in enumerate(files.segments):
        changed = bytearray(view)
        for at in range(len(view)):
            changed[at] ^= 1 << at % 8
            segments = list(files.segments)
            segments[place] = (number, memoryview(changed))
            found = verify.verify_day(msgspec.structs.replace(files, segments=segments), by)
            assert found.fault in (Fault.CORRUPT, Fault.TORN_TAIL), (number, at)
            changed[at] ^= 1 << at % 8
