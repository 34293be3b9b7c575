"""`tarazu audit daily`: a long day is decided again in a process of its own; the command answers in both its forms."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.desk_stories import busy_morning
from harness.journalled_desk import JournalledDesk
from tarazu.app.closing.standing import standing_of
from tarazu.app.day_audit.replayed import Replaying, replayed
from tarazu.app.home import Home
from tarazu.app.home import home as home_of
from tarazu.ops import audit_daily


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JournalledDesk:
    """A day of orders, whose market nobody recorded."""
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    with JournalledDesk(home_of("sim")) as desk:
        desk.ready()
        busy_morning(desk)
    return desk


def entries(home: Home, desk: JournalledDesk) -> int:
    return standing_of(home, desk.day).entries


def test_in_a_process_of_its_own_a_replay_finds_what_it_finds_here(desk):
    count, home = entries(desk.home, desk), desk.home
    here = replayed(home, desk.day, count, lambda done, total: None)
    apart = Replaying(home, desk.day, count, apart_entries=0)
    try:
        assert apart.end(lambda done, total: None) == here
    finally:
        apart.close()
    assert here.of == count and (here.equal or here.why_not)


def test_what_lies_in_the_folder_that_somebody_stands_in_is_no_part_of_a_replay(desk, tmp_path, monkeypatch):
    (tmp_path / "msgspec.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    count = entries(desk.home, desk)
    apart = Replaying(desk.home, desk.day, count, apart_entries=0)
    try:
        assert apart.end(lambda done, total: None) == replayed(desk.home, desk.day, count, lambda done, total: None)
    finally:
        apart.close()


def test_a_replay_whose_process_dies_is_unknown(desk):
    apart = Replaying(desk.home, desk.day, entries(desk.home, desk), apart_entries=0)
    try:
        assert apart._process is not None
        apart._process.kill()
        assert "ended with code -9" in apart.end(lambda done, total: None).why_not
    finally:
        apart.close()


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_names_the_day_and_what_it_wrote(desk, as_json):
    argv = ["--date", str(desk.day), "--no-replay", "--who", "asha", *(["--json"] if as_json else [])]
    ran = CliRunner().invoke(audit_daily.command, argv, standalone_mode=False)
    if ran.exception:
        raise ran.exception
    written = desk.home.closes / str(desk.day)
    assert {path.name for path in written.iterdir()} == {"audit.json", "audit.html"}
    if not as_json:
        assert ran.output.splitlines()[-1] == f"exit {ran.return_value}" and "NO_REPLAY" in ran.output
        return
    told = json.loads(ran.output)
    assert (told["schema"], told["day"], told["exit_code"]) == ("tarazu.audit.daily/1", str(desk.day), ran.return_value)
    assert told["complete"]["orders"] > 3 and set(told["files"]) == {"audit.json", "audit.html"}
