"""`--help` of every command is a page to work by: what it does, its options, its exit codes, and examples."""

import re
from pathlib import Path

import click
import pytest

from harness.command_tree import commands, examples, groups, help_of, words_of
from tarazu.app.runbook.book.checking import NotTaken, take
from tarazu.cli.tree import SECTIONS, tree

COMMANDS = dict(commands())
COLUMNS_MAX = 120
"""Of a line of an example: as wide as our own source."""
EXIT_CODES = re.compile(r"\n\n\s*Exit code(s are those of | 0| of a plan|: COMMAND's)")
"""A paragraph of its own."""


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder in which a file that an example names can be put."""
    (tmp_path / "FOLDER").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _with_files(folder: Path, words: list[str]) -> list[str]:
    """An example may name a file or a folder that must be there: `--freeze-list qtyfreeze.csv`, `--scratch /mnt/x`."""
    here = [str(folder / word.lstrip("/")) if "/" in word and " " not in word else word for word in words]
    for word in here:
        path = Path(word)
        if path.suffix and not word.startswith("-") and " " not in word:
            path.parent.mkdir(parents=True, exist_ok=True)
            (folder / path).touch()
        elif "/" in word and " " not in word:
            path.mkdir(parents=True, exist_ok=True)
    return here


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_does_how_it_ends_and_gives_examples(name: str) -> None:
    text = help_of(name, COMMANDS[name])
    assert len(COMMANDS[name].help or "") > 40, "what it does"
    assert EXIT_CODES.search(COMMANDS[name].help or ""), "what its exit codes mean"
    assert examples(text), "an example, below the word Examples"
    assert all(len(line) <= COLUMNS_MAX for line in text.splitlines() if line.lstrip().startswith("tarazu"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    silent = [p.opts for p in COMMANDS[name].params if isinstance(p, click.Option) and not p.help and not p.hidden]
    assert not silent


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_is_taken_as_it_stands(name: str, somewhere: Path) -> None:
    own = 0
    for example in examples(help_of(name, COMMANDS[name])):
        if re.search(r"(^|[\s(])tarazu ", example):
            words = words_of(example)
            take(tree, _with_files(somewhere, words))
            own += words[: len(name.split())] == name.split()
    assert own or name.startswith("sim"), "an example of the command itself"


def test_an_example_that_the_command_does_not_take_is_noticed() -> None:
    with pytest.raises(NotTaken, match="--no-such-flag"):
        take(tree, words_of("tarazu status --no-such-flag    every process"))


def test_every_group_says_more_than_its_own_name() -> None:
    for group in groups():
        assert len(group.help or "") > 20, group.name
        for name, told in _lines(group).items():
            assert told and not told.endswith("..."), f"{group.name} {name}: {told!r}"


def _lines(group: click.Group) -> dict[str, str]:
    """The lines of its help, by the command that they tell of."""
    return dict(re.findall(r"^  ([a-z-]+)\s{2,}(\S.*)$", help_of(group.name or "", group), re.MULTILINE))


def test_every_command_is_in_one_section_of_the_first_page() -> None:
    named = [name for _, names in SECTIONS for name in names]
    there = set(tree.list_commands(click.Context(tree)))
    assert len(named) == len(set(named)) and there <= set(named), there.difference(named)


def test_a_command_that_no_section_names_is_still_shown() -> None:
    text = help_of("", tree)
    for name in tree.list_commands(click.Context(tree)):
        assert re.search(rf"^  {name}\s", text, re.MULTILINE), name
