"""Versions of the flags: immutable, chained, one of them active; what is altered or gone is named, not guessed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tarazu.app.flags.folder import FlagsBusy, alone
from tarazu.app.flags.known import PERSON, BadFlag, read_value
from tarazu.app.flags.store import (
    Change,
    NoTarget,
    active_flags,
    history,
    known_good,
    note_known_good,
    rollback_flags,
    set_flags,
    would_be,
)
from tarazu.app.flags.versions import ACTIVE, KNOWN_GOOD, NOTHING_SET, BadFlags, FlagSet, path_of
from tarazu.app.home import Home, Profile
from tarazu.engine import entries
from tarazu.risk.flags import Flags, StrategyFlags
from tarazu.runtime import desk_record
from tarazu.runtime.desk_record import DeskKind

NOW_NS = 1_795_393_494_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Profile.SIM, tmp_path / "sim")


def set_(home: Home, **changes: Any) -> FlagSet:
    """`strategy__orb__size_pct=25`."""
    said = {name.replace("__", "."): value for name, value in changes.items()}
    return set_flags(home, said, who="asha", why="a test", now_ns=NOW_NS).now


def back(home: Home, to: int | None = None) -> Change:
    return rollback_flags(home, to, who="asha", why="a test", now_ns=NOW_NS)


def recorded(home: Home) -> list[dict[str, Any]]:
    return [entry.body for entry in desk_record.whole(home.desk) if entry.kind is DeskKind.FLAGS]


def altered(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.chmod(0o600)
    path.write_bytes(change(path.read_bytes()))


def file_of(home: Home, made: FlagSet) -> Path:
    return path_of(home.flags, made.version, made.sha256)


# Sets.


def test_a_home_without_flags_has_version_0_and_everything_on(home: Home) -> None:
    assert active_flags(home.flags) == NOTHING_SET and NOTHING_SET.flags == Flags()
    assert not home.flags.exists(), "nothing is made by a look"


def test_a_set_is_a_new_version_that_nobody_writes_to_again(home: Home) -> None:
    first = set_(home, entries=False)
    second = set_(home, strategy__orb__size_pct=25, strategy__orb__entries=False)
    assert active_flags(home.flags) == second and second.prev == first.sha256
    assert second.flags == Flags(
        version=2, sha256=second.sha256, entries=False, strategies={"orb": StrategyFlags(entries=False, size_pct=25)}
    )
    assert [found.version for found in history(home.flags)] == [2, 1]
    assert file_of(home, first).stat().st_mode & 0o777 == 0o400


def test_a_flag_that_is_back_at_its_default_is_no_more_in_it(home: Home) -> None:
    set_(home, entries=False, strategy__orb__size_pct=0)
    assert set_(home, entries=True).values == {"strategy.orb.size_pct": 0}


def test_what_changes_nothing_makes_no_version(home: Home) -> None:
    first = set_(home, entries=False)
    assert set_(home, entries=False) == first and len(list(history(home.flags))) == 1 == len(recorded(home))


def test_a_look_ahead_changes_nothing(home: Home) -> None:
    set_(home, entries=False)
    assert would_be(home.flags, {"strategy.orb.size_pct": 10}).lines == ["strategy.orb.size_pct 100 -> 10"]
    assert active_flags(home.flags).version == 1


@pytest.mark.control("C36")
def test_every_change_is_in_the_desks_record_with_who_what_and_why(home: Home) -> None:
    made = set_(home, entries=False)
    back(home, 0)
    first, second = recorded(home)
    assert first["act"] == "set" and (first["version"], first["sha256"]) == (1, made.sha256)
    assert first["changes"] == ["entries on -> off"] and first["why"] == "a test"
    assert second["act"] == "rollback" and second["before"] == {"version": 1, "sha256": made.sha256}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("entires", "off"),
        ("strategy.orb.size", "5"),
        ("strategy..entries", "off"),
        ("strategy.o b.entries", "off"),
        ("strategy.orb.size_pct", "101"),
        ("strategy.orb.size_pct", "-1"),
        ("strategy.orb.size_pct", "25.5"),
        ("strategy.orb.size_pct", "off"),
        ("strategy.orb.size_pct", "٢٥"),
        ("entries", "1"),
        ("entries", ""),
    ],
)
def test_what_is_no_flag_or_no_value_is_refused(name: str, text: str) -> None:
    with pytest.raises(BadFlag):
        read_value(name, text)


def test_words_are_read_as_people_type_them() -> None:
    assert [read_value("entries", text) for text in ("on", "OFF", " no ")] == [True, False, False]
    assert [read_value("strategy.my.orb.size_pct", text) for text in ("0", "100", "007")] == [0, 100, 7]
    assert entries.PERSON == PERSON


# Back.


def test_back_is_the_last_known_good_which_a_clean_close_notes(home: Home) -> None:
    with pytest.raises(NoTarget, match="closed cleanly"):
        back(home)
    good = set_(home, strategy__orb__size_pct=50)
    assert note_known_good(home, NOW_NS, "asha") == good
    set_(home, strategy__orb__size_pct=100)
    set_(home, entries=False)
    assert back(home).lines == ["entries off -> on", "strategy.orb.size_pct 100 -> 50"]
    assert active_flags(home.flags) == good == known_good(home.flags)


def test_nothing_set_can_be_known_good_too(home: Home) -> None:
    assert note_known_good(home, NOW_NS, "asha") == NOTHING_SET
    set_(home, entries=False)
    assert back(home).now == NOTHING_SET and active_flags(home.flags) == NOTHING_SET


def test_noting_twice_is_one_entry(home: Home) -> None:
    set_(home, entries=False)
    note_known_good(home, NOW_NS, "asha")
    note_known_good(home, NOW_NS, "asha")
    assert [told["act"] for told in recorded(home)] == ["set", "known_good"]


def test_one_can_go_back_and_forward_again_and_the_next_version_follows_the_latest(home: Home) -> None:
    first, second = set_(home, entries=False), set_(home, entries=True, strategy__orb__entries=False)
    assert back(home, 1).now == first and active_flags(home.flags) == first
    assert back(home, 2).now == second
    back(home, 1)
    third = set_(home, strategy__orb__size_pct=10)
    assert (
        third.version == 3
        and third.prev == second.sha256
        and third.values
        == {
            "entries": False,
            "strategy.orb.size_pct": 10,
        }
    )


def test_there_is_no_going_to_what_is_not_there(home: Home) -> None:
    set_(home, entries=False)
    with pytest.raises(NoTarget, match="no version 9"):
        back(home, 9)
    assert active_flags(home.flags).version == 1 and len(recorded(home)) == 1


# What was altered.


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"false", b"true "),
        lambda text: text + b" ",
        lambda text: text[:-20],
        lambda text: b"",
        lambda text: b"\x80\x04cposix\nsystem\n.",
    ],
    ids=["a value", "a blank more", "torn", "empty", "a pickle"],
)
@pytest.mark.control("C36")
def test_an_active_version_that_was_altered_is_refused_and_named(home: Home, change: Callable[[bytes], bytes]) -> None:
    made = set_(home, entries=False)
    altered(file_of(home, made), change)
    with pytest.raises(BadFlags, match=r"version 1: .*was altered"):
        active_flags(home.flags)
    with pytest.raises(BadFlags):
        set_(home, entries=True)


@pytest.mark.parametrize(
    "pointer",
    [
        b"",
        b"1",
        b'{"schema":"tarazu.flags_active/1","version":2}',
        b'{"schema":"other","version":0}',
        b'{"schema":"tarazu.flags_active/1","version":7,"sha256":"../../../etc/passwd"}',
        b'{"schema":"tarazu.flags_active/1","version":1,"sha256":"' + b"0" * 64 + b'"}',
    ],
)
def test_a_pointer_that_names_nothing_there_is_refused(home: Home, pointer: bytes) -> None:
    set_(home, entries=False)
    (home.flags / ACTIVE).write_bytes(pointer)
    with pytest.raises(BadFlags):
        active_flags(home.flags)


def test_a_version_or_the_pointer_that_is_gone_is_not_everything_on(home: Home) -> None:
    made = set_(home, entries=False)
    (home.flags / ACTIVE).unlink()
    with pytest.raises(BadFlags, match="gone"):
        active_flags(home.flags)
    back(home, 1)
    file_of(home, made).unlink()
    with pytest.raises(BadFlags, match=r"version 1: .* is gone"):
        active_flags(home.flags)


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("how", ["altered", "deleted"])
def test_of_the_versions_before_each_that_was_altered_or_deleted_is_named(home: Home, which: int, how: str) -> None:
    made = [set_(home, strategy__orb__size_pct=pct) for pct in (10, 20, 30)]
    path = file_of(home, made[which])
    if how == "deleted":
        path.unlink()
    else:
        altered(path, lambda text: text.replace(b"asha", b"ravi"))
    with pytest.raises(
        BadFlags, match=f"version (before )?{which + 2 if how == 'deleted' and which < 2 else which + 1}"
    ):
        list(history(home.flags))
    with pytest.raises((BadFlags, NoTarget)):
        back(home, which + 1)


def test_one_goes_back_past_an_altered_version_and_on_from_there(home: Home) -> None:
    first, second = set_(home, strategy__orb__size_pct=10), set_(home, entries=False)
    altered(file_of(home, second), lambda text: b"{}")
    change = back(home, 1)
    assert change.was is None and change.lines == ["strategy.orb.size_pct 10"]
    assert active_flags(home.flags) == first and set_(home, entries=False).version == 3


def test_a_lost_pointer_is_made_anew_by_going_to_a_version(home: Home) -> None:
    set_(home, strategy__orb__size_pct=10)
    second = set_(home, entries=False)
    (home.flags / ACTIVE).unlink()
    assert back(home, 1).was is None and active_flags(home.flags).version == 1
    assert [found.version for found in history(home.flags)] == [second.version, 1]


def test_a_file_with_a_number_of_another_is_refused(home: Home) -> None:
    made = set_(home, entries=False)
    text = file_of(home, made).read_bytes().replace(b"false", b"true")
    (home.flags / f"000001-{'ab' * 6}.json").write_bytes(text)
    with pytest.raises(BadFlags, match="two files"):
        back(home, 1)
    assert active_flags(home.flags) == made, "the pointer names its hash"


def test_a_known_good_that_does_not_read_is_refused_and_the_next_clean_close_notes_it_anew(home: Home) -> None:
    made = set_(home, entries=False)
    (home.flags / KNOWN_GOOD).write_text("{")
    with pytest.raises(BadFlags):
        back(home)
    assert note_known_good(home, NOW_NS, "asha") == made == known_good(home.flags)


def test_the_record_is_written_before_the_pointer_moves(home: Home) -> None:
    set_(home, entries=False)
    (path,) = home.desk.glob("*.jsonl")
    path.write_bytes(path.read_bytes()[:-1] + b"}\n")
    with pytest.raises(desk_record.BadDeskRecord):
        set_(home, entries=True)
    assert active_flags(home.flags).values == {"entries": False}


def test_where_the_pointer_does_not_follow_the_record_saying_it_again_makes_them_agree(home: Home) -> None:
    set_(home, strategy__orb__size_pct=50)
    before = (home.flags / ACTIVE).read_bytes()
    set_(home, strategy__orb__size_pct=10)
    (home.flags / ACTIVE).write_bytes(before)  # as a command that was cut off leaves it
    again = set_flags(home, {"strategy.orb.size_pct": 50}, who="asha", why="a test", now_ns=NOW_NS)
    assert again.is_one and again.now.version == 3 and active_flags(home.flags) == again.now
    assert recorded(home)[-1]["version"] == 3


def test_two_commands_do_not_change_them_at_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tarazu.app.flags.folder.PATIENCE_S", 0.05)
    with alone(home.flags), pytest.raises(FlagsBusy):
        set_(home, entries=False)


def test_the_file_says_who_when_and_why_in_json_that_people_read(home: Home) -> None:
    told = json.loads(file_of(home, set_(home, entries=False)).read_text())
    assert told == {
        "schema": "tarazu.flags/1",
        "version": 1,
        "prev": "",
        "at_ns": NOW_NS,
        "who": "asha",
        "why": "a test",
        "values": {"entries": False},
    }
