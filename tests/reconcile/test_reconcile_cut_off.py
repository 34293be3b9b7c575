"""A reconciliation that is killed: its answers and the ones before it are what they were, and nobody altered them."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.closing_desk import FOUR_NS
from harness.killed_step import LATER_NS, homes_killed
from tarazu.app.closing.whole import close_folder
from tarazu.app.home import Home, Profile
from tarazu.app.reconcile.kept import READ_FILE, Altered, BrokerRead, encoded, keep, saved_read
from tarazu.app.verdict import Exit
from tarazu.ops.reconcile import reconcile


@pytest.fixture
def killed(kept: Any, tmp_path: Path) -> list[Home]:
    """Reconciled once, and killed at each moment of the second time."""
    shutil.copytree(kept.day.home.root, tmp_path / "sim")
    home = Home(Profile.SIM, tmp_path / "sim")
    day = kept.day.day
    read = BrokerRead(day=day.isoformat(), profile="sim", as_of_ns=FOUR_NS, account=kept.account, charges=kept.notes)
    keep(home, day, kept.found(), encoded(read), verdict="RECONCILED", exit_code=0, who="t", now_ns=FOUR_NS)
    return homes_killed("reconcile", home, tmp_path / "killed")


def test_kept_answers_of_a_run_that_was_killed_are_not_altered_and_reconcile(kept: Any, killed: list[Home]) -> None:
    asked = []
    for home in killed:
        found = saved_read(home, kept.day.day)
        assert found is not None
        asked.append(found[0].as_of_ns)
        assert reconcile(home, kept.day.day, True, "tester").exit_code == Exit.OK
        assert saved_read(home, kept.day.day) == found
    assert asked == sorted(asked) and set(asked) == {FOUR_NS, LATER_NS}, "the old ones, then the new ones"


def test_answers_that_are_altered_after_it_was_killed_are_altered(kept: Any, killed: list[Home]) -> None:
    for home in killed:
        path = close_folder(home, kept.day.day) / READ_FILE
        path.write_bytes(path.read_bytes() + b" ")
        with pytest.raises(Altered):
            saved_read(home, kept.day.day)
        assert reconcile(home, kept.day.day, True, "tester").exit_code == Exit.CRIT
