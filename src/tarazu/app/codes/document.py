"""docs/codes.md, made from the registry."""

import re
from collections.abc import Iterator, Sequence

from tarazu.app.codes.registry import Entry, Room
from tarazu.app.codes.told import runbook_told

HEAD = """# Codes: every word that tarazu may say, and what to do

Made from the registry by `tarazu explain --document`; do not edit it here. The same text answers on the command line,
with the limits that your home has set and the last five times that the word was said there:

```text
tarazu explain FEED_STALE     one word, in every room that says it
tarazu explain --room gate    one room
tarazu explain                all of them
```

Codes are published and append-only: none is renamed, and none is taken away. The same word may stand in several rooms,
and mean another thing in each. A `*` stands for what is filled in. Upper-case words in commands stand for yours:
`ORDER` a tag or an order id, `INC` an incident, `DAY` a date (2026-11-23), `NAME` a process, strategy or family, `RUN`
a run of a runbook. The controls C01 to C39, by which the gate denies, are told by `tarazu controls`. A test parses
every command below.
"""


def document(rooms: Sequence[Room]) -> str:
    return "\n".join([HEAD, *_contents(rooms), *(line for room in rooms for line in _section(room))]).rstrip() + "\n"


def _contents(rooms: Sequence[Room]) -> Iterator[str]:
    for room in rooms:
        yield f"- [{room.title}](#{_anchor(room)}) ({len(room.codes)})"
    yield ""


def _anchor(room: Room) -> str:
    """As the sites that show Markdown make it of a heading."""
    kept = (c for c in room.title.lower() if c.isalnum() or c in " -")
    return "".join(kept).replace(" ", "-")


def _section(room: Room) -> Iterator[str]:
    has_of = any(entry.of for entry in room.codes.values())
    yield f"## {room.title}"
    yield ""
    yield _about(room)
    yield ""
    yield f"| {room.kind} | {'looks at' if has_of else 'means'} | {'shown by' if has_of else 'do'} |"
    yield "|---|---|---|"
    for entry in room.codes.values():
        yield f"| `{entry.code}` | {_cell(_meaning(entry))} | {_cell(_ways(entry))} |"
    yield ""


def _about(room: Room) -> str:
    return re.sub(r"`(tarazu [^`]+)`", r"<code>\1</code>", room.about)


def _meaning(entry: Entry) -> str:
    gone = f" Not said any more: {entry.gone}" if entry.gone else ""
    return entry.means + gone


def _ways(entry: Entry) -> str:
    """Commands as code, then the runbook and the settings."""
    ways = [_code(part.strip()) for part in (entry.of or entry.do).split("; ") if part.strip()]
    ways += [_code(runbook_told(entry.runbook))] if entry.runbook and entry.runbook not in entry.do else []
    ways += [f"limit `{key}`" for key in entry.limits]
    return "; ".join(ways)


def _code(way: str) -> str:
    """`wait for it: tarazu status` has words before its command. Between tags, not backticks: what stands between
    backticks in a document is run by the tests of the documents, and no desk is in all of these states."""
    words, mark, rest = way.partition("tarazu ")
    command, comma, step = rest.partition(", ")
    return f"{words}<code>tarazu {command}</code>{comma}{step}" if mark else words


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
