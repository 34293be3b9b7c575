"""`tarazu completion`: a TAB in a shell has the names of commands, options and their values, and has them at once."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import close, open_incident
from tarazu.cli.tree import tree

BINS = Path(sys.executable).parent
NOW_NS = 1_795_405_500_000_000_000  # 2026-11-23 09:15 IST


def offered(line: str) -> list[str]:
    """What is offered for the last word of the line."""
    words = line.split(" ")[1:]
    return [item.value for item in BashComplete(tree, {}, "tarazu", "_").get_completions(words[:-1], words[-1])]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tarazu st", ["status", "strategies"]),
        ("tarazu --v", ["--version"]),
        ("tarazu feed ", ["status", "history", "tail", "record", "clear-breaker"]),
        ("tarazu ready --ph", ["--phase"]),
        ("tarazu ready --phase ", ["pre-open", "in-session"]),
        ("tarazu completion ", ["bash", "zsh", "fish"]),
        ("tarazu status --nonsense", []),
        ("tarazu status --profile ", ["sim", "paper", "live"]),
        ("tarazu restart m", ["main"]),
        ("tarazu down --profile paper ", ["depth_ws", "main", "watchdog", "all"]),
        ("tarazu down --profile nonsense ", []),
        ("tarazu logs s", ["sim_broker", "supervisord"]),
        ("tarazu runbook run roll", ["rollback-flags", "rollback-model", "rollback-risk-halt"]),
        ("tarazu drill run main-", ["main-killed", "main-hung"]),
    ],
)
def test_commands_options_and_values_are_offered(line: str, expected: list[str]) -> None:
    found = offered(line)
    assert sorted(found) == sorted(expected)


def test_incidents_of_this_home_are_offered_the_open_ones_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    desk = Home(Profile.SIM, tmp_path / "sim")
    assert offered("tarazu incident show ") == []
    ids = [
        open_incident(desk, "SEV2", code, "seen", who="test", now_ns=NOW_NS + number).id
        for number, code in enumerate(("FEED_STALE", "HARD_HALT", "DISK_LOW"))
    ]
    close(desk, ids[2], "it was nothing", who="test", now_ns=NOW_NS + 9)
    assert offered("tarazu incident show ") == [ids[1], ids[0], ids[2]] == offered("tarazu incident ack INC-")


def test_the_first_tab_imports_no_command() -> None:
    program = (
        "import sys\n"
        "from click.shell_completion import BashComplete\n"
        "from tarazu.cli.tree import tree\n"
        "assert len(BashComplete(tree, {}, 'tarazu', '_').get_completions([], '')) > 40\n"
        "print([name for name in sys.modules if name.startswith(('tarazu.ops.', 'tarazu.app.', 'msgspec'))])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_bash_completes_by_what_the_command_prints() -> None:
    program = (
        'eval "$(tarazu completion bash)" && COMP_WORDS=(tarazu runbook ev) COMP_CWORD=2 && '
        '_tarazu_completion tarazu && echo "${COMPREPLY[@]}"; complete -p tarazu'
    )
    environ = {**os.environ, "PATH": f"{BINS}{os.pathsep}{os.environ['PATH']}"}
    said = subprocess.run(["bash", "-c", program], capture_output=True, text=True, env=environ, check=False)
    assert said.stdout.splitlines() == ["evidence", "complete -o nosort -F _tarazu_completion tarazu"], said.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_get_lines_that_ask_tarazu_too(shell: str) -> None:
    command = [str(BINS / "tarazu"), "completion", shell]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"_TARAZU_COMPLETE={shell}_complete" in said and "tarazu" in said
    if (program := shutil.which(shell)) is not None:
        assert subprocess.run([program, "-n"], input=said, text=True, check=False).returncode == 0


def test_another_shell_is_a_misuse() -> None:
    said = subprocess.run([str(BINS / "tarazu"), "completion", "tcsh"], capture_output=True, text=True, check=False)
    assert said.returncode == 64 and "'bash', 'zsh', 'fish'" in said.stderr
