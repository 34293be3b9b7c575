"""The README is run: its program trades, and its commands exist."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = ROOT / "examples" / "first_trade.py"


def test_the_readme_shows_the_example_as_it_is() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert blocks[0] == EXAMPLE.read_text("utf-8")
    assert len([line for line in blocks[0].splitlines() if line.strip()]) <= 10, "ten lines, as promised"


def test_the_ten_lines_trade_against_the_broker_in_a_box() -> None:
    command = [sys.executable, "-m", "tarazu", "sim", "run", "--size", "tiny", "--", sys.executable, str(EXAMPLE)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"^INFY trades at [\d.]+\nCOMPLETE 10 at [\d.]+$", ran.stdout, flags=re.MULTILINE), ran.stdout


def test_every_make_target_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"make (\w+)", README)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
