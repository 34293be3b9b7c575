"""Processes of ours that ours begin: what they import is ours, whatever lies in the folder that somebody stands in."""

import re
from pathlib import Path

import tarazu

OURS = Path(tarazu.__file__).parent


def test_no_child_looks_for_its_modules_in_the_folder_that_somebody_stands_in() -> None:
    """-P, which `python_words` puts before what it is given."""
    begun = [
        (path, words) for path in OURS.rglob("*.py") for words in re.findall(r"sys\.executable, (.*)", path.read_text())
    ]
    modules = [(path.name, words) for path, words in begun if '"-m"' in words]
    assert len(modules) > 5
    assert [found for found in modules if not found[1].startswith('"-P"')] == []
