"""Every command of the tree, and what its help promises."""

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile

import click

from tarazu.cli.tree import tree


def commands(group: click.Group = tree, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """`("feed status", command)`, groups left out."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


def groups() -> list[click.Group]:
    """The tree itself and those that hang on it."""
    context = click.Context(tree)
    found = (tree.get_command(context, name) for name in tree.list_commands(context))
    return [tree, *(group for group in found if isinstance(group, click.Group))]


def help_of(name: str, command: click.Command) -> str:
    """As `tarazu NAME --help` prints it, in a terminal wide enough that no line is broken."""
    return command.get_help(
        click.Context(command, info_name=f"tarazu {name}", terminal_width=300, max_content_width=300)
    )


def examples(text: str) -> list[str]:
    """The lines of commands below `Examples`."""
    _, _, told = text.partition("\n  Examples")
    return [line.strip() for line in told.splitlines()[1:] if line.strip()]


def words_of(example: str) -> list[str]:
    """Those behind `tarazu`, up to what two spaces or the shell set apart: `tarazu sla --json | jq .sla   a chart`."""
    line = re.split(r"\s{2,}", example)[0]
    inner = re.search(r"\$\((tarazu [^)]*)\)", line)
    words = shlex.split(inner[1] if inner else line)
    return list(takewhile(lambda word: word not in ("|", ">", ";", "&&"), words[words.index("tarazu") + 1 :]))
