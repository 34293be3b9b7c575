"""`tarazu --version`: which program this is, of a checkout and of a package."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

import tarazu
from tarazu.app.identity import BUILT_FROM, Identity, built_from, identity, install_again, of_checkout
from tarazu.app.main.build import build
from tarazu.cli.tree import tree

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *WHO, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit and a package at its place."""
    (tmp_path / "src" / "tarazu").mkdir(parents=True)
    (tmp_path / "src" / "tarazu" / "code.py").write_text("1\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "one")
    return tmp_path


def test_version_says_build_commit_python_and_platform() -> None:
    said = CliRunner().invoke(tree, ["--version"], prog_name="tarazu")
    first, *rows = said.output.splitlines()
    told = dict(row.split(maxsplit=1) for row in rows)
    assert said.exit_code == 0 and first == f"tarazu {tarazu.__version__}"
    assert list(told) == ["build", "commit", "python", "platform"]
    assert told["build"] == build(), "what a journal has of the program that wrote it"
    assert told["commit"] == str(identity())


def test_a_checkout_is_its_commit_and_whether_what_is_carried_was_changed(checkout: Path) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    package = checkout / "src" / "tarazu"
    assert str(identity(package)) == f"{head} clean" and identity(package).short == head[:7]
    (checkout / "notes.txt").write_text("of no program\n")
    assert str(identity(package)) == f"{head} clean"
    (package / "more.py").write_text("2\n")
    assert str(identity(package)) == f"{head} changed" and identity(package).short == f"{head[:7]}-changed"


def test_asking_for_the_version_writes_nothing_into_the_repository(checkout: Path) -> None:
    index = checkout / ".git" / "index"
    (checkout / "src" / "tarazu" / "code.py").touch()  # git would write down that it is the same after all
    before = index.read_bytes(), index.stat().st_mtime_ns
    of_checkout(checkout)
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before


def test_a_package_is_the_commit_that_it_was_built_from_wherever_it_lies(checkout: Path) -> None:
    package = checkout / "src" / "tarazu"
    (package / "shipped").mkdir()
    (package / "shipped" / BUILT_FROM).write_text(built_from(Identity(commit="ab" * 20, is_changed=False)))
    assert str(identity(package)) == f"built from {'ab' * 20} clean", "not the repository around it"
    assert install_again(package).startswith("pip ") and install_again(checkout) == "make setup"


@pytest.mark.parametrize(
    "text", ["", "[1]", '{"commit": "ab"}', json.dumps({"commit": "", "is_changed": 0, "more": 1})]
)
def test_what_a_package_says_wrongly_of_itself_is_unknown(tmp_path: Path, text: str) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / BUILT_FROM).write_text(text)
    assert str(identity(tmp_path)).startswith(f"unknown: {BUILT_FROM}: ")


def test_without_repository_commit_or_git_the_commit_is_unknown_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "src" / "tarazu"
    package.mkdir(parents=True)
    assert str(identity(package)) == "unknown: not a repository" and identity(package).short == ""
    git(tmp_path, "init", "--quiet")
    assert str(identity(package)).startswith("unknown: fatal: "), "no commit yet"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert str(identity(package)) == "unknown: git is not there"
