"""A day of the journal, damaged in every way there is: each way is noticed, and called by its name."""

import shutil
from collections.abc import Iterator

import msgspec
import pytest

from harness.journal_days import (
    DAY,
    DAY_BEFORE,
    NAME,
    day_files,
    judged,
    key,
    payload_of,
    trust,
    write_day,
)
from tarazu.journal import verify
from tarazu.journal.codec import encode_frame, entry_at
from tarazu.journal.entry import FIRST_SEQUENCE
from tarazu.journal.evidence import DayFiles
from tarazu.journal.findings import Fault
from tarazu.journal.scan import last_written
from tarazu.journal.verify import verify_day
from tarazu.runtime.journal_files import checkpoints_path, day_folder, segment_path, watermark_path


@pytest.fixture
def signer(tmp_path):
    return key(tmp_path)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "journal"


def with_segment(files: DayFiles, place: int, changed: bytes | bytearray) -> DayFiles:
    segments = list(files.segments)
    segments[place] = (segments[place][0], memoryview(changed))
    return msgspec.structs.replace(files, segments=segments)


@pytest.mark.control("C33")
def test_a_clean_day_has_nothing_wrong_and_its_checkpoints_hold(root, signer):
    notes = write_day(root, signer)
    report = judged(root, trust(signer, kept=tuple(notes)))
    assert (report.fault, report.entries, report.segments) == (None, 20, 3)
    assert (report.checkpoints, report.checkpoint_size, report.signed) == (4, 20, True)


