"""The gate's row of the copy on another disk: looked at before anybody ships, asked while somebody does."""

import shutil
import time
from pathlib import Path

import pytest

from harness.desk import TINY
from harness.gate_home import LIMITS, READINESS, GateHome
from tarazu.app.readiness.look import Look
from tarazu.app.settings import ShipSettings
from tarazu.app.shipping.shipper import Shipper
from tarazu.app.verdict import Check, Status
from tarazu.model.units import SECOND_NS

HALF_NS = SECOND_NS // 2


def seen(check: Check) -> tuple[Status, str]:
    return check.status, check.code


@pytest.fixture
def to(gate: GateHome, tmp_path: Path) -> Path:
    """A folder that the settings name. It is on the disk of the home, as everything is in a test."""
    folder = tmp_path / "second-disk"
    folder.mkdir()
    gate.settings(TINY + LIMITS + READINESS + f'[ship]\nto = "{folder}"\n')
    return folder


def shipping(gate: GateHome, to: Path, ago_s: float = 0.0) -> Shipper:
    """It has copied all there is, so many seconds ago, in passes half a second apart."""
    last_ns = time.monotonic_ns() - round(ago_s * SECOND_NS)
    moments = [last_ns - HALF_NS * back for back in (3, 2, 1, 0)]
    shipper = Shipper(gate.home, ShipSettings(to=str(to)), clock=lambda: moments[0])
    while moments:
        shipper.work()
        last = moments.pop(0)
    moments.append(last)
    return shipper


def test_a_live_desk_without_a_copy_is_warned(gate: GateHome) -> None:
    assert seen(gate.row("ship")) == (Status.WARN, "SHIP_OFF")


def test_before_anybody_ships_the_folder_itself_is_looked_at_and_left_as_it_is(gate: GateHome, to: Path) -> None:
    assert seen(gate.row("ship")) == (Status.WARN, "SHIP_SAME_DISK")
    assert not list(to.iterdir())


def test_a_folder_that_is_not_there_is_in_the_way_of_a_day_that_has_not_begun(
    gate: GateHome, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to.rmdir()
    assert seen(gate.row("ship")) == (Status.CRIT, "TARGET_GONE")
    monkeypatch.setattr(Look, "market_open", True)
    assert seen(gate.row("ship")) == (Status.WARN, "TARGET_GONE"), "and of nothing once the market trades"


def test_a_mount_that_is_not_mounted_is_seen_before_the_open(gate: GateHome, to: Path) -> None:
    shipping(gate, to).close()
    shutil.rmtree(to / "live")
    assert seen(gate.row("ship")) == (Status.CRIT, "TARGET_GONE")


def test_the_copy_of_another_home_is_seen_before_the_open(gate: GateHome, to: Path) -> None:
    shipping(gate, to).close()
    (gate.home.root / "shipping.json").unlink()
    assert seen(gate.row("ship")) == (Status.CRIT, "TARGET_FOREIGN")


def test_while_it_ships_its_lag_is_told(gate: GateHome, to: Path) -> None:
    shipper = shipping(gate, to)
    row = gate.row("ship")
    assert row.status is Status.OK and (row.limit, row.unit) == (5.0, "s")
    shipper.close()
    late = shipping(gate, to, ago_s=9.0)
    assert seen(gate.row("ship")) == (Status.WARN, "SHIP_LAG")
    late.close()


def test_a_copy_that_takes_nothing_now_is_in_the_way_before_the_open(gate: GateHome, to: Path) -> None:
    shipper = shipping(gate, to)
    away = to.rename(to.with_name("pulled-out"))
    shipper.work()
    assert seen(gate.row("ship")) == (Status.CRIT, "TARGET_GONE")
    away.rename(to)
    shipper.close()
