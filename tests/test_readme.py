"""The README is run: its program trades, its pictures and pages are there, each guarantee names tests that exist."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = ROOT / "examples" / "first_trade.py"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


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


def guarantees() -> list[str]:
    """The rows of the table, what is promised and by what it is tested."""
    table = README.partition("## What it guarantees")[2].partition("\n## ")[0]
    return [line for line in table.splitlines() if line.startswith("| **")]


def test_there_are_guarantees_to_look_at() -> None:
    assert len(guarantees()) >= 15


@pytest.mark.parametrize("row", guarantees(), ids=lambda row: row.split("**")[1])
def test_each_guarantee_names_tests_that_there_are(row: str) -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", row.split(" | ")[-1])
    assert named
    for path in named:
        files = [ROOT / path] if path.endswith(".py") else sorted((ROOT / path).glob("test_*.py"))
        assert any("def test_" in file.read_text("utf-8") for file in files), f"{path} tests nothing"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_of_ours_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    for target in targets:
        assert ":" in target or (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_picture_of_the_architecture_is_what_its_script_draws(name: str) -> None:
    drawing = runpy.run_path(str(ROOT / "tools" / "pictures" / "architecture.py"))
    kept = (ROOT / "docs" / "img" / f"architecture-{name}.svg").read_text("utf-8")
    assert kept == drawing["picture"](drawing[name.upper()]), "make pictures draws it anew"


def test_the_index_of_the_guides_names_every_guide() -> None:
    named = set(re.findall(r"\]\(([\w-]+\.md)\)", (ROOT / "docs" / "README.md").read_text("utf-8")))
    assert named == {page.name for page in PAGES[1:]} - {"README.md"}
