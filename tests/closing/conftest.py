"""A desk that has traded a day, with its journal, master and feed log, made once; and what the clock says after it."""

import shutil
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import pytest

from harness.closing_desk import FOUR_NS, Step
from harness.market_day import MarketDay
from harness.order_story import DAY
from tarazu.app.closing.standing import standing_of
from tarazu.app.closing.steps import record_step
from tarazu.app.health import boot
from tarazu.app.home import Home, Profile
from tarazu.app.verdict import Exit
from tarazu.runtime.desk_record import DeskKind


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(Profile.SIM, tmp_path_factory.mktemp("traded") / "sim")
    with MarketDay(home) as day:
        day.begin().turns(0, 60)
        day.log.close()
    return home


@pytest.fixture
def traded(made: Home, tmp_path: Path) -> Home:
    """A copy to be changed."""
    shutil.copytree(made.root, tmp_path / "sim")
    return Home(Profile.SIM, tmp_path / "sim")


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    home = Home(Profile.SIM, tmp_path / "sim")
    home.make()
    return home


@pytest.fixture
def step() -> Step:
    """A step of another command is done: what it made is its own tests' business."""

    def done(home: Home, kind: DeskKind, exit_code: Exit = Exit.OK, day: date = DAY, now_ns: int = FOUR_NS) -> None:
        told = {"verdict": exit_code.name, "exit": int(exit_code), "standing": standing_of(home, day), "files": {}}
        record_step(home, kind, day, told, "tester", now_ns)

    return done


@pytest.fixture
def at_four(monkeypatch: pytest.MonkeyPatch) -> Callable[[Home], None]:
    """The commands' clock: a process of the desk has told it, as main does."""

    def set_to(home: Home) -> None:
        home.run.mkdir(exist_ok=True)
        told = {"wall_ns": FOUR_NS, "mono_ns": time.monotonic_ns(), "boot": boot()}
        home.main_health.write_bytes(msgspec.json.encode(told))
        monkeypatch.setenv("TARAZU_HOME", str(home.root.parent))
        monkeypatch.delenv("TARAZU_PROFILE", raising=False)

    return set_to
