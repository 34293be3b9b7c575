"""The runbook's scripts: thin, and runnable by whatever Python is at hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
STRANGERS = {"verify_journal.py"}  # for those who trust nothing of ours: it imports no tarazu
SHIMS = sorted(path for path in SCRIPTS.glob("[!_]*.py") if path.name not in STRANGERS)
WITHOUT_TARAZU = (sys.executable, "-S")  # no site-packages


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A script in a checkout of its own, without a virtual environment yet."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "_tarazu.py").write_text((SCRIPTS / "_tarazu.py").read_text())
    (tmp_path / "scripts" / "say.py").write_text("from _tarazu import run\n\nrun('sim')\n")
    return tmp_path


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(words, capture_output=True, text=True, timeout=60, env=environ)


@pytest.mark.parametrize("path", SHIMS, ids=lambda path: path.name)
def test_a_script_is_at_most_five_lines_of_which_one_is_a_verb(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= 5 and lines[-1].startswith("run(")


@pytest.mark.parametrize("path", SHIMS, ids=lambda path: path.name)
def test_a_script_passes_its_arguments_through(path: Path) -> None:
    said = _run(sys.executable, path, "--help")
    assert said.returncode == 0 and said.stdout.startswith("Usage: tarazu ")
    assert _run(sys.executable, path, "--no-such-flag").returncode == 64


def test_a_script_uses_the_python_that_runs_it_when_that_has_tarazu(checkout: Path) -> None:
    said = _run(sys.executable, checkout / "scripts" / "say.py", "faults", "--json")
    assert said.returncode == 0 and said.stdout.startswith("[")


def test_a_script_finds_the_checkouts_own_environment(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    said = _run(*WITHOUT_TARAZU, checkout / "scripts" / "say.py", "faults", "--json")
    assert said.returncode == 0 and said.stdout.startswith("[")


def test_without_any_a_script_says_what_to_do_and_gives_no_verdict(checkout: Path) -> None:
    said = _run(*WITHOUT_TARAZU, checkout / "scripts" / "say.py")
    assert said.returncode == 70 and f"make -C {checkout} setup" in said.stderr and not said.stdout
