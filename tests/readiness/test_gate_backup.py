"""The gate's row of the backup: a first boot warns, and nobody trades live for a fortnight without a proven restore."""

from datetime import timedelta
from pathlib import Path

import pytest

from harness.gate_home import GateHome
from harness.journal_days import write_day
from tarazu.adapters.signing import key_of
from tarazu.app.backup.make import Asked, Made, make_backup
from tarazu.app.data.steps import steps
from tarazu.app.home import Home, Profile
from tarazu.app.readiness.look import Look
from tarazu.app.verdict import Status
from tarazu.model import ist
from tarazu.model.units import DAY_NS
from tarazu.ops.dr_backup import dr_backup
from tarazu.ops.dr_drill import dr_drill
from tarazu.ops.dr_restore import dr_restore


def backed_up(gate: GateHome, days_ago: int) -> Path:
    now_ns = gate.now_ns - days_ago * DAY_NS
    asked = Asked(folder=gate.home.root.parent / "elsewhere", day=ist.day_of(now_ns))
    told = dr_backup(gate.home, asked, "asha", now_ns)
    return Path(str(told.facts["backup"].path))  # type: ignore[attr-defined]


def row(gate: GateHome) -> tuple[Status, str]:
    found = gate.row("backup")
    return found.status, found.code


def test_a_first_boot_has_none_and_warns(gate: GateHome) -> None:
    assert row(gate) == (Status.WARN, "NO_BACKUP")


def test_one_of_this_week_is_fine_and_named(gate: GateHome) -> None:
    backed_up(gate, 3)
    found = gate.row("backup")
    assert found.status is Status.OK and found.detail.endswith("restore-verified")


@pytest.mark.parametrize(
    ("days", "expected"),
    [(7, (Status.OK, "")), (9, (Status.WARN, "BACKUP_OLD")), (14, (Status.WARN, "BACKUP_OLD"))],
)
def test_after_a_week_it_warns(gate: GateHome, days: int, expected: tuple[Status, str]) -> None:
    backed_up(gate, days)
    assert row(gate) == expected


def test_after_a_fortnight_live_is_blocked_and_sim_is_not(gate: GateHome, monkeypatch: pytest.MonkeyPatch) -> None:
    backed_up(gate, 16)
    assert row(gate) == (Status.CRIT, "BACKUP_OLD")
    monkeypatch.setattr(Look, "is_live", False)
    assert row(gate) == (Status.WARN, "BACKUP_OLD")


def test_a_desk_that_has_traded_for_a_fortnight_without_any_is_blocked_as_well(gate: GateHome) -> None:
    signer = key_of(gate.home.keys, "tarazu.local/live")
    write_day(gate.home.journal, signer, day=ist.day_of(gate.now_ns) - timedelta(days=16), name="tarazu.local/live")
    assert row(gate) == (Status.CRIT, "NO_BACKUP")


def test_one_that_is_not_where_it_was_put_or_not_whole_is_gone(gate: GateHome) -> None:
    path = backed_up(gate, 1)
    raw = path.read_bytes()
    path.write_bytes(raw[:-1])
    assert row(gate) == (Status.WARN, "BACKUP_GONE")
    path.unlink()
    assert row(gate) == (Status.WARN, "BACKUP_GONE")


def test_a_drill_of_an_old_one_makes_it_no_newer(gate: GateHome) -> None:
    dr_drill(gate.home, backed_up(gate, 30), None, None, "asha", gate.now_ns)
    assert row(gate) == (Status.CRIT, "BACKUP_OLD")
    path = backed_up(gate, 1)
    dr_drill(gate.home, path.with_name(min(one.name for one in path.parent.iterdir())), None, None, "asha", gate.now_ns)
    assert row(gate) == (Status.OK, ""), "nor does it hide the one of yesterday"


def test_a_drill_of_another_desks_backup_proves_nothing_here(gate: GateHome, tmp_path: Path) -> None:
    other = Home(Profile.LIVE, tmp_path / "other" / "live")
    other.make()
    asked = Asked(folder=tmp_path / "there", day=ist.day_of(gate.now_ns))
    path = Path(str(dr_backup(other, asked, "asha", gate.now_ns).facts["backup"].path))  # type: ignore[attr-defined]
    key = (other.keys / "journal.vkey").read_text()
    told = dr_drill(gate.home, path, key, None, "asha", gate.now_ns)
    assert [check.code for check in told.checks] == ["OTHER_DESK"] and told.exit_code == 1
    assert row(gate) == (Status.WARN, "NO_BACKUP")


def test_one_that_is_gone_for_a_fortnight_blocks_live_as_none_does(gate: GateHome) -> None:
    backed_up(gate, 16).unlink()
    assert row(gate) == (Status.CRIT, "BACKUP_GONE")


def test_a_home_that_was_restored_says_so_until_it_has_a_backup_of_its_own(gate: GateHome, tmp_path: Path) -> None:
    path, key = backed_up(gate, 1), (gate.home.keys / "journal.vkey").read_text()
    gate.home.root.rename(tmp_path / "lost")
    assert dr_restore(gate.home, path, key, "asha", gate.now_ns).exit_code == 0
    assert row(gate) == (Status.WARN, "RESTORED")
    backed_up(gate, 0)
    assert row(gate) == (Status.OK, "")


def test_one_that_was_not_made_proves_nothing(gate: GateHome) -> None:
    told = dr_backup(gate.home, Asked(folder=Path("/proc/nowhere"), day=ist.day_of(gate.now_ns)), "asha", gate.now_ns)
    assert told.exit_code == 2 and row(gate) == (Status.WARN, "NO_BACKUP")


def test_a_live_backup_on_the_disk_of_its_home_is_told(gate: GateHome) -> None:
    asked = Asked(folder=gate.home.backups, day=ist.day_of(gate.now_ns))
    codes = [check.code for check in dr_backup(gate.home, asked, "asha", gate.now_ns).checks]
    assert "SAME_DISK" in codes


def test_by_a_clock_that_went_back_it_is_of_now(gate: GateHome) -> None:
    backed_up(gate, -2)
    assert row(gate) == (Status.OK, "")


def test_it_is_made_of_a_live_home_as_of_any(gate: GateHome, tmp_path: Path) -> None:
    asked = Asked(folder=tmp_path / "x", day=ist.day_of(gate.now_ns))
    found = make_backup(gate.home, asked, who="asha", now_ns=gate.now_ns, steps=steps())
    assert isinstance(found, Made) and any(one.name.startswith("freeze/") for one in found.manifest.members)
