"""The end of a command: nothing is looked through for garbage that the kernel takes back anyway."""

import subprocess
import sys

PROGRAM = """
import gc, sys
class Kept:
    def __del__(self):
        print("looked for")
gc.disable()
kept = Kept()
kept.itself = kept
del kept
sys.argv = ["tarazu", "--help"]
from tarazu.cli import main
main()
"""


def test_a_command_ends_without_looking_for_garbage() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    assert "Usage: tarazu" in done.stdout
    assert "looked for" not in done.stdout
