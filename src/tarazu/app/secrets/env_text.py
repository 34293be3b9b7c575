"""The text of a `.env`: NAME=value lines as dotenv reads them, and one of them set without touching another byte."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dotenv.parser import Binding

# A line in its parts, as dotenv's grammar has them: the value in quotes, or to the end of the line or a comment.
_LINE = re.compile(
    r"""(?P<lead>\s*(?:export[^\S\r\n]+)?(?P<name>[^\s=#'"]+|'[^'\r\n]+')[^\S\r\n]*)
        (?:=[^\S\r\n]*(?P<value>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\r\n]*?))?
        (?P<comment>[^\S\r\n]*(?:(?<=\s)\#[^\r\n]*)?)(?P<end>\r\n|\n|\r|)\Z""",
    re.VERBOSE | re.DOTALL,
)
_BARE = frozenset("_-.:/+=@,")


class BadEnv(ValueError):
    """A line is not NAME=value; the message says which and quotes nothing of it."""


def values_of(text: str) -> dict[str, str]:
    """By name, the last of each; a name without a value is not there. Raises BadEnv."""
    return {b.key: b.value for b in _bindings(text) if b.key is not None and b.value is not None}


def with_value(text: str, name: str, value: str) -> str:
    """The same text with this one set, at the last place where it was, with the comment that stood there; else at the
    end. Earlier places go. Raises BadEnv, and ValueError for what no line can carry."""
    _check(name, value)
    bindings = list(_bindings(text))
    places = [i for i, binding in enumerate(bindings) if binding.key == name]
    if not places:
        gap = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{gap}{name}={_quoted(value)}\n"
    parts = []
    for i, binding in enumerate(bindings):
        if i == places[-1]:
            parts.append(_line(binding, value))
        elif i not in places:
            parts.append(binding.original.string)
    return "".join(parts)


def _bindings(text: str) -> "Iterator[Binding]":
    if not text:
        return
    from dotenv.parser import parse_stream  # commands that read no `.env` do not wait for it

    for binding in parse_stream(StringIO(text, newline="")):
        if binding.error:
            raise BadEnv(f"line {binding.original.line}: not NAME=value; correct it")
        yield binding


def _line(binding: "Binding", value: str) -> str:
    found = _LINE.match(binding.original.string)
    if found is None:
        return f"{binding.key}={_quoted(value)}\n"
    gap = " " if found["comment"].startswith("#") else ""
    return f"{found['lead']}={_quoted(value)}{gap}{found['comment']}{found['end'] or chr(10)}"


def _quoted(value: str) -> str:
    if all(c.isalnum() or c in _BARE for c in value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _check(name: str, value: str) -> None:
    if not (name.isascii() and name.isidentifier()):
        raise ValueError(f"{name!r} is no name of a secret")
    if not (value.isprintable() and value.isascii()):
        raise ValueError(f"{name}: a secret is printable ASCII on one line")
