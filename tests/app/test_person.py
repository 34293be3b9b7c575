"""A person without a name, as in a container, is told by number and kept from nothing."""

import os
import pwd
from pathlib import Path

import pytest
from click.testing import CliRunner

from tarazu.app.home import Home, Profile
from tarazu.app.person import person
from tarazu.cli.tree import tree
from tarazu.runtime.desk_record import DeskKind, whole


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> str:
    def unknown(uid: int) -> pwd.struct_passwd:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    return f"uid {os.getuid()}"


def test_who_has_no_name_is_told_by_number(nameless: str) -> None:
    assert person() == nameless


def test_who_has_no_name_can_halt(nameless: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    ran = CliRunner().invoke(tree, ["risk", "halt", "--profile", "paper", "--reason", "a test"])
    assert "HARD_HALT is written down" in ran.output, (ran.output, ran.exception)
    (entry,) = whole(Home(Profile.PAPER, tmp_path / "paper").desk)
    assert (entry.kind, entry.who) == (DeskKind.HALT_ASKED, nameless)


@pytest.mark.parametrize(
    "words",
    [
        ["risk", "reset-halt", "--profile", "paper"],
        ["engine", "tell", "HALT", "--why", "a test", "--profile", "paper"],
        ["feed", "clear-breaker", "--reason", "a test", "--profile", "paper"],
        ["service", "install", "--profile", "paper", "--system", "--into", "units"],
        ["session", "logout", "--profile", "paper"],
    ],
)
def test_no_command_fails_for_want_of_a_name(
    nameless: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(tree, words)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
