"""A line of shell as the commands it is made of, and the words that `tarazu` gets; nothing is run here."""

import re
import shlex
import subprocess
from functools import cache

import click

from harness.documents.reading import ROOT
from tarazu.app.runbook.book.checking import NotTaken, take
from tarazu.app.runbook.book.command_line import NoScript, verb
from tarazu.cli.tree import tree

BENCHMARKS = ROOT / "benchmarks"
_SET = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_OPTIONAL = re.compile(r"\s*\[([^\]\n]*)\](?=\s|$)")


class NotThere(ValueError):
    """A command that does not exist, or does not take these words; the message says which and why."""


def lines(text: str) -> list[str]:
    """The lines of a block, in order: a quote or a backslash that is open goes on with the next; comments go."""
    found, held = list[str](), ""
    for line in text.splitlines():
        held = f"{held}\n{line}" if held else line
        if held.endswith("\\"):
            continue
        try:
            words = shlex.split(held, comments=True)
        except ValueError:  # a quotation that is still open
            continue
        if words:
            found.append(held)
        held = ""
    if held:
        raise NotThere(f"a quotation that does not end: {held}")
    return found


def commands(line: str) -> list[list[str]]:
    """Its commands as words; what is set before one, and where its output goes, is left out."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    reader.commenters = "#"
    found, words, into_file = list[list[str]](), list[str](), False
    for word in reader:
        if set(word) <= set(";&|()"):
            found.append(words)
            words = []
        elif set(word) <= set("<>"):
            into_file = True
        elif into_file:
            into_file = False
        elif words or not _SET.fullmatch(word):
            words.append(word)
    return [words for words in [*found, words] if words]


def tarazu_words(words: list[str]) -> list[str] | None:
    """What `tarazu` gets, of a script of the runbook too; None: another program."""
    if words[0] == "tarazu":
        return words[1:]
    if words[0] in ("python", "bash") and len(words) > 1 and words[1].startswith("scripts/"):
        try:
            return verb(shlex.join(words), ROOT)
        except NoScript as none:
            raise NotThere(str(none)) from none
    return None


def whole(command: str) -> str:
    """`[--changed]` and `[NAME...]` are said to those who read: without them."""
    return _OPTIONAL.sub("", command)


def with_all(command: str) -> str:
    """And with them: each must be taken, too."""
    return _OPTIONAL.sub(lambda found: f" {found[1].removesuffix('...')}", command)


def check(words: list[str]) -> None:
    """Raises NotThere."""
    told = tarazu_words(words)
    if told is not None:
        _check_tarazu(told)
    elif words[0] == "make":
        for target in words[1:]:
            make_dry_run(target)
    elif words[0] == "python" and "/" in words[1] and words[1].endswith(".py") and not (ROOT / words[1]).is_file():
        raise NotThere(f"there is no {words[1]}")


def _check_tarazu(words: list[str]) -> None:
    if words[:1] == ["bench"] and len(words) > 1 and not (BENCHMARKS / f"{words[1]}.py").is_file():
        raise NotThere(f"there is no benchmark {words[1]}")
    if not words or words == ["--help"] or is_group(words):
        return
    try:
        take(tree, words)
    except NotTaken as no:
        raise NotThere(f"tarazu {shlex.join(words)}: {no}") from no
    except click.exceptions.Exit:
        return  # --help, --version


def is_named_alone(words: list[str]) -> bool:
    """A group, or a verb that wants more than its name: the text speaks of it, and nobody would type it so."""
    told = tarazu_words(words)
    if not told or "--help" in told or "--version" in told:
        return False
    try:
        take(tree, told)
    except NotTaken as no:
        return is_group(told) or "Missing" in str(no)
    return False


def is_group(words: list[str]) -> bool:
    group: click.Command | None = tree
    with click.Context(tree, info_name="tarazu") as context:
        for word in words:
            group = group.get_command(context, word) if isinstance(group, click.Group) else None
    return isinstance(group, click.Group)


@cache
def make_dry_run(target: str) -> None:
    """Every recipe on the way to it is there. A make in a make is told to run dry, too."""
    if "=" in target:
        return
    said = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, timeout=60)
    if said.returncode:
        raise NotThere(f"make {target}: {said.stderr.strip()}")
