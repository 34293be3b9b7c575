"""The database is a function of the journal: however and whenever it is brought up, the tables are the same."""

import random
import time
from datetime import timedelta

import pytest

from harness import desk_stories
from harness.journalled_desk import JournalledDesk
from harness.order_story import DAY
from tarazu.adapters.sqlite_projection.content import Database
from tarazu.adapters.sqlite_projection.hold import put_in_place
from tarazu.adapters.sqlite_projection.projection import Projection
from tarazu.adapters.sqlite_projection.schema import TABLES
from tarazu.app.database import database_file
from tarazu.app.database.day_fold import DayFold, OtherJournal
from tarazu.app.database.projector import Projector
from tarazu.app.database.rebuilding import rebuild
from tarazu.app.home import Home, Profile
from tarazu.runtime.journal_reader import JournalReader


@pytest.fixture
def home(tmp_path):
    return Home(Profile.SIM, tmp_path / "sim")


@pytest.fixture
def projector(home):
    made = Projector(home.journal, database_file(home))
    yield made
    made.close()


def content(home, file=None):
    with Database(file or database_file(home)) as database:
        return database.content()


def digest_of_rebuild(home):
    return rebuild(home.journal, home.root / "other.sqlite").new.digest


def test_followed_entry_by_entry_or_built_at_once_the_tables_are_the_same(home, projector):
    chance = random.Random(2026)
    with JournalledDesk(home) as desk:
        take, told = desk.tell, []

        def tell(message, after_s=0.0):
            step = take(message, after_s)
            if chance.random() < 0.4:
                desk.journal.sync()
                told.append(projector.catch_up())
            return step

        desk.tell = tell
        desk_stories.busy_morning(desk.ready())
        desk.restarted()
        desk.reads()
    told.append(projector.catch_up())
    assert sum(told) == desk.journal.sequence and len(told) > 20
    assert content(home).digest == digest_of_rebuild(home)
    assert all(content(home).tables[table.name].rows for table in TABLES if table.name != "failures")


@pytest.mark.parametrize("batch_entries", [1, 2, 7, 50])
def test_the_size_of_a_batch_shows_in_no_table(home, batch_entries):
    with JournalledDesk(home) as desk:
        desk_stories.busy_morning(desk.ready())
    projector = Projector(home.journal, database_file(home), batch_entries)
    assert projector.catch_up() == desk.journal.sequence
    projector.close()
    assert content(home).digest == digest_of_rebuild(home)


def test_the_fold_has_the_engines_state_without_knowing_an_instrument(home):
    with JournalledDesk(home) as desk:
        desk_stories.busy_morning(desk.ready())
        desk.journal.sync()
        fold = DayFold(desk.folder)
        while fold.batch(None, 100):
            pass
        assert fold._engine.state.digest() == desk.engine.state.digest()


def test_the_same_entries_again_change_nothing(home, projector):
    with JournalledDesk(home) as desk:
        desk_stories.busy_morning(desk.ready())
    batch = DayFold(desk.folder).batch(None, 10_000)
    assert projector.catch_up() == desk.journal.sequence
    assert projector.catch_up() == 0
    before = content(home).digest
    projector.close()
    projection = Projection(database_file(home))
    assert projection.write(batch) is False
    projection.close()
    assert content(home).digest == before


def test_another_process_that_has_written_meanwhile_is_found_out_and_nothing_is_told_twice(home, projector):
    other = Projector(home.journal, database_file(home), batch_entries=3)
    with JournalledDesk(home) as desk:
        desk.ready()
        desk.journal.sync()
        assert projector.catch_up() > 0 and other.catch_up() == 0
        desk_stories.timeout_then_found(desk)
        desk.journal.sync()
        assert other.catch_up() > 0
        desk_stories.denied(desk)
        desk.journal.sync()
        assert projector.catch_up() == 1
    other.close()
    projector.close()
    assert content(home).digest == digest_of_rebuild(home)


def test_what_is_not_acknowledged_is_not_shown(home, projector, monkeypatch):
    with JournalledDesk(home) as desk:
        desk.ready()
        desk.journal.sync()
        projector.catch_up()
        shown = content(home).places[str(DAY)].head.sequence
        assert shown == desk.journal.acknowledged == desk.journal.sequence
        monkeypatch.setattr(desk.journal._log, "sync", lambda: None)  # the disk is slow: written, and not on it
        desk.second()
        until_s = time.monotonic() + 60
        while len(list(JournalReader(desk.folder).ready())) <= shown and time.monotonic() < until_s:
            time.sleep(0.01)
        assert len(list(JournalReader(desk.folder).ready())) == shown + 1
        assert projector.catch_up() == 0
        monkeypatch.undo()
        desk.journal.sync()
        assert projector.catch_up() == 1


