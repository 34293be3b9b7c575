"""What a person asks all day long answers at once: the commands that only look do without what takes long to import."""

import os
import subprocess
import sys

import pytest

from harness.journalled_desk import JournalledDesk
from tarazu.app.home import Home, Profile

LOOKS = (
    "status", "ops", "sla", "feed status", "engine status", "approvals",
    "risk limits", "risk show", "config show", "config validate", "alerts list", "incident list", "flags list",
    "model list", "runbook list", "drill list", "audit show",
)  # fmt: skip
HEAVY = ("numpy", "numba", "polars", "rich", "textual", "starlette")
"""Hundreds of milliseconds, some of them."""
JUDGES = "tarazu.app.models.judging.promotion"
NEEDLESS = ("importlib.metadata", "urllib.request", "dotenv.main", "cryptography", JUDGES)
"""Tens, and they come in by the back door. Where there is no signature to look at, nobody waits for `cryptography`."""

PROGRAM = """
import sys
from tarazu.cli.tree import tree
try:
    tree.main(sys.argv[3:], standalone_mode=False)
finally:
    known = sys.argv[1].split() + sys.argv[2].split()
    print("imports", *[name for name in known if name in sys.modules], file=sys.stderr)
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a journal of today, at which nothing runs."""
    home = Home(Profile.SIM, tmp_path_factory.mktemp("light") / "sim")
    made = JournalledDesk(home)
    made.ready()
    made.want()
    made.placed("1")
    made.filled("1")
    made.close()
    return home


@pytest.mark.parametrize("command", LOOKS)
def test_a_command_that_only_looks_is_light(desk: Home, command: str) -> None:
    environ = {**os.environ, "TARAZU_HOME": str(desk.root.parent), "TARAZU_PROFILE": "sim"}
    words = [sys.executable, "-c", PROGRAM, " ".join(HEAVY), " ".join(NEEDLESS), *command.split()]
    done = subprocess.run(words, env=environ, cwd=desk.root, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout, done.stderr
    assert done.stderr.strip().splitlines()[-1] == "imports"
