"""A short command is over before anything is looked through for garbage; one that goes on has its garbage collected."""

import subprocess
import sys

SHORT = """
import atexit, gc, sys
gc.callbacks.append(lambda phase, told: print("looked through"))
atexit.register(gc.callbacks.clear)
sys.argv = ["tarazu", "explain", "FEED_STALE"]
from tarazu.cli import main
main()
"""

LONG = """
import tarazu.cli
class Kept:
    def __del__(self):
        global gone
        gone = True
gone = False
kept = Kept()
kept.itself = kept
del kept
more = [[] for _ in range(200_000)]
print("collected" if gone else "kept")
"""


def _printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_what_a_command_imports_is_not_looked_through_for_garbage() -> None:
    said = _printed(SHORT)
    assert "FEED_STALE" in said
    assert "looked through" not in said


def test_a_command_that_goes_on_has_its_garbage_collected() -> None:
    assert _printed(LONG) == "collected\n"
