"""What happens to the database when its disk fails it: trouble that is told, and no record lost."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.database_process import die_in_a_transaction
from harness import desk_stories
from harness.imports import PYTHONPATH
from harness.journalled_desk import JournalledDesk
from tarazu.adapters.sqlite_projection.connect import CannotUse, connect
from tarazu.adapters.sqlite_projection.content import Database
from tarazu.adapters.sqlite_projection.hold import remove
from tarazu.app.database import database_file
from tarazu.app.database.projector import Projector
from tarazu.app.database.rebuilding import rebuild
from tarazu.app.database.thread import ProjectionThread
from tarazu.app.home import Home, Profile

KILLS = 100
PATIENCE_S = 60


@pytest.fixture
def home(tmp_path):
    return Home(Profile.SIM, tmp_path / "sim")


def play_a_morning(home):
    with JournalledDesk(home) as desk:
        desk_stories.busy_morning(desk.ready())
    return desk.journal.sequence


def small_disk_process(home, limit_bytes):
    script = Path(__file__).with_name("database_process.py")
    surroundings = {**os.environ, "PYTHONPATH": PYTHONPATH}
    command = [sys.executable, str(script), str(home.root), str(limit_bytes)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, env=surroundings)


def killed_projector(home, seed):
    """Whether it died by its own hand; False: it brought the database up whole."""
    pid = os.fork()
    if pid == 0:
        try:
            die_in_a_transaction(home, seed)
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def digest(file):
    with Database(file) as database:
        database.check()
        return database.content().digest


def digest_of_rebuild(home):
    return rebuild(home.journal, home.root / "other.sqlite").new.digest


def test_killed_at_any_instruction_of_a_transaction_the_next_one_goes_on_to_the_same_tables(home):
    whole, chance, died = play_a_morning(home), random.Random(2026), 0
    wanted = digest_of_rebuild(home)
    for _ in range(KILLS):
        if killed_projector(home, chance.randrange(1 << 30)):
            died += 1
            continue
        assert digest(database_file(home)) == wanted
        remove(database_file(home))
    assert died >= KILLS // 4
    projector = Projector(home.journal, database_file(home))
    assert projector.catch_up() <= whole
    projector.close()
    assert digest(database_file(home)) == wanted


def test_a_database_that_cannot_grow_is_trouble_told_once_and_over_when_it_can(home):
    play_a_morning(home)
    ran = small_disk_process(home, 40_000)
    assert ran.returncode == 0, ran.stderr
    told = ran.stdout.splitlines()
    assert len(told) == 2 and told[0].startswith("TROUBLE CannotUse") and told[1] == "WELL"
    assert digest(database_file(home)) == digest_of_rebuild(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which only root may")
def test_on_a_full_disk_nothing_is_shown_by_half_and_all_of_it_when_there_is_room(home, tmp_path):
    whole = play_a_morning(home)
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount here: {mounted.stderr.decode()}")
    try:
        file = place / "database.sqlite"
        projector = Projector(home.journal, file, batch_entries=10)
        Projector(home.journal, file, batch_entries=10).close()
        (place / "ballast").write_bytes(bytes(800_000))
        taken, tries = 0, 0
        with pytest.raises(CannotUse):
            while tries < 100:
                taken, tries = taken + projector.catch_up(), tries + 1
        (place / "ballast").unlink()
        with Database(file) as database:
            shown = database.query("SELECT coalesce(max(sequence), 0) FROM journal")[0][0]
            assert shown < whole and shown % 10 == 0
        assert projector.catch_up() == whole - shown
        projector.close()
        assert digest(file) == digest_of_rebuild(home)
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_locked_database_is_waited_for_and_nothing_is_lost(home):
    heard, well = [], threading.Event()

    def on_trouble(is_well, text):
        heard.append((is_well, text))
        (well if is_well else troubled).set()

    troubled = threading.Event()
    with JournalledDesk(home) as desk:
        desk.ready()
        thread = ProjectionThread(home, on_trouble, every_s=0.02, retry_s=0.02)
        blocker = connect(database_file(home), write=True)
        blocker.execute("BEGIN IMMEDIATE")
        thread.start()
        desk_stories.timeout_then_found(desk)
        assert troubled.wait(PATIENCE_S)
        blocker.execute("ROLLBACK")
        blocker.close()
        assert well.wait(PATIENCE_S)
        desk_stories.denied(desk)
        desk.journal.sync()
        assert thread.stop(PATIENCE_S)
    assert heard[0][0] is False and "locked" in heard[0][1] and heard[-1] == (True, "")
    assert digest(database_file(home)) == digest_of_rebuild(home)


def test_another_journal_is_trouble_that_stays_until_a_person_has_looked(home):
    heard, troubled = [], threading.Event()
    play_a_morning(home)
    projector = Projector(home.journal, database_file(home))
    projector.catch_up()
    projector.close()
    before = digest(database_file(home))
    home.journal.rename(home.root / "old")
    with JournalledDesk(home) as desk:
        desk.start()

    def on_trouble(is_well, text):
        heard.append((is_well, text))
        troubled.set()

    thread = ProjectionThread(home, on_trouble, every_s=0.02, retry_s=0.02)
    thread.start()
    assert troubled.wait(PATIENCE_S) and thread.stop(PATIENCE_S)
    assert [is_well for is_well, _ in heard] == [False] and heard[0][1].startswith("OtherJournal")
    assert digest(database_file(home)) == before


def test_a_rebuild_beside_a_running_projection_takes_its_place_and_the_projection_goes_on_in_it(home):
    heard = []
    with JournalledDesk(home) as desk:
        thread = ProjectionThread(home, lambda *said: heard.append(said), every_s=0.01)
        thread.start()
        desk.ready()
        for turn, price in enumerate(range(9_000, 9_400, 100)):
            desk_stories.cancelled_then_filled(desk, f"3{turn}", price)
            desk.journal.sync()
            before = database_file(home).stat().st_ino if turn else 0
            done = rebuild(home.journal, database_file(home))
            assert not done.is_another and database_file(home).stat().st_ino != before
        desk_stories.denied(desk)
        desk.journal.sync()
        assert thread.stop(PATIENCE_S)
    assert heard == []
    assert digest(database_file(home)) == digest_of_rebuild(home)
    assert not database_file(home).with_name("database.sqlite.new").exists()
