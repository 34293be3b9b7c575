"""A flipped bit is never read as something else: the page it is in raises. What is damaged is made anew."""

import random
import shutil
import threading

import pytest

from harness import desk_stories
from harness.journalled_desk import JournalledDesk
from tarazu.adapters.sqlite_projection.connect import CannotUse, Damaged
from tarazu.adapters.sqlite_projection.content import Database
from tarazu.adapters.sqlite_projection.projection import Projection
from tarazu.app.database import database_file
from tarazu.app.database.projector import Projector
from tarazu.app.database.thread import ProjectionThread, aside
from tarazu.app.home import Home, Profile

HEADER_BYTES = 100
FLIPS = 300
PATIENCE_S = 60


@pytest.fixture
def home(tmp_path):
    """With a morning in its journal."""
    home = Home(Profile.SIM, tmp_path / "sim")
    with JournalledDesk(home) as desk:
        desk_stories.busy_morning(desk.ready())
    return home


@pytest.fixture
def file(home):
    """The database of that morning, all in one file."""
    projector = Projector(home.journal, database_file(home))
    projector.catch_up()
    projector.close()
    assert not database_file(home).with_name("database.sqlite-wal").exists()
    return database_file(home)


def read_whole(file):
    with Database(file) as database:
        digest = database.content().digest
        database.check()
        return digest


def flipped(raw: bytes, at: int, bit: int) -> bytes:
    changed = bytearray(raw)
    changed[at] ^= 1 << bit
    return bytes(changed)


def test_every_flipped_bit_of_a_sample_and_of_the_whole_header_raises(file):
    raw, chance = file.read_bytes(), random.Random(2026)
    read_whole(file)
    sample = [(at, chance.randrange(8)) for at in range(HEADER_BYTES)]
    sample += [(chance.randrange(len(raw)), chance.randrange(8)) for _ in range(FLIPS)]
    silent = []
    for at, bit in sample:
        file.write_bytes(flipped(raw, at, bit))
        try:
            read_whole(file)
            silent.append((at, bit))
        except Damaged:
            pass
    assert silent == []
    file.write_bytes(raw)
    read_whole(file)


def test_every_page_of_the_file_is_under_a_checksum(file):
    raw = file.read_bytes()
    pages = range(0, len(raw), 4096)
    assert len(pages) > 10
    for at in pages:
        file.write_bytes(flipped(raw, at + 2_000, 3))
        with pytest.raises(Damaged):
            read_whole(file)


def test_of_a_damaged_log_only_what_was_once_true_is_read(home, tmp_path):
    """SQLite forgets the end of a log that is damaged: an older state, which says which entry it is of."""
    projector = Projector(home.journal, database_file(home), batch_entries=8)
    true_then = {}

    def note(entries):
        with Database(database_file(home)) as database:
            content = database.content()
            true_then[content.digest] = content.places

    Projection(database_file(home)).close()
    note(0)
    projector.catch_up(note)
    names = ("database.sqlite", "database.sqlite-wal")
    parts = {name: database_file(home).with_name(name).read_bytes() for name in names}
    projector.close()
    log, chance, said = parts["database.sqlite-wal"], random.Random(7), {"whole": 0, "older": 0, "raised": 0}
    place = tmp_path / "copy"
    for _ in range(150):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        at = chance.randrange(len(log))
        (place / "database.sqlite").write_bytes(parts["database.sqlite"])
        (place / "database.sqlite-wal").write_bytes(flipped(log, at, chance.randrange(8)))
        try:
            digest = read_whole(place / "database.sqlite")
        except Damaged:
            said["raised"] += 1
            continue
        assert digest in true_then, f"a flip at {at} of the log gave rows that never were"
        said["whole" if digest == list(true_then)[-1] else "older"] += 1
    assert said["older"] + said["raised"] > 100


def test_a_database_without_checksums_or_of_another_version_is_not_used(file):
    import apsw

    for change in ("PRAGMA user_version = 99", "PRAGMA application_id = 7"):
        connection = apsw.Connection(str(file))
        connection.execute(change)
        connection.close()
        with pytest.raises(Damaged):
            read_whole(file)
    file.unlink()
    connection = apsw.Connection(str(file), vfs="unix")
    connection.execute("CREATE TABLE journal (day); PRAGMA application_id = 1414683221; PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(Damaged, match="no checksum"):
        read_whole(file)


def test_the_thread_puts_a_damaged_database_aside_makes_it_anew_and_says_both(home, file):
    good, raw = read_whole(file), file.read_bytes()
    with Database(file) as database:
        page = database.query("SELECT rootpage FROM sqlite_schema WHERE name = 'journal'")[0][0]
    file.write_bytes(flipped(raw, page * 4096 - 50, 0))
    heard, is_well = [], threading.Event()

    def on_trouble(well, text):
        heard.append((well, text))
        if well:
            is_well.set()

    thread = ProjectionThread(home, on_trouble, every_s=0.02, retry_s=0.02)
    thread.start()
    assert is_well.wait(PATIENCE_S) and thread.stop(PATIENCE_S)
    assert [well for well, _ in heard] == [False, True] and "put aside" in heard[0][1]
    assert aside(file).exists() and read_whole(file) == good


def test_a_held_file_cannot_be_used_and_says_so(file):
    from tarazu.adapters.sqlite_projection.hold import Hold, alone

    hold = Hold(file)
    with pytest.raises(CannotUse, match="held by another process"), alone(file, 0.1):
        raise AssertionError("not alone")
    hold.close()
    with alone(file, 0.1), pytest.raises(CannotUse):
        Hold(file, 0.1)
    read_whole(file)
