"""The folder of the copy: full, gone, read-only, another's, not mounted. What fails is told; it goes on by itself."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from harness.fallible_disk import FallibleDisk
from harness.journal_days import DAY
from harness.shipped_home import ShippedHome, write
from tarazu.app.shipping.checks import ship_standing
from tarazu.app.shipping.health import Stage
from tarazu.app.shipping.target import MARK, NOTE
from tarazu.app.verdict import Status
from tarazu.model.units import SECOND_NS
from tarazu.runtime.journal_files import day_folder


@pytest.fixture
def desk(tmp_path: Path) -> ShippedHome:
    return ShippedHome(tmp_path)


class Sick(FallibleDisk):
    """Fails every write with this error, or waits so long for it, until it is well."""

    def __init__(self) -> None:
        self.error = 0
        super().__init__(self._sick)

    def _sick(self, number: int, what: str) -> int | None:
        if self.error and what in ("pwrite", "fdatasync"):
            raise OSError(self.error, os.strerror(self.error))
        return None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errno.ENOSPC, "TARGET_FULL"),
        (errno.EROFS, "TARGET_READ_ONLY"),
        (errno.EIO, "TARGET_FAILED"),
        (errno.ESTALE, "TARGET_GONE"),
    ],
)
def test_a_disk_that_takes_nothing_is_told_and_when_it_is_well_the_copy_goes_on(
    tmp_path: Path, error: int, code: str
) -> None:
    desk = ShippedHome(tmp_path, disk := Sick())
    with desk.journal() as log:
        write(log, 1, 5)
        desk.passes()
        disk.error = error
        write(log, 6, 30)
        health = desk.passes(8)
        assert (health.stage, health.code) == (Stage.FAILING, code)
        lag_ns = health.lag_ns(desk.mono_ns) or 0
        assert 4 * SECOND_NS <= lag_ns <= 6 * SECOND_NS, "how much would be lost is told, and grows"
        assert health.streams[0].sequence == 5
        disk.error = 0
        health = desk.passes()
        assert health.stage is Stage.SHIPPING
        copied = desk.judged()
        assert (copied.fault, copied.entries) == (None, 30)


@pytest.mark.parametrize("number", range(1, 60, 3))
def test_at_whatever_call_a_disk_fails_the_copy_is_a_beginning_of_the_day_and_then_the_day(
    tmp_path: Path, number: int
) -> None:
    failed: list[int] = []

    def once(call: int, what: str) -> int | None:
        if call >= number and not failed:
            failed.append(call)
            if what == "pwrite":
                return 5
            raise OSError(errno.EIO, "Input/output error")
        return None

    desk = ShippedHome(tmp_path, FallibleDisk(once))
    with desk.journal() as log:
        write(log, 1, 12)
        desk.passes(1)
        if day_folder(desk.copy.journal, DAY).exists() and desk.judged().segments:
            assert desk.judged().fault in (None, "TORN_TAIL")
        write(log, 13, 25)
        desk.passes(4)
        assert (desk.judged().fault, desk.judged().entries) == (None, 25)


def test_a_disk_that_is_taken_away_and_comes_back_is_gone_on_with(desk: ShippedHome) -> None:
    with desk.journal() as log:
        write(log, 1, 5)
        desk.passes()
        away = desk.to.rename(desk.to.with_name("pulled-out"))
        write(log, 6, 9)
        health = desk.passes()
        assert (health.stage, health.code) == (Stage.FAILING, "TARGET_GONE")
        assert not desk.to.exists(), "nothing is made in its place"
        away.rename(desk.to)
        assert desk.passes().stage is Stage.SHIPPING
        assert (desk.judged().fault, desk.judged().entries) == (None, 9)


@pytest.mark.parametrize("restarted", [False, True], ids=["while it ships", "before it begins"])
def test_a_mount_that_is_not_mounted_does_not_take_the_copy(desk: ShippedHome, restarted: bool) -> None:
    """Its folder is there, empty, on the desk's own disk: the copy in it would be told as one on another disk."""
    with desk.journal() as log:
        write(log, 1, 5)
        desk.passes()
        desk.to.rename(desk.to.with_name("not-mounted"))
        desk.to.mkdir()
        if restarted:
            desk.another_shipper()
        write(log, 6, 9)
        health = desk.passes()
    assert (health.stage, health.code) == (Stage.FAILING, "TARGET_GONE")
    assert not list(desk.to.iterdir())


