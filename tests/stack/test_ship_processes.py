"""Shipping in processes: a desk that writes, one that copies, and kills and pulled disks at any moment."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from harness.imports import PYTHONPATH
from harness.in_time import in_time, once_in_time
from harness.journal_days import DAY
from tarazu.adapters.signing import key_of
from tarazu.app import audit
from tarazu.app.audit import journal_name, key_folder
from tarazu.app.home import Home, Profile
from tarazu.app.shipping.checks import ship_standing
from tarazu.app.shipping.health import ShipHealth, Stage, read_ship_health
from tarazu.app.supervision.orphans import is_running
from tarazu.app.supervision.waiting import until
from tarazu.app.verdict import Status
from tarazu.journal.evidence import NOTHING
from tarazu.journal.findings import Report
from tarazu.model.units import SECOND_NS
from tarazu.runtime.desk_record import whole
from tarazu.runtime.journal_files import day_folder
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.repair import verify
from tarazu.runtime.tail import Tail

PATIENCE_S = 90.0
LOSS_S_MAX = 5.0
SOURCE = Path(__file__).with_name("ship_source_process.py")
# Files of more than so many bytes are refused by the kernel, as on a disk that is full.
NO_ROOM = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
NO_ROOM += "runpy.run_module('tarazu.app.shipping', run_name='__main__')"


class Desk:
    """A home that ships to a folder beside it, in the paper profile, which needs nobody else."""

    def __init__(self, root: Path, kept: ExitStack) -> None:
        root.mkdir(exist_ok=True)
        self.home, self.to = Home(Profile.PAPER, root / "home" / "paper"), root / "other-disk"
        self.home.make()
        self.to.mkdir()
        self.copy = Home(Profile.PAPER, self.to / "paper")
        self.home.settings_file.write_text(f'[ship]\nto = "{self.to}"\n')
        self.home.env_file.touch(mode=0o600)
        self.home.env_file.write_text("KITE_API_KEY=of-nobody\n")
        key_of(key_folder(self.home), journal_name(self.home))
        self._kept = kept

    def run(self, *words: str) -> subprocess.Popen[bytes]:
        where = {"TARAZU_HOME": str(self.home.root.parent), "TARAZU_PROFILE": "paper", "PYTHONPATH": PYTHONPATH}
        log = (self.home.root.parent.parent / "processes.log").open("ab")
        self._kept.callback(log.close)
        made = subprocess.Popen([sys.executable, *words], env={**os.environ, **where}, stdout=log, stderr=log)
        self._kept.callback(made.wait)
        self._kept.callback(made.kill)
        return made

    def source(self) -> subprocess.Popen[bytes]:
        return self.run(str(SOURCE), str(self.home.root), "paper")

    def shipping(self) -> subprocess.Popen[bytes]:
        return self.run("-m", "tarazu.app.shipping")

    def health(self) -> ShipHealth | None:
        return read_ship_health(self.home)

    def ships(self, pid: int | None = None) -> bool:
        """One has said so that has this pid, or any."""
        told = self.health()
        return told is not None and told.stage is Stage.SHIPPING and pid in (None, told.pid)

    def entries(self, home: Home) -> int:
        """Of the day so far."""
        folder = day_folder(home.journal, DAY)
        return sum(1 for _ in JournalReader(folder).ready()) if folder.exists() else 0

    def grows(self, by: int = 100) -> None:
        """The copy goes on."""
        first = self.entries(self.copy)
        assert until(lambda: self.entries(self.copy) >= first + by, PATIENCE_S), self.health()

    def judged(self) -> Report:
        return audit.judge(self.copy, DAY, audit.trust(self.copy, None, ()), lambda done, total: None)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path / "desk") as made:
        yield made


@contextmanager
def a_desk(root: Path) -> Iterator[Desk]:
    with ExitStack() as kept:
        yield Desk(root, kept)


def last_moment(home: Home) -> int:
    """The stamp in the last entry: when it was given to the journal."""
    *_, last = JournalReader(day_folder(home.journal, DAY)).ready()
    return int.from_bytes(last.payload[:8], "little")


def last_frame(home: Home) -> int:
    """When the last whole frame was received."""
    tail, last_ns = Tail(day_folder(home.feed, DAY)), 0
    for frame in tail.ready():
        last_ns = frame.mono_ns
    tail.close()
    return last_ns


def test_a_disk_that_is_gone_from_one_moment_to_the_next_costs_five_seconds_at_most(tmp_path: Path) -> None:
    tries = iter(range(100))

    def story() -> None:
        with a_desk(tmp_path / f"desk-{next(tries)}") as desk:
            source, shipping = desk.source(), desk.shipping()
            assert until(desk.ships, PATIENCE_S), desk.health()
            desk.grows(1_000)
            dead = Home(Profile.PAPER, desk.home.root.rename(desk.home.root.with_name("dead")))
            source.kill()
            source.wait()
            shipping.kill()
            shipping.wait()
            copied = desk.judged()
            assert copied.fault is None and copied.entries, copied.findings
            assert verify(day_folder(desk.copy.feed, DAY)).clean and list(whole(desk.copy.desk))
            for last in (last_moment, last_frame):
                lost_s = (last(dead) - last(desk.copy)) / SECOND_NS
                print(f"{last.__name__}: lost {lost_s:.3f} s")
                in_time(lost_s, LOSS_S_MAX, "what was there and is not in the copy")

    once_in_time(story)


def test_a_shipping_killed_at_any_moment_leaves_a_beginning_of_the_day_and_the_next_goes_on(desk: Desk) -> None:
    chance = random.Random(2026)
    source = desk.source()
    for _ in range(6):
        shipping = desk.shipping()
        assert until(lambda pid=shipping.pid: desk.ships(pid), PATIENCE_S), desk.health()  # type: ignore[misc]
        time.sleep(chance.random())
        shipping.kill()
        shipping.wait()
        found = desk.judged()
        assert found.fault in (None, "TORN_TAIL"), found.findings
    source.kill()
    source.wait()
    shipping = desk.shipping()
    mark = audit.judge(desk.home, DAY, NOTHING, lambda done, total: None).watermark
    assert mark is not None
    assert until(lambda: desk.entries(desk.copy) == mark.sequence, PATIENCE_S), (mark.sequence, desk.health())
    recorded = verify(day_folder(desk.home.feed, DAY)).frames
    assert until(lambda: verify(day_folder(desk.copy.feed, DAY)).frames == recorded, PATIENCE_S), desk.health()
    shipping.terminate()
    assert shipping.wait(PATIENCE_S) == 0
    assert desk.judged().findings == [] and (told := desk.health()) is not None and told.stage is Stage.STOPPED


def test_a_writer_killed_and_begun_again_is_followed(desk: Desk) -> None:
    desk.shipping()
    for _ in range(3):
        source = desk.source()
        desk.grows()
        source.kill()
        source.wait()
    source = desk.source()
    desk.grows()
    assert until(desk.ships, PATIENCE_S) and desk.judged().epoch == 4


def test_a_full_disk_is_told_and_what_was_copied_stays(desk: Desk) -> None:
    desk.source()
    full = desk.run("-c", NO_ROOM)

    def told() -> bool:
        health = desk.health()
        return health is not None and health.code == "TARGET_FULL"

    assert until(told, PATIENCE_S), desk.health()
    assert ship_standing(desk.home)[1].status is Status.WARN
    full.kill()
    full.wait()
    desk.shipping()
    assert until(desk.ships, PATIENCE_S), desk.health()
    desk.grows()
    assert desk.judged().fault is None


class Watched:
    """A watchdog, and the shipping beside it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.watchdog = desk, desk.run("-m", "tarazu.app.watchdog")
        assert until(self.ships_anew(0), PATIENCE_S), desk.health()
        health = desk.health()
        assert health is not None
        self.pid = health.pid

    def ships_anew(self, pid: int) -> Callable[[], bool]:
        def told() -> bool:
            health = self.desk.health()
            return health is not None and health.stage is Stage.SHIPPING and health.pid != pid

        return told


