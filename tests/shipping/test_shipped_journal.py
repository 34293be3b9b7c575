"""The journal's copy: what was acknowledged and nothing else, a day that verifies at every moment."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from harness.journal_days import DAY, DAY_BEFORE, small
from harness.shipped_home import ShippedHome, write
from tarazu.adapters.signing import key_of, verifiers_of
from tarazu.app import audit
from tarazu.app.audit import journal_name
from tarazu.app.home import Home, Profile
from tarazu.app.shipping.health import Stage
from tarazu.journal.findings import Fault
from tarazu.runtime.journal_files import day_folder, segment_numbers, segment_path, watermark_path
from tarazu.runtime.journal_writer import Journal


@pytest.fixture
def desk(tmp_path: Path) -> ShippedHome:
    return ShippedHome(tmp_path)


def last_byte_of(desk: ShippedHome, root: Path, day: date = DAY) -> tuple[Path, int]:
    """The last segment of a day, and the offset of the last byte in it that is not zero."""
    folder = day_folder(root, day)
    path = segment_path(folder, segment_numbers(folder)[-1])
    return path, len(path.read_bytes().rstrip(b"\0")) - 1


def change(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0xFF]))


def test_a_day_is_copied_as_it_grows_and_verifies_at_every_step(desk: ShippedHome) -> None:
    with desk.journal() as log:
        for last in (1, 7, 8, 40):
            write(log, log.sequence + 1, last)
            log.checkpoint()
            health = desk.passes(1)
            copied = desk.judged()
            assert (copied.fault, copied.entries, copied.checkpoint_size) == (None, last, last)
            assert copied.head.hash == log.head.hash and health.stage is Stage.SHIPPING
    assert copied.segments > 1, "more than one segment was needed"


def test_an_entry_that_was_not_acknowledged_is_not_copied(desk: ShippedHome) -> None:
    with desk.journal() as log:
        write(log, 1, 5)
        desk.passes()
        before = watermark_path(log.folder).read_bytes()
        write(log, 6, 6)
        watermark_path(log.folder).write_bytes(before)  # as it is between the writing of an entry and its mark
        desk.passes()
        assert desk.judged().entries == 5


def test_a_torn_end_of_the_journal_is_never_copied_as_truth(desk: ShippedHome) -> None:
    with desk.journal() as log:
        write(log, 1, 5)
    path, end = last_byte_of(desk, desk.home.journal)
    with path.open("r+b") as file:
        file.seek((end // 8 + 1) * 8)
        file.write(b"half of an entry")
    desk.passes()
    copied = desk.judged()
    assert (copied.fault, copied.entries) == (None, 5)


def test_a_shipper_killed_anywhere_in_a_write_goes_on_and_the_copy_is_a_beginning_of_the_day(
    desk: ShippedHome,
) -> None:
    with desk.journal() as log:
        write(log, 1, 6)
        desk.passes()
        write(log, 7, 9)
        desk.passes()
        path, end = last_byte_of(desk, desk.copy.journal)
        with path.open("r+b") as file:
            file.seek(end - 20)
            file.write(bytes(21))  # its last write is there in part only
        watermark = watermark_path(day_folder(desk.copy.journal, DAY))
        watermark.unlink()
        desk.another_shipper()
        desk.passes()
        assert (desk.judged().fault, desk.judged().entries) == (None, 9)


def test_a_tail_torn_by_a_dead_shipper_is_a_torn_tail_and_no_lie(desk: ShippedHome) -> None:
    with desk.journal() as log:
        write(log, 1, 6)
        desk.passes()
    path, end = last_byte_of(desk, desk.copy.journal)
    with path.open("r+b") as file:
        file.seek((end // 8 + 1) * 8)
        file.write(b"cut off by kill -9")
    assert desk.judged().fault is Fault.TORN_TAIL
    desk.another_shipper()
    desk.passes()
    assert desk.judged().fault is None


def test_days_follow_each_other_in_the_copy(desk: ShippedHome) -> None:
    for day in (DAY_BEFORE, DAY):
        with desk.journal(day) as log:
            write(log, 1, 12)
    desk.passes()
    first, second = desk.judged(DAY_BEFORE), desk.judged(DAY)
    assert (first.entries, second.entries, second.first_prev) == (12, 12, first.head.hash)
    assert desk.shipper.health().streams[0].day == DAY.isoformat()


def test_the_next_life_of_the_writer_is_copied_with_its_epoch(desk: ShippedHome) -> None:
    for last in (5, 10, 15):
        with desk.journal() as log:
            write(log, log.sequence + 1, last)
            desk.passes(1)
    assert (desk.judged().fault, desk.judged().epoch, desk.judged().entries) == (None, 3, 15)


def test_a_damaged_journal_does_not_overwrite_its_good_copy(desk: ShippedHome) -> None:
    with desk.journal() as log:
        write(log, 1, 5)
        desk.passes()
        write(log, 6, 10)
        path, end = last_byte_of(desk, desk.home.journal)
        change(path, end - 4)
        health = desk.passes()
    assert (health.stage, health.code) == (Stage.FAILING, "SOURCE_DAMAGED")
    assert f"tarazu audit verify --date {DAY}" in health.hint
    assert desk.judged().fault is None and desk.judged().entries >= 5


@pytest.mark.parametrize("restarted", [False, True], ids=["while it ships", "before it begins"])
def test_a_journal_that_lost_entries_the_copy_has_is_told_and_the_copy_keeps_them(
    desk: ShippedHome, restarted: bool
) -> None:
    with desk.journal() as log:
        write(log, 1, 5)
        kept = {path: path.read_bytes() for path in log.folder.iterdir() if path.is_file()}
        write(log, 6, 9)
        desk.passes()
    for path in log.folder.iterdir():
        path.unlink()
    for path, told in kept.items():
        path.write_bytes(told)
    if restarted:
        desk.another_shipper()
    health = desk.passes()
    assert (health.stage, health.code) == (Stage.FAILING, "SOURCE_DIVERGED")
    assert desk.judged().entries == 9


def test_a_mark_that_a_power_cut_set_back_is_no_loss(desk: ShippedHome) -> None:
    with desk.journal() as log:
        write(log, 1, 5)
        before = watermark_path(log.folder).read_bytes()
        write(log, 6, 9)
        desk.passes()
    watermark_path(log.folder).write_bytes(before)
    health = desk.passes()
    assert (health.stage, desk.judged().entries) == (Stage.SHIPPING, 9)


def test_no_secret_is_in_the_copy(desk: ShippedHome) -> None:
    desk.home.env_file.write_text("KITE_ACCESS_TOKEN=a-secret-of-the-desk\n")
    with desk.journal() as log:
        write(log, 1, 3)
    desk.passes()
    pem = (desk.home.keys / "journal.key").read_bytes()
    copied = {path.name: path.read_bytes() for path in desk.to.rglob("*") if path.is_file()}
    assert "journal.vkey" in copied and "journal.key" not in copied and ".env" not in copied
    assert not any(pem[40:80] in told or b"a-secret-of-the-desk" in told for told in copied.values())


def test_the_copy_is_its_owners_alone(desk: ShippedHome) -> None:
    with desk.journal() as log:
        write(log, 1, 3)
    desk.passes()
    modes = {oct(path.stat().st_mode & 0o077) for path in desk.copy.root.rglob("*")}
    assert modes == {"0o0"} and not desk.copy.root.stat().st_mode & 0o077


def test_a_day_that_goes_on_after_a_later_one_was_begun_is_copied(desk: ShippedHome) -> None:
    with desk.journal(DAY_BEFORE) as log:
        write(log, 1, 4)
        desk.passes()
    with desk.journal(DAY) as later:
        write(later, 1, 4)
        desk.passes()
    with desk.journal(DAY_BEFORE) as log:
        write(log, 5, 9)
        desk.passes()
    assert (desk.judged(DAY_BEFORE).entries, desk.judged(DAY).entries) == (9, 4)


def test_a_home_restored_from_the_copy_goes_on_under_a_key_of_its_own(desk: ShippedHome, tmp_path: Path) -> None:
    """As docs/shipping.md has it: the copy has no signing key, and the old key's public part judges the old notes."""
    with desk.journal() as log:
        write(log, 1, 12)
        log.checkpoint()
    desk.passes()
    back = Home(Profile.SIM, tmp_path / "new" / "sim")
    shutil.copytree(desk.copy.root, back.root)
    (back.keys / "past").mkdir()
    (back.keys / "journal.vkey").rename(back.keys / "past" / "before.vkey")
    signer = key_of(back.keys, journal_name(back))
    by = verifiers_of(back.keys)
    assert len(by) == 2 and signer.verifier_key != desk.signer.verifier_key
    log = Journal.open(back.journal, DAY, signer.name, small(), signer=signer, verifiers=by)
    write(log, 13, 20)
    log.checkpoint()
    log.close()
    found = audit.judge(back, DAY, audit.trust(back, None, ()), lambda done, total: None)
    assert (found.findings, found.entries, found.checkpoint_size, found.epoch) == ([], 20, 20, 2)