def test_days_follow_each_other_and_a_day_left_behind_is_read_to_its_end(home, projector):
    with JournalledDesk(home) as desk:
        desk_stories.timeout_then_found(desk.ready())
        desk.journal.sync()
        projector.catch_up()
        desk_stories.denied(desk)
        desk.on_day(DAY + timedelta(days=1)).ready()
        desk_stories.foreign(desk)
    projector.catch_up()
    places = content(home).places
    assert list(places) == [str(DAY), str(DAY + timedelta(days=1))]
    assert places[str(DAY + timedelta(days=1))].first_prev == places[str(DAY)].head.hash
    assert content(home).digest == digest_of_rebuild(home)


def test_it_refuses_to_go_on_with_another_journal_of_the_same_day(home, projector):
    with JournalledDesk(home) as desk:
        desk_stories.timeout_then_found(desk.ready())
    projector.catch_up()
    projector.close()
    before = content(home).digest
    home.journal.rename(home.root / "old")
    with JournalledDesk(home) as desk:
        desk_stories.cancelled_then_filled(desk.ready())
        desk.second(30)
    with pytest.raises(OtherJournal, match="is not the one the database was made from"):
        Projector(home.journal, database_file(home)).catch_up()
    assert content(home).digest == before


def test_it_refuses_a_journal_that_is_shorter_than_what_it_shows_or_has_lost_its_last_day(home, projector):
    with JournalledDesk(home) as desk:
        desk_stories.timeout_then_found(desk.ready())
    projector.catch_up()
    projector.close()
    whole = home.journal.rename(home.root / "whole")
    home.journal.mkdir()
    with pytest.raises(OtherJournal, match="no such day nor a later one"):
        Projector(home.journal, database_file(home)).catch_up()
    home.journal.rmdir()
    with JournalledDesk(home) as desk:
        desk.start()
    with pytest.raises(OtherJournal, match="ends at entry 1, and the database stands at"):
        Projector(home.journal, database_file(home)).catch_up()
    assert whole.exists()


def test_a_next_day_that_follows_another_past_is_refused(home, projector):
    with JournalledDesk(home) as desk:
        desk_stories.timeout_then_found(desk.ready())
    projector.catch_up()
    projector.close()
    home.journal.rename(home.root / "old")
    with JournalledDesk(home, day=DAY + timedelta(days=1)) as desk:
        desk.start()
    with pytest.raises(OtherJournal, match="does not follow the last entry"):
        Projector(home.journal, database_file(home)).catch_up()


def test_an_order_claimed_after_the_projection_began_anew_leaves_no_stranger_behind(home):
    with JournalledDesk(home) as desk:
        take = desk.ready().tell

        def tell(message, after_s=0.0):
            step = take(message, after_s)
            desk.journal.sync()
            fresh = Projector(home.journal, database_file(home))
            fresh.catch_up()
            fresh.close()
            return step

        desk.tell = tell
        desk_stories.claimed(desk)
    assert content(home).digest == digest_of_rebuild(home)


def test_an_older_file_in_its_place_is_brought_up_though_nothing_new_was_written(home, projector):
    with JournalledDesk(home) as desk:
        desk.ready()
        desk.journal.sync()
        projector.catch_up()
        projector.close()
        older = database_file(home).read_bytes()
        desk_stories.denied(desk)
    assert projector.catch_up() == 1
    projector.close()
    database_file(home).write_bytes(older)
    assert projector.catch_up() == 1


def test_what_an_old_log_beside_the_file_says_is_not_taken_for_the_new_ones(home, projector):
    with JournalledDesk(home) as desk:
        desk_stories.busy_morning(desk.ready())
    projector.catch_up()
    parts = ("", "-wal", "-shm")
    left = {part: database_file(home).with_name(f"database.sqlite{part}").read_bytes() for part in parts}
    projector.close()
    for part in parts:  # as a killed process leaves them
        database_file(home).with_name(f"database.sqlite{part}").write_bytes(left[part])
    Projection(home.root / "new.sqlite").close()
    put_in_place(home.root / "new.sqlite", database_file(home))
    assert content(home).places == {}