@pytest.mark.control("C33")
def test_every_flipped_bit_of_every_file_is_noticed_and_named(root, signer):
    write_day(root, signer)
    files, by = day_files(root), trust(signer)
    assert len(files.segments) == 3
    last_end = last_written(files.segments[-1][1], 0)
    for place, (number, view) in enumerate(files.segments):
        changed = bytearray(view)
        for bit in range(len(view) * 8):
            changed[bit // 8] ^= 1 << bit % 8
            found = verify_day(with_segment(files, place, changed), by)
            # A crash may leave bytes after all that was acknowledged, and only there.
            after_all = number == 3 and bit // 8 >= (last_end + 7 & ~7)
            assert found.fault is (Fault.TORN_TAIL if after_all else Fault.CORRUPT), (number, bit)
            assert found.gravest is not None and found.gravest.segment == number
            assert found.gravest.offset <= bit // 8
            changed[bit // 8] ^= 1 << bit % 8
    for field in ("watermark", "checkpoints"):
        changed = bytearray(getattr(files, field))
        for bit in range(len(changed) * 8):
            changed[bit // 8] ^= 1 << bit % 8
            found = verify_day(msgspec.structs.replace(files, **{field: bytes(changed)}), by)
            assert found.fault is Fault.CORRUPT and {f.where for f in found.findings} == {field}, (field, bit)
            changed[bit // 8] ^= 1 << bit % 8


def test_a_day_whose_end_is_not_judged_is_found_the_same_but_for_torn_tails(root, signer):
    """That is what `tarazu why` asks for of any day; here every byte is another one, at one bit or wholly."""
    write_day(root, signer)
    files, by = day_files(root), trust(signer)
    for changed in _changed_days(files):
        at_rest = verify_day(changed, by).findings
        assert verify_day(changed, by, live=True).findings == [f for f in at_rest if f.fault is not Fault.TORN_TAIL]


def _changed_days(files: DayFiles) -> Iterator[DayFiles]:
    for place, (_, view) in enumerate(files.segments):
        for changed in _changed(bytes(view)):
            yield with_segment(files, place, changed)
    for field in ("watermark", "checkpoints"):
        for changed in _changed(getattr(files, field)):
            yield msgspec.structs.replace(files, **{field: changed})


def _changed(whole: bytes) -> Iterator[bytes]:
    for at in range(len(whole)):
        for flip in (0x01, 0xFF):
            yield whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]


def test_the_room_of_a_day_that_is_being_written_is_not_read_to_its_end(root, signer, monkeypatch):
    """It is 64 MB of zeros, and whatever stands in it no more than a torn tail."""
    write_day(root, signer)
    files, by, looks = day_files(root), trust(signer), []
    monkeypatch.setattr(verify, "last_written", lambda view, at: looks.append(at) or last_written(view, at))
    assert verify_day(files, by, live=True).fault is None
    of_a_live_day = len(looks)
    assert verify_day(files, by).fault is None
    assert (of_a_live_day, len(looks)) == (2, 2 + 3)  # of the segments before the last, each byte counts


def test_every_truncation_of_every_file_is_noticed_and_named(root, signer):
    write_day(root, signer)
    files, by = day_files(root), trust(signer)
    for place, (_, view) in enumerate(files.segments):
        for size in range(len(view)):
            assert verify_day(with_segment(files, place, view[:size]), by).fault is Fault.TRUNCATED, (place, size)
    for field in ("watermark", "checkpoints"):
        whole = getattr(files, field)
        for size in range(len(whole)):
            found = verify_day(msgspec.structs.replace(files, **{field: whole[:size]}), by)
            assert found.fault is Fault.TRUNCATED, (field, size)


@pytest.mark.control("C33")
def test_a_deleted_tail_is_a_truncation_wherever_it_was_cut(root, signer):
    notes = write_day(root, signer)
    files = day_files(root)
    for cut in range(20):
        shorter = cut_after(files, cut)
        assert verify_day(shorter, trust(signer)).fault is Fault.TRUNCATED, cut
        # Whoever cuts may take the watermark and the checkpoints along: a kept checkpoint still tells.
        blank = msgspec.structs.replace(shorter, watermark=None, checkpoints=b"")
        found = verify_day(blank, trust(signer, kept=(notes[-1],)))
        assert found.fault is Fault.TRUNCATED and any(f.where == "log" for f in found.findings)


def cut_after(files: DayFiles, count: int) -> DayFiles:
    """The day with zeros after so many entries, and without the segments that are then empty."""
    kept = []
    for number, view in files.segments:
        changed, at = bytearray(view), 128
        while (entry := entry_at(view, at)) is not None and entry.sequence <= count:
            at += 72 + len(entry.payload) + 7 & ~7
        changed[at:] = bytes(len(view) - at)
        if at > 128 or number == 1:
            kept.append((number, memoryview(changed)))
    return msgspec.structs.replace(files, segments=kept)


def test_a_torn_tail_is_one_at_every_byte_and_never_beyond_what_was_acknowledged(root, signer):
    """Entry 21 was being written when everything stopped: any beginning of it, zeros after."""
    write_day(root, signer)
    files, by = day_files(root), trust(signer)
    whole = judged(root, by)
    frame, _ = encode_frame(21, 5, 3, 2, 1, 20261123, whole.head.hash, b"never acknowledged")
    at = whole.end_offset
    for size in range(len(frame) + 1):
        changed = bytearray(files.segments[-1][1])
        changed[at : at + size] = frame[:size]
        found = verify_day(with_segment(files, 2, changed), by)
        if len(frame.rstrip(b"\0")) <= size:
            assert (found.fault, found.entries) == (None, 21)
        else:
            assert (found.fault, found.entries) == (Fault.TORN_TAIL if any(frame[:size]) else None, 20)
            assert verify_day(with_segment(files, 2, changed), by, live=True).fault is None


def test_a_group_that_reached_the_disk_out_of_order_is_torn_not_corrupt(root, signer):
    write_day(root, signer)
    files, by = day_files(root), trust(signer)
    whole = judged(root, by)
    first, first_hash = encode_frame(21, 5, 3, 2, 1, 20261123, whole.head.hash, b"lost with its sector")
    second, _ = encode_frame(22, 5, 3, 2, 1, 20261123, first_hash, b"there")
    changed = bytearray(files.segments[-1][1])
    at = whole.end_offset
    changed[at : at + len(first + second)] = bytes(len(first)) + second
    found = verify_day(with_segment(files, 2, changed), by)
    assert (found.fault, found.entries) == (Fault.TORN_TAIL, 20)


@pytest.mark.control("C33")
def test_an_edited_entry_with_its_checksum_mended_breaks_the_chain(root, signer):
    write_day(root, signer)
    files = day_files(root)
    changed, at = bytearray(files.segments[0][1]), 128
    entry = entry_at(memoryview(bytes(changed)), at)
    assert entry is not None and entry.sequence == FIRST_SEQUENCE
    frame, _ = encode_frame(
        1, entry.ts_ns, entry.kind, entry.durability, entry.epoch, entry.day, entry.prev, b"x" * len(entry.payload)
    )
    changed[at : at + len(frame)] = frame
    found = verify_day(with_segment(files, 0, changed), trust(signer))
    assert found.fault is Fault.CORRUPT and found.gravest is not None and found.gravest.sequence == 2
    assert "edited or replaced" in str(found.gravest)


@pytest.mark.parametrize("kept_elsewhere", [True, False])
@pytest.mark.control("C33")
def test_a_full_rewrite_without_the_key_is_one(root, tmp_path, signer, kept_elsewhere):
    """All entries, hashes and the watermark made anew by one who has the disk but not the key."""
    notes = write_day(root, signer)
    write_day(tmp_path / "forged", signer, payload=lambda n: payload_of(n + 1), checkpoints=())
    forged = day_files(tmp_path / "forged")
    kept = checkpoints_path(day_folder(root, DAY)).read_bytes()
    if kept_elsewhere:
        found = verify_day(forged, trust(signer, kept=(notes[0],)))
    else:
        found = verify_day(msgspec.structs.replace(forged, checkpoints=kept), trust(signer))
    assert found.fault is Fault.REWRITTEN
    assert verify_day(forged, trust(signer)).fault is None, "nothing else could tell: that is what checkpoints are for"


def test_a_rewrite_under_the_old_watermark_is_one(root, tmp_path, signer):
    write_day(root, signer, checkpoints=())
    write_day(tmp_path / "forged", signer, payload=lambda n: payload_of(n + 1), checkpoints=())
    forged = msgspec.structs.replace(day_files(tmp_path / "forged"), watermark=day_files(root).watermark)
    assert verify_day(forged, trust(signer)).fault is Fault.REWRITTEN


def test_two_checkpoints_of_one_size_are_a_fork(root, tmp_path, signer):
    """A rewrite by one who has the key too: nothing is wrong with it but what was kept from before."""
    notes = write_day(root, signer)
    write_day(tmp_path / "forged", signer, payload=lambda n: payload_of(n + 1))
    found = verify_day(day_files(tmp_path / "forged"), trust(signer, kept=(notes[0],)))
    assert found.fault is Fault.FORK


@pytest.mark.control("C33")
def test_yesterdays_folder_in_todays_place_is_a_swapped_day(root, signer):
    write_day(root, signer, day=DAY_BEFORE)
    shutil.copytree(day_folder(root, DAY_BEFORE), day_folder(root, DAY))
    assert judged(root, trust(signer)).fault is Fault.SWAPPED_DAY


@pytest.mark.parametrize("part", ["segments", "watermark", "checkpoints"])
def test_any_part_of_yesterday_in_todays_place_is_a_swapped_day(root, signer, part):
    for day in (DAY_BEFORE, DAY):
        write_day(root, signer, day=day)
    today, yesterday = day_files(root), day_files(root, DAY_BEFORE)
    mixed = msgspec.structs.replace(today, **{part: getattr(yesterday, part)})
    assert verify_day(mixed, trust(signer)).fault is Fault.SWAPPED_DAY


def test_another_desks_day_is_swapped(root, tmp_path, signer):
    other = key(tmp_path / "other", "other.local/test")
    write_day(root, other, name="other.local/test")
    assert judged(root, trust(signer)).fault is Fault.SWAPPED_DAY
    assert judged(root, trust(other, name="other.local/test")).fault is None


def test_segments_moved_missing_or_renamed_are_corrupt(root, signer):
    write_day(root, signer)
    files, by = day_files(root), trust(signer)
    one, two, three = (view for _, view in files.segments)
    for segments in (
        [(1, two), (2, one), (3, three)],
        [(1, one), (3, three)],
        [(2, two), (3, three)],
        [(1, one), (2, three)],
    ):
        assert verify_day(msgspec.structs.replace(files, segments=segments), by).fault is Fault.CORRUPT


@pytest.mark.control("C33")
def test_checkpoints_signed_by_a_stranger_prove_nothing(root, tmp_path, signer):
    write_day(root, signer)
    stranger = key(tmp_path / "stranger")
    assert judged(root, trust(stranger)).fault is Fault.CORRUPT


def test_an_epoch_that_falls_is_a_second_writer(root, signer):
    write_day(root, signer)
    files = day_files(root)
    whole = judged(root, trust(signer))
    later, later_hash = encode_frame(21, 5, 3, 2, 7, 20261123, whole.head.hash, b"epoch 7")
    earlier, _ = encode_frame(22, 5, 3, 2, 6, 20261123, later_hash, b"epoch 6")
    changed, at = bytearray(files.segments[-1][1]), whole.end_offset
    changed[at : at + len(later + earlier)] = later + earlier
    assert verify_day(with_segment(files, 2, changed), trust(signer)).fault is Fault.EPOCH


def test_an_epoch_file_from_before_is_noticed(root, signer):
    write_day(root, signer)
    by = msgspec.structs.replace(trust(signer), epoch=0)
    assert judged(root, by).fault is Fault.EPOCH


def test_a_day_that_does_not_follow_the_day_before_is_rewritten(root, signer):
    for day in (DAY_BEFORE, DAY):
        write_day(root, signer, day=day)
    before = judged(root, trust(signer), DAY_BEFORE)
    assert judged(root, msgspec.structs.replace(trust(signer), first_prev=before.head.hash)).fault is None
    assert judged(root, msgspec.structs.replace(trust(signer), first_prev=bytes(32))).fault is Fault.REWRITTEN


@pytest.mark.control("C33")
def test_deleted_files_are_noticed(root, signer):
    write_day(root, signer)
    folder, by = day_folder(root, DAY), trust(signer)
    for path in (watermark_path(folder), checkpoints_path(folder), segment_path(folder, 3)):
        kept = path.read_bytes()
        path.unlink()
        assert judged(root, by).fault is Fault.TRUNCATED, path
        path.write_bytes(kept)
    assert judged(root, by).fault is None and NAME
