"""main's eye on the flags: another version is told once, what cannot be read keeps entries off until it is mended."""

import shutil
from pathlib import Path

import msgspec
import pytest

from tarazu.app.flags.store import rollback_flags, set_flags
from tarazu.app.flags.versions import ACTIVE, FlagSet, Pointer, path_of
from tarazu.app.home import Home, Profile
from tarazu.app.main.flags_watch import FlagsWatch
from tarazu.engine.messages import FlagsSet, RecordTrouble
from tarazu.risk.flags import Flags

NOW_NS = 1_795_393_494_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.SIM, tmp_path / "sim")


def off(home: Home, pct: int) -> FlagSet:
    return set_flags(home, {"strategy.orb.size_pct": pct}, who="asha", why="a test", now_ns=NOW_NS).now


def test_a_desk_without_flags_is_told_nothing(home: Home) -> None:
    watch = FlagsWatch(home)
    assert watch.look(Flags()) == watch.look(Flags()) == []


def test_another_version_is_told_once(home: Home) -> None:
    watch, told = FlagsWatch(home), Flags()
    assert watch.look(told) == []
    for pct in (50, 0):
        made = off(home, pct)
        assert watch.look(told) == [FlagsSet(flags=made.flags)]
        told = made.flags
        assert watch.look(told) == []
    rollback_flags(home, 0, who="asha", why="a test", now_ns=NOW_NS)
    assert watch.look(told) == [FlagsSet(flags=Flags())]


def test_a_start_tells_what_the_journal_does_not_know_and_nothing_else(home: Home) -> None:
    made = off(home, 50)
    assert FlagsWatch(home).look(Flags()) == [FlagsSet(flags=made.flags)]
    assert FlagsWatch(home).look(made.flags) == []


def trouble(watch: FlagsWatch, told: Flags) -> RecordTrouble:
    (said,) = watch.look(told)
    assert isinstance(said, RecordTrouble) and said.of == "FLAGS"
    assert watch.look(told) == [], "once"
    return said


def test_an_altered_version_is_trouble_until_another_one_is_active(home: Home) -> None:
    watch, first, second = FlagsWatch(home), off(home, 50), off(home, 10)
    assert watch.look(second.flags) == []
    path = path_of(home.flags, second.version, second.sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"10", b"99"))
    said = trouble(watch, second.flags)
    assert not said.ok and "version 2" in said.text and "tarazu flags rollback" in said.text
    rollback_flags(home, 1, who="asha", why="a test", now_ns=NOW_NS)
    assert watch.look(second.flags) == [RecordTrouble(of="FLAGS", ok=True), FlagsSet(flags=first.flags)]


@pytest.mark.parametrize("how", ["pointer", "folder", "a file in its place"])
def test_flags_that_are_gone_are_trouble_and_not_everything_on(home: Home, how: str) -> None:
    watch, made = FlagsWatch(home), off(home, 0)
    assert watch.look(made.flags) == []
    if how == "pointer":
        (home.flags / ACTIVE).unlink()
    else:
        shutil.rmtree(home.flags)
    if how == "a file in its place":
        home.flags.write_text("nothing")
    assert not trouble(watch, made.flags).ok
    assert [type(said) for said in FlagsWatch(home).look(made.flags)] == [RecordTrouble], "nor after a restart"


@pytest.mark.parametrize("when", ["while it runs", "before it starts"])
def test_a_pointer_that_no_command_has_moved_is_trouble_and_not_kept_to(home: Home, when: str) -> None:
    watch, made = FlagsWatch(home), set_flags(home, {"entries": False}, who="asha", why="a test", now_ns=NOW_NS).now
    if when == "while it runs":
        assert watch.look(made.flags) == []
    everything_on = Pointer(latest=made.version, latest_sha256=made.sha256)
    (home.flags / ACTIVE).write_bytes(msgspec.json.encode(everything_on))
    said = trouble(watch, made.flags)
    assert not said.ok and "by the desk's record it is version 1" in said.text
    rollback_flags(home, 1, who="asha", why="a test", now_ns=NOW_NS)
    assert watch.look(made.flags) == [RecordTrouble(of="FLAGS", ok=True)]
