"""A day read for what it says: nothing that says something is passed over, and nothing is believed unproven."""

from collections import Counter

import pytest

from harness.journal_days import DAY, key, small, write_day
from tarazu.journal.verify import LONG_DAY_ENTRIES
from tarazu.runtime.journal_files import day_folder, segment_numbers, segment_path
from tarazu.runtime.journal_reader import BrokenChain, JournalReader
from tarazu.runtime.journal_telling import TellingReader
from tarazu.runtime.journal_writer import Journal

QUIET, TELLING, ENDING = 3, 4, b"\x92\x90\x90"
PAYLOADS = (b"moved" + ENDING, b"moved", ENDING, b"", b"\x90\x90", ENDING + b"a", b"moved and more" + ENDING)
WAYS = pytest.mark.parametrize("expected", [0, LONG_DAY_ENTRIES], ids=["one by one", "by kernels"])


@pytest.fixture
def folder(tmp_path):
    signer = key(tmp_path)
    log = Journal.open(tmp_path, DAY, "a", small(4096), signer=signer, verifiers=(signer.verifier(),))
    for n in range(300):
        log.append((QUIET, QUIET, TELLING)[n % 3], PAYLOADS[n % 7], 1_000 + n)
    log.close()
    folder = day_folder(tmp_path, DAY)
    assert len(segment_numbers(folder)) > 3
    return folder


def reader_of(folder, expected):
    return TellingReader(folder, {QUIET}, ENDING, expected)


def says_nothing(entry):
    return entry.kind == QUIET and entry.payload.endswith(ENDING)


@WAYS
def test_all_that_say_something_are_given_and_the_others_counted(folder, expected):
    every, reader = list(JournalReader(folder).ready()), reader_of(folder, expected)
    assert list(reader.telling()) == [entry for entry in every if not says_nothing(entry)]
    assert reader.passed == Counter({QUIET: sum(map(says_nothing, every))}) and reader.passed[QUIET] > 80
    assert reader.sequence == len(every)


@WAYS
def test_an_ending_in_the_frame_before_the_payload_is_none(tmp_path, expected):
    write_day(tmp_path, key(tmp_path), payload=lambda n: b"", entries=3, checkpoints=())
    reader = TellingReader(day_folder(tmp_path, DAY), {QUIET}, b"\0", expected)
    assert [entry.sequence for entry in reader.telling()] == [1, 2, 3] and not reader.passed


def test_a_byte_changed_in_what_says_nothing_is_noticed(folder):
    entry = next(entry for entry in JournalReader(folder).ready() if says_nothing(entry) and entry.sequence > 20)
    path = segment_path(folder, 1)
    raw = bytearray(path.read_bytes())
    raw[raw.index(entry.prev) + len(entry.prev)] ^= 1  # its payload's first
    path.write_bytes(raw)
    with pytest.raises(BrokenChain):
        list(JournalReader(folder).ready())
    reader, given = reader_of(folder, LONG_DAY_ENTRIES), []
    with pytest.raises(BrokenChain):
        given.extend(entry.sequence for entry in reader.telling())
    assert reader.sequence < entry.sequence


@WAYS
def test_another_segment_in_the_place_of_one_breaks_the_chain(folder, expected):
    segment_path(folder, 2).write_bytes(segment_path(folder, 3).read_bytes())
    with pytest.raises(BrokenChain):
        list(reader_of(folder, expected).telling())


@WAYS
def test_an_end_that_is_torn_is_the_end(folder, expected):
    last = segment_path(folder, segment_numbers(folder)[-1])
    every = list(JournalReader(folder).ready())
    raw = bytearray(last.read_bytes())
    raw[raw.index(every[-1].prev)] ^= 1
    last.write_bytes(raw)
    reader = reader_of(folder, expected)
    assert list(reader.telling()) == [entry for entry in every[:-1] if not says_nothing(entry)]
    assert reader.sequence == len(every) - 1


@WAYS
def test_a_day_that_is_written_is_read_as_far_as_it_is_there(tmp_path, expected):
    signer = key(tmp_path)
    log = Journal.open(tmp_path, DAY, "a", small(1 << 20), signer=signer, verifiers=(signer.verifier(),))
    for n in range(7):
        log.append(QUIET, PAYLOADS[n], 1_000 + n)
    log.sync()
    reader = reader_of(day_folder(tmp_path, DAY), expected)
    given = [next(iterator := reader.telling())]
    log.append(TELLING, b"more", 2_000)
    log.sync()
    given.extend(iterator)
    assert [entry.sequence for entry in given] == [2, 4, 5, 6, 8] and reader.passed[QUIET] == 3
    log.close()
