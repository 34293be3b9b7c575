"""What of a document can be executed: its fenced blocks, and the commands between backticks, with their marks."""

import contextlib
import html
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.documents.tables import Place

ROOT = Path(__file__).parents[3]
REGISTERED = "a table of what to do about a code: there, with its flags; the guides run it"
"""Of commands in <code>, as docs/codes.md has them."""
LANGUAGES = ("sh", "python", "toml", "json", "dotenv", "text")
COMMAND = re.compile(r"(tarazu|make|python|bash) \S")
MARK = re.compile(r"<!--(.*?)-->\s*")
KEYS = ("on", "exit", "file", "as", "not run")
FENCE = re.compile(r"(\s*)```(.*)")


class BadDocument(ValueError):
    """It cannot be read as the convention has it; the message names the line."""


class Marks(msgspec.Struct, frozen=True):
    """What the comment before a block says of it."""

    on: str = ""
    exits: tuple[int, ...] = ()
    file: str = ""
    written_as: str = ""
    not_run: str = ""


class Block(msgspec.Struct, frozen=True):
    """A fence, or one inline command (`language` is then "inline")."""

    document: str
    line: int
    """Of its first line of text, from 1."""
    language: str
    text: str
    marks: Marks

    @property
    def origin(self) -> str:
        return f"{self.document}:{self.line}"


def documents() -> list[Path]:
    fronts = (ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"))
    return [*fronts, *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(document: str, text: str) -> list[Block]:
    """In their order. Raises BadDocument."""
    return sorted(_blocks(document, text.split("\n")), key=lambda block: block.line)


def _blocks(document: str, lines: list[str]) -> Iterator[Block]:
    marks, prose, number = Marks(), list[tuple[int, str]](), 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if fence := FENCE.fullmatch(line):
            yield from _inline(document, prose, marks if prose else Marks())
            kept = Marks() if prose else marks
            end = _end(document, lines, number)
            yield _fenced(document, number + 1, fence, lines[number:end], kept)
            marks, prose, number = Marks(), [], end + 1
        elif mark := MARK.fullmatch(line.strip()):
            yield from _inline(document, prose, marks)
            marks, prose = _marks(f"{document}:{number}", mark[1]), []
        elif line.strip():
            _is_no_code(document, number, line, lines[number - 2] if number > 1 else "")
            prose.append((number, line))
        elif prose:
            yield from _inline(document, prose, marks)
            marks, prose = Marks(), []
    yield from _inline(document, prose, marks)


def _end(document: str, lines: list[str], start: int) -> int:
    for number in range(start, len(lines)):
        if lines[number].strip() == "```":
            return number
    raise BadDocument(f"{document}:{start}: a fence that does not end")


def _fenced(document: str, line: int, fence: re.Match[str], lines: list[str], marks: Marks) -> Block:
    indent, language = fence.groups()
    if language not in LANGUAGES:
        raise BadDocument(f"{document}:{line - 1}: a fence says {language or 'nothing'!r}, not one of {LANGUAGES}")
    text = "".join(f"{line.removeprefix(indent)}\n" for line in lines)
    return Block(document=document, line=line, language=language, text=text, marks=marks)


def _is_no_code(document: str, number: int, line: str, before: str) -> None:
    """Four spaces after an empty line are code, but for what goes on in a list."""
    if line.startswith("    ") and not before.strip():
        raise BadDocument(f"{document}:{number}: code by four spaces; use a fence that says what it is")


def _inline(document: str, prose: list[tuple[int, str]], marks: Marks) -> Iterator[Block]:
    """The commands of one paragraph, list or table; one may go on over the end of a line."""
    text = "\n".join(line for _, line in prose)
    for found in re.finditer(r"(?<!`)`([^`]+)`(?!`)|<code>([^<]+)</code>", text):
        command = html.unescape(" ".join((found[1] or found[2]).split()).replace("\\|", "|"))
        if COMMAND.match(command):
            line = prose[0][0] + text[: found.start()].count("\n")
            kept = marks if found[1] else Marks(not_run=REGISTERED)
            yield Block(document=document, line=line, language="inline", text=command, marks=kept)


def _marks(place: str, text: str) -> Marks:
    """`on: a closed day; exit: 0 1`. A comment that says nothing of the kind is a comment."""
    said = dict[str, str]()
    for part in re.split(rf";(?=\s*(?:{'|'.join(KEYS)}):)", text):
        key, colon, value = part.strip().partition(":")
        if not colon or key not in KEYS:
            if said or key in KEYS:
                raise BadDocument(f"{place}: {part.strip()!r} is no mark")
            return Marks()
        said[key] = value.strip()
    if said.get("on", Place.CHECKOUT) not in set(Place):
        raise BadDocument(f"{place}: {said['on']!r} is no place")
    return Marks(
        on=said.get("on", ""),
        exits=tuple(int(word) for word in said.get("exit", "").split()),
        file=said.get("file", ""),
        written_as=said.get("as", ""),
        not_run=said.get("not run", ""),
    )


def readable() -> list[Block]:
    """Of the documents that can be read; a test of its own names the others."""
    found = list[Block]()
    for path in documents():
        with contextlib.suppress(BadDocument):
            found += blocks(path.relative_to(ROOT).as_posix(), path.read_text())
    return found