def test_the_copy_of_another_home_is_not_written_into(tmp_path: Path) -> None:
    mine, theirs = ShippedHome(tmp_path / "mine"), ShippedHome(tmp_path / "theirs")
    for desk in (mine, theirs):
        with desk.journal() as log:
            write(log, 1, 5)
        desk.passes()
    shutil.rmtree(theirs.to)
    mine.to.rename(theirs.to)
    (theirs.home.root / NOTE).unlink()
    before = {path: path.stat().st_mtime_ns for path in theirs.to.rglob("*")}
    theirs.another_shipper()
    health = theirs.passes()
    assert (health.code, str(mine.home.root) in health.detail) == ("TARGET_FOREIGN", True)
    assert {path: path.stat().st_mtime_ns for path in theirs.to.rglob("*")} == before


def test_a_folder_with_anything_in_it_is_not_taken_for_a_new_copy(desk: ShippedHome) -> None:
    (desk.to / "sim").mkdir()
    (desk.to / "sim" / "holiday.jpg").write_text("of last year")
    assert desk.passes().code == "TARGET_FOREIGN"


def test_a_start_that_was_cut_off_before_the_copy_had_its_mark_is_gone_on_with(desk: ShippedHome) -> None:
    with desk.journal() as log:
        write(log, 1, 5)
    desk.passes()
    shutil.rmtree(desk.copy.root)
    note = desk.home.root / NOTE
    note.write_text(note.read_text().replace("true", "false"))
    desk.another_shipper()
    assert desk.passes().stage is Stage.SHIPPING
    assert (desk.copy.root / MARK).exists() and desk.judged().entries == 5


def test_two_shippers_do_not_write_one_copy(desk: ShippedHome) -> None:
    desk.passes()
    first, desk.shipper = desk.shipper, desk._shipper()
    assert desk.passes().code == "TARGET_HELD"
    first.close()
    assert desk.passes().stage is Stage.SHIPPING


@pytest.mark.parametrize("to", ["relative/path", "{home}", "{home}/journal", "{above}"])
def test_a_copy_in_the_home_and_a_home_in_the_copy_are_refused(tmp_path: Path, to: str) -> None:
    desk = ShippedHome(tmp_path)
    desk.to = Path(to.format(home=desk.home.root, above=desk.home.root.parent))
    desk.another_shipper()
    assert desk.passes().code == "TARGET_PATH"


def test_a_home_whose_disk_is_gone_is_told_and_its_copy_is_the_whole_day(desk: ShippedHome) -> None:
    with desk.journal() as log:
        write(log, 1, 20)
        desk.passes()
    desk.home.root.rename(desk.home.root.with_name("dead"))
    health = desk.passes()
    assert (health.stage, health.code) == (Stage.FAILING, "SOURCE_GONE")
    assert (desk.judged().fault, desk.judged().entries) == (None, 20)


def test_what_everybody_is_told_grows_old_with_a_shipping_that_hangs(desk: ShippedHome) -> None:
    desk.home.settings_file.write_text(f'[ship]\nto = "{desk.to}"\n')
    with desk.journal() as log:
        write(log, 1, 5)
    desk.passes()
    text, check = ship_standing(desk.home, desk.mono_ns + 2 * SECOND_NS)
    assert check.status is Status.OK and "behind 2." in text and "journal 5" in text, text
    text, check = ship_standing(desk.home, desk.mono_ns + 9 * SECOND_NS)
    assert (check.status, check.code, check.observed) == (Status.WARN, "SHIP_LAG", 9.0)
    desk.shipper.close()
    assert ship_standing(desk.home, desk.mono_ns)[1].code == "SHIP_DOWN"


def test_without_a_folder_to_copy_to_nothing_is_told_to_be_copied(desk: ShippedHome) -> None:
    text, check = ship_standing(desk.home, desk.mono_ns)
    assert check.status is Status.SKIP and text.startswith("off")
