"""The commands and the gate's row: what is wrong is named with its code, and nothing that is not known is OK."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tarazu.app.flags.standing import flags_facts, flags_standing
from tarazu.app.flags.store import set_flags
from tarazu.app.flags.versions import ACTIVE, FlagSet, path_of
from tarazu.app.home import Home, Profile
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.flags import flags
from tarazu.app.verdict import Check, Exit, Status, Verdict
from tarazu.ops.flags_list import flags_list
from tarazu.ops.flags_rollback import flags_rollback
from tarazu.ops.flags_set import flags_set

NOW_NS = 1_795_393_494_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.SIM, tmp_path / "sim")


def set_(home: Home, dry: bool = False, **said: str) -> Verdict:
    return flags_set(home, {n.replace("__", "."): v for n, v in said.items()}, "a test", ahead=False, dry=dry)


def made(home: Home, **changes: Any) -> FlagSet:
    return set_flags(home, changes, who="asha", why="a test", now_ns=NOW_NS).now


def codes(said: Verdict) -> list[str]:
    return [check.code for check in said.checks if check.code]


def row(home: Home) -> Check:
    return flags(Look(home, {}, NOW_NS), Check(id="flags", status=Status.OK))


def test_on_no_home_at_all_everything_is_on_and_nothing_is_made(home: Home) -> None:
    said = flags_list(home, whole=False)
    assert (said.word, said.exit_code) == ("OK", Exit.OK) and "version 0 (everything on)" in said.summary
    assert row(home).status is Status.OK and row(home).detail == "version 0, everything on"
    assert not home.root.exists()


def test_a_set_without_a_main_is_for_the_next_one(home: Home) -> None:
    said = set_(home, entries="off")
    assert (said.word, said.exit_code) == ("SET", Exit.OK) and said.body == ("entries on -> off",)
    assert "skip    flags.main         main does not run; it begins with version 1" in said.text()
    assert (set_(home, entries="off").word, set_(home, entries="off").exit_code) == ("UNCHANGED", Exit.OK)


def test_a_dry_run_shows_the_difference_and_changes_nothing(home: Home) -> None:
    made(home, entries=False)
    assert set_(home, dry=True, entries="on").body == ("entries off -> on",)
    back = flags_rollback(home, 0, "a test", dry=True)
    assert (back.word, back.body) == ("DRY_RUN", ("entries off -> on",))
    assert flags_facts(home.flags)["values"] == {"entries": False}


def test_what_is_no_flag_is_refused_with_the_names_there_are(home: Home) -> None:
    said = set_(home, entires="off")
    assert (
        said.exit_code == Exit.REFUSED and codes(said) == ["NO_SUCH_FLAG"] and "strategy.<name>.size_pct" in said.text()
    )


def test_back_to_where_there_is_nothing_is_refused(home: Home) -> None:
    made(home, entries=False)
    for to in (None, 7):
        said = flags_rollback(home, to, "a test", dry=False)
        assert said.exit_code == Exit.REFUSED and codes(said) == ["NO_VERSION"]


def test_an_altered_version_is_named_by_every_one_of_them(home: Home) -> None:
    one = made(home, entries=False)
    path = path_of(home.flags, 1, one.sha256)
    path.chmod(0o600)
    path.write_text("{}")
    said = flags_list(home, whole=False)
    assert said.exit_code == Exit.CRIT and codes(said) == ["FLAGS_BAD", "FLAG_VERSION"] and path.name in said.text()
    assert set_(home, entries="on").exit_code == Exit.CRIT
    assert flags_rollback(home, 1, "a test", dry=False).exit_code == Exit.CRIT
    assert (row(home).status, row(home).code) == (Status.CRIT, "FLAGS_BAD")
    assert flags_standing(home, Check(id="main", status=Status.UNKNOWN))[0] == "UNREADABLE: nothing is entered"
    assert "altered" in flags_facts(home.flags)["unreadable"]
    assert flags_rollback(home, 0, "a test", dry=False).exit_code == Exit.OK


def test_a_pointer_that_somebody_moved_by_hand_is_known_by_the_record(home: Home) -> None:
    made(home, entries=False)
    before = (home.flags / ACTIVE).read_bytes()
    made(home, entries=True)
    (home.flags / ACTIVE).write_bytes(before)
    said = flags_list(home, whole=False)
    assert said.exit_code == Exit.CRIT and "FLAGS_MOVED" in codes(said)
    assert (row(home).status, row(home).code) == (Status.CRIT, "FLAGS_MOVED")


def test_flags_that_are_gone_are_known_by_the_record_and_a_word_of_a_person_settles_it(home: Home) -> None:
    one = made(home, entries=False)
    path_of(home.flags, 1, one.sha256).unlink()
    (home.flags / ACTIVE).unlink()
    assert row(home).code == "FLAGS_MOVED" and "gone" in row(home).detail
    assert flags_rollback(home, 0, "a test", dry=False).exit_code == Exit.OK
    assert row(home).status is Status.OK


def test_a_version_that_a_killed_command_left_is_told_and_stops_nobody(home: Home) -> None:
    one = made(home, entries=False)
    made(home, entries=True)
    stray = path_of(home.flags, 9, "ab" * 32)
    stray.write_bytes(path_of(home.flags, 1, one.sha256).read_bytes())
    said = flags_list(home, whole=False)
    assert said.exit_code == Exit.WARN and codes(said) == ["STRAY_VERSION"]
    assert made(home, entries=False).version == 10


def test_a_desk_that_enters_nothing_is_told_so_by_the_gate(home: Home) -> None:
    made(home, entries=False)
    assert (row(home).status, row(home).code) == (Status.WARN, "FLAG_OFF")
    assert "entries is off since version 1 (asha: a test)" in row(home).detail


def test_a_disk_that_takes_nothing_is_no_change(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    made(home, entries=False)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    said = set_(home, entries="on")
    assert said.exit_code == Exit.CRIT and codes(said) == ["NOT_WRITTEN"] and said.summary == "nothing was changed"
    monkeypatch.undo()
    assert flags_facts(home.flags)["version"] == 1
    assert not [path for path in home.flags.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("of", ["flags_list", "flags_set", "flags_rollback"])
def test_a_command_starts_without_the_heavy_libraries(home: Home, of: str) -> None:
    words = {
        "flags_list": [],
        "flags_set": ["entries=off", "--reason", "x", "--dry-run"],
        "flags_rollback": ["--to", "0"],
    }
    program = (
        f"import sys; from tarazu.ops.{of} import command; command(sys.argv[1:], standalone_mode=False);"
        "print(sorted({'numpy', 'numba', 'polars', 'asyncio'} & sys.modules.keys()))"
    )
    environ = {**os.environ, "TARAZU_HOME": str(home.root.parent), "TARAZU_PROFILE": "sim"}
    ran = subprocess.run(
        [sys.executable, "-c", program, *words[of]], env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.splitlines()[-1] == "[]"


def test_machines_are_told_the_same(home: Home) -> None:
    set_(home, strategy__orb__size_pct="25")
    told = flags_list(home, whole=True).facts
    assert told["active"]["version"] == 1 and told["active"]["values"] == {"strategy.orb.size_pct": 25}
    assert [one.version for one in told["versions"]] == [1] and told["known_good"] is None
