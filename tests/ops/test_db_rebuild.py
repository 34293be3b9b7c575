"""tarazu db rebuild and check, on journals made by the real shell and writer."""

import json

import pytest
from click.testing import CliRunner

from harness import desk_stories
from harness.journalled_desk import JournalledDesk
from tarazu.adapters.sqlite_projection.hold import Hold, remove
from tarazu.adapters.sqlite_projection.schema import TABLES
from tarazu.app.database import database_file, rebuilding
from tarazu.app.database.projector import Projector
from tarazu.app.home import home
from tarazu.ops import db_check, db_rebuild
from tarazu.runtime.journal_files import day_folder, segment_path


@pytest.fixture
def desk_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    return home("sim")


@pytest.fixture
def recorded(desk_home):
    with JournalledDesk(desk_home) as desk:
        desk_stories.busy_morning(desk.ready())
    return desk_home


def follow(where):
    projector = Projector(where.journal, database_file(where), batch_entries=9)
    projector.catch_up()
    projector.close()


def run(verb, *argv):
    ran = CliRunner().invoke(verb.command, [*argv], standalone_mode=False)
    if ran.exception:
        raise ran.exception
    return ran.return_value, json.loads(ran.output) if "--json" in argv else ran.output


def test_without_a_journal_or_a_database_it_is_unknown(desk_home):
    for verb in (db_rebuild, db_check):
        code, told = run(verb, "--json")
        assert code == 3 and told["verdict"] == "UNKNOWN"


def test_deleted_and_rebuilt_the_tables_are_the_same(recorded):
    follow(recorded)
    code, before = run(db_check, "--json")
    assert code == 0 and list(before["tables"]) == [table.name for table in TABLES]
    remove(database_file(recorded))
    code, told = run(db_rebuild, "--json")
    assert code == 0 and told["digest"] == before["digest"] and told["old_digest"] is None
    assert told["schema"] == "tarazu.db.rebuild/1" and told["tables"] == before["tables"]


def test_rebuilt_over_an_old_one_it_says_that_both_told_the_same(recorded):
    follow(recorded)
    code, text = run(db_rebuild)
    assert code == 0 and text.startswith("OK  SIM  rebuilt from ") and "as the old one told" in text.splitlines()[0]
    assert text.splitlines()[-2].startswith("digest ") and text.endswith("exit 0\n")


def test_a_damaged_old_one_is_replaced_and_that_is_a_warning(recorded):
    follow(recorded)
    raw = bytearray(database_file(recorded).read_bytes())
    raw[5_000] ^= 4
    database_file(recorded).write_bytes(raw)
    code, told = run(db_check, "--json")
    assert code == 2 and told["checks"][0]["code"] == "DAMAGED" and told["checks"][0]["hint"] == "tarazu db rebuild"
    code, told = run(db_rebuild, "--json")
    assert code == 1 and "checksum" in told["summary"]
    assert run(db_check, "--json")[0] == 0


def test_an_old_one_that_tells_something_else_of_the_same_entries_is_a_warning(recorded):
    import apsw

    from tarazu.adapters.sqlite_projection.connect import connect

    follow(recorded)
    connection: apsw.Connection = connect(database_file(recorded), write=True)
    connection.execute("UPDATE fills SET qty = qty + 1")
    connection.close()
    code, told = run(db_rebuild, "--json")
    assert code == 1 and "told something else" in told["summary"] and told["digest"] != told["old_digest"]
    assert run(db_rebuild, "--json")[0] == 0


def test_while_somebody_keeps_the_old_one_open_it_stays(recorded, monkeypatch):
    follow(recorded)
    monkeypatch.setattr(rebuilding, "SWAP_PATIENCE_S", 0.2)
    before, hold = database_file(recorded).stat().st_ino, Hold(database_file(recorded))
    code, told = run(db_rebuild, "--json")
    hold.close()
    assert code == 4 and told["verdict"] == "REFUSED" and database_file(recorded).stat().st_ino == before


def test_days_that_only_the_old_one_shows_are_not_lost(recorded):
    follow(recorded)
    day = day_folder(recorded.journal, rebuilding.days(recorded.journal)[0])
    day.rename(recorded.journal / "2026-11-24")
    code, told = run(db_rebuild, "--json")
    assert code == 4 and "2026-11-23, of which there is no journal" in told["summary"]


def test_a_broken_journal_rebuilds_nothing_and_names_the_command_that_looks(recorded):
    follow(recorded)
    before = database_file(recorded).read_bytes()
    path = segment_path(day_folder(recorded.journal, rebuilding.days(recorded.journal)[0]), 1)
    raw = bytearray(path.read_bytes())
    raw[3_000] ^= 1
    path.write_bytes(raw)
    code, told = run(db_rebuild, "--json")
    assert code == 2 and "tarazu audit verify" in told["summary"]
    assert database_file(recorded).read_bytes() == before


def test_check_says_how_far_behind_the_journal_it_is(recorded):
    follow(recorded)
    shown = run(db_check, "--json")[1]["places"]["2026-11-23"]
    with JournalledDesk(recorded) as desk:
        desk.start()
    code, told = run(db_check, "--json")
    assert code == 1 and told["checks"][-1]["code"] == "BEHIND"
    assert told["behind"] == [{"day": "2026-11-23", "shown": shown, "acknowledged": shown + 1}]


def test_check_knows_another_journal(recorded):
    follow(recorded)
    recorded.journal.rename(recorded.root / "old")
    with JournalledDesk(recorded) as desk:
        desk_stories.cancelled_then_filled(desk.ready())
        desk.second(100)
    code, told = run(db_check, "--json")
    assert code == 2 and told["checks"][1]["code"] == "OTHER_JOURNAL"
