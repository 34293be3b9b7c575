"""What a person asks all day long answers at once: the commands that only look do without what takes long to import."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from harness.journalled_desk import JournalledDesk
from harness.supervised import supervised_home
from tarazu.app.home import Home, Profile

LOOKS = (
    "status", "ops", "sla", "feed status", "engine status", "approvals",
    "risk limits", "risk show", "config show", "config validate", "alerts list", "incident list", "flags list",
    "model list", "runbook list", "drill list", "audit show",
)  # fmt: skip
HEAVY = ("numpy", "numba", "polars", "rich", "textual", "starlette")
"""Hundreds of milliseconds, some of them."""
JUDGES = "tarazu.app.models.judging.promotion"
NEEDLESS = ("importlib.metadata", "urllib.request", "dotenv.main", "cryptography", "asyncio", "fractions", JUDGES)
"""Tens, and they come in by the back door. Where there is no signature to look at, nobody waits for `cryptography`."""

PROGRAM = """
import sys
from tarazu.cli.tree import tree
try:
    tree.main(sys.argv[2:], standalone_mode=False)
finally:
    known = sys.argv[1].split()
    print("imports", *[name for name in known if name in sys.modules], file=sys.stderr)
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with a journal of today, at which nothing runs until a command begins a simulated broker to ask."""
    with supervised_home(tmp_path_factory.mktemp("light"), Profile.SIM) as home:
        made = JournalledDesk(home)
        made.ready()
        made.want()
        made.placed("1")
        made.filled("1")
        made.close()
        yield home


def _imports(desk: Home, command: str, known: Sequence[str]) -> str:
    """Those of them that the command has imported when it is done, as one line."""
    environ = {**os.environ, "TARAZU_HOME": str(desk.root.parent), "TARAZU_PROFILE": "sim"}
    words = [sys.executable, "-c", PROGRAM, " ".join(known), *command.split()]
    done = subprocess.run(words, env=environ, cwd=desk.root, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout, done.stderr
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("command", LOOKS)
def test_a_command_that_only_looks_is_light(desk: Home, command: str) -> None:
    assert _imports(desk, command, (*HEAVY, *NEEDLESS)) == "imports"


def test_a_code_that_the_journal_does_not_say_is_explained_without_the_engine(desk: Home) -> None:
    engine = ("tarazu.engine.codec", "tarazu.engine.messages")
    assert _imports(desk, "explain FEED_STALE", (*HEAVY, *NEEDLESS, *engine)) == "imports"


def test_what_tells_an_order_is_loaded_where_there_is_one(desk: Home) -> None:
    assert _imports(desk, "why nothing-like-it", ["tarazu.app.why.story"]) == "imports"