def test_the_watchdog_begins_the_shipping_and_a_killed_one_hurts_nobody(desk: Desk) -> None:
    desk.source()
    watched = Watched(desk)
    os.kill(watched.pid, signal.SIGKILL)
    assert until(watched.ships_anew(watched.pid), PATIENCE_S), desk.health()
    assert watched.watchdog.poll() is None
    desk.grows()


def test_a_shipping_that_hangs_is_told_by_its_age(desk: Desk) -> None:
    desk.source()
    watched = Watched(desk)
    os.kill(watched.pid, signal.SIGSTOP)
    assert until(lambda: ship_standing(desk.home)[1].code == "SHIP_LAG", PATIENCE_S), ship_standing(desk.home)
    os.kill(watched.pid, signal.SIGCONT)
    assert until(lambda: ship_standing(desk.home)[1].status is Status.OK, PATIENCE_S), ship_standing(desk.home)
    watched.watchdog.terminate()
    assert watched.watchdog.wait(PATIENCE_S) == 0
    assert not is_running(watched.pid)


def test_the_shipping_ends_with_a_killed_watchdog(desk: Desk) -> None:
    watched = Watched(desk)
    watched.watchdog.kill()
    watched.watchdog.wait()
    assert until(lambda: not is_running(watched.pid), PATIENCE_S)
