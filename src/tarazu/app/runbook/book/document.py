"""RUNBOOK_LIVE.md, made from the source: what is read is what is run."""

import re
from collections.abc import Iterator
from pathlib import Path

from tarazu.app.runbook.book.model import Block, Source

NAME = "RUNBOOK_LIVE.md"
INCIDENT = "<ID>"


def document(source: Source) -> str:
    """The whole file."""
    told = source.document
    lines = [f"# {told.title}", "", told.intro]
    for section in told.sections:
        lines += ["", f"## {section.title}"]
        for number, part in enumerate(section.parts):
            lines += [""] if number else []
            lines += [line for block in part for line in _lines(source, block)]
    return "\n".join(lines) + "\n"


def written(source: Source, dotted: str) -> str:
    """A step's command as the document has it."""
    return source.step(dotted).run.replace("{incident}", INCIDENT)


def difference(source: Source, path: Path) -> str:
    """Where the file is not what the source makes; empty where it is. Raises OSError."""
    made, found = document(source).splitlines(), path.read_text().splitlines()
    for number, (mine, theirs) in enumerate(zip(made, found, strict=False), start=1):
        if mine != theirs:
            return f"line {number} is {theirs!r}, and {mine!r} in the source"
    if len(made) != len(found):
        return f"it has {len(found)} lines, and {len(made)} in the source"
    return ""


def _lines(source: Source, block: Block) -> Iterator[str]:
    if block.heading:
        yield f"### {block.heading}"
    if block.say:
        yield block.say
    if block.commands:
        yield from ("```", *(written(source, dotted) for dotted in block.commands), "```")
    for criterion in block.criteria:
        yield f"- {re.sub(r'{([a-z0-9.-]+)}', lambda name: written(source, name[1]), criterion.text)}"
