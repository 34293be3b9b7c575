"""Is every command of the runbook there, does it take its flags, and is the document what the source makes?

Parsing is click's own, on the tree that the command line itself uses; nothing is run by it.
"""

from collections.abc import Iterable
from pathlib import Path

import click

from tarazu.app.runbook.book.command_line import NoScript, verb
from tarazu.app.runbook.book.document import NAME, difference
from tarazu.app.runbook.book.model import Source, Step
from tarazu.app.verdict import Check, Status

INCIDENT_TRIED = "INC-20260101-01"
SHOW = "tarazu runbook show --document"


class NotTaken(Exception):
    """The command line does not take these words; the message says why."""


def runbook_checks(source: Source, tree: click.Group, folder: Path) -> tuple[Check, ...]:
    """A check for every step with a command, and one for the document."""
    commands = tuple(
        step_check(f"{runbook.id}.{step.id}", step, tree, folder)
        for runbook in source.runbooks
        for step in runbook.steps
        if step.run
    )
    return (*commands, document_check(source, folder))


def step_check(name: str, step: Step, tree: click.Group, folder: Path) -> Check:
    """Absent is a fact where the file says which issue brings it, and a break where it does not."""
    seen = Check(id=name, status=Status.OK, observed=step.run)
    try:
        words = verb(step.run.replace("{incident}", INCIDENT_TRIED), folder)
        take(tree, words)
    except (NoScript, NotTaken) as broken:
        if step.issue is not None:
            return Check(id=name, status=Status.SKIP, detail=f"absent (issue {step.issue})")
        return _broken(name, Status.CRIT, "COMMAND_BROKEN", f"{step.run}: {broken}")
    if step.issue is not None:
        return _broken(name, Status.WARN, "MARK_STALE", f"{step.run} is there: take `issue` away from its step")
    return seen


def _broken(name: str, status: Status, code: str, detail: str) -> Check:
    return Check(id=name, status=status, code=code, detail=detail)


def document_check(source: Source, folder: Path) -> Check:
    path = folder / "runbook" / NAME
    seen = Check(id="document", status=Status.OK, observed=f"runbook/{NAME}")
    try:
        apart = difference(source, path)
    except (OSError, UnicodeDecodeError) as unread:
        return seen.broken(Status.CRIT, "DOCUMENT_UNREAD", f"{path}: {unread}", f"{SHOW} > {path}")
    return seen.broken(Status.CRIT, "DOCUMENT_DIFFERS", apart, f"{SHOW} > {path}") if apart else seen


def take(tree: click.Group, words: list[str]) -> click.Command:
    """The command that these words come to, parsed as they stand. Raises NotTaken."""
    group: click.Command = tree
    with click.Context(tree, info_name="tarazu") as parent:
        for number, word in enumerate(words):
            if not isinstance(group, click.Group):
                return _parsed(group, words[number:], parent)
            group = _of(group, word, parent)
        return _parsed(group, [], parent)


def _of(group: click.Group, word: str, parent: click.Context) -> click.Command:
    try:
        found = group.get_command(parent, word)
    except ModuleNotFoundError as absent:
        raise NotTaken(f"tarazu {word} is named, and {absent.name} is not there") from absent
    if found is None:
        raise NotTaken(f"there is no tarazu {word}")
    return found


def _parsed(command: click.Command, words: list[str], parent: click.Context) -> click.Command:
    if isinstance(command, click.Group):
        raise NotTaken(f"{command.name} is a group, not a command")
    try:
        command.make_context(command.name, list(words), parent=parent)
    except click.UsageError as misuse:
        raise NotTaken(misuse.format_message()) from misuse
    return command


def absent(steps: Iterable[Step]) -> list[str]:
    """Those whose command is still to come, with the issue that brings it."""
    return [f"{step.run}: absent (issue {step.issue})" for step in steps if step.issue is not None]
