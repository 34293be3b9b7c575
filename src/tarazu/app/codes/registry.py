"""The registry of codes: a TOML file a room, in the order in which a reader meets them.

Published and append-only: a code is never renamed, and none is taken away. One that is not said any more keeps its
entry, with `gone = "since when, and what says it now"`: journals, records and other people's scripts still have it.
A test walks the source: a code that is said and not written down here fails it, and so does one that nobody says.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "rooms"

ROOMS = (
    "gate",
    "halts",
    "tells",
    "engine",
    "alarms",
    "orders",
    "refusals",
    "unanswered",
    "money",
    "decisions",
    "market",
    "feed",
    "stale",
    "feed-events",
    "links",
    "selection",
    "processes",
    "stages",
    "watchdog",
    "risk",
    "flatten",
    "waits",
    "incidents",
    "session",
    "readiness",
    "settings",
    "record",
    "damage",
    "close",
    "breaks",
    "audit",
    "backup",
    "ship",
    "flags",
    "models",
    "runbook",
    "research",
    "demo",
    "states",
    "verdicts",
    "exits",
    "checks",
)
"""By the names of their files. Money and safety come first."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One code in one room. The same word may stand in several, and mean another thing in each."""

    code: str = ""
    """`*` stands for what is filled in: `NEAR_*`, `feed.*`. In the file it is the table's name."""
    room: str = ""
    means: str
    """One or two sentences."""
    do: str = ""
    """Commands, `; ` between them; or what a person does. Empty: nothing has to be done."""
    runbook: str = ""
    """`sev2-feed-stale`, or a step of it: `sev2-feed-stale.depth`."""
    fills: tuple[str, ...] = ()
    """What may stand for the `*`; none: anything."""
    limits: tuple[str, ...] = ()
    """The settings that it is judged by: `engine.risk.day_loss_max`."""
    of: str = ""
    """Of a check's id: the commands that show it."""
    gone: str = ""
    """Since when nobody says it any more, and what says it now."""

    def matches(self, word: str) -> bool:
        """Whether the word is this code, or one of those that its `*` makes."""
        if self.fills:
            return word in (self.code.replace("*", fill) for fill in self.fills)
        return bool(_pattern(self.code).fullmatch(word))


class Room(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one part of tarazu may say."""

    name: str = ""
    title: str
    about: str
    """What such a word is, and which commands say it."""
    kind: str = "code"
    """What each is called: `denial`, `alert`, `state`."""
    enums: tuple[str, ...] = ()
    """The enumerations whose every member is in it."""
    codes: dict[str, Entry]

    def find(self, word: str) -> Entry | None:
        """The entry of this very word; else the one whose `*` it fits, the most particular first."""
        if word in self.codes:
            return self.codes[word]
        fitting = [entry for entry in self.codes.values() if "*" in entry.code and entry.matches(word)]
        return max(fitting, key=lambda entry: len(entry.code), default=None)


@cache
def room(name: str) -> Room:
    """Read from its file. A file that does not read is a bug of ours."""
    read = msgspec.convert(tomllib.loads(_text(name).decode()), Room)
    codes = {code: msgspec.structs.replace(entry, code=code, room=name) for code, entry in read.codes.items()}
    return msgspec.structs.replace(read, name=name, codes=codes)


def rooms() -> tuple[Room, ...]:
    return tuple(room(name) for name in ROOMS)


def entries() -> Iterator[Entry]:
    for one in rooms():
        yield from one.codes.values()


def find(word: str) -> list[Entry]:
    """Every entry of this word, in the order of the rooms. A whole word comes before one that fits a `*`."""
    if whole := [entry for name in ROOMS if _names(name, word) and (entry := room(name).codes.get(word)) is not None]:
        return whole
    return [entry for one in rooms() if (entry := one.find(word)) is not None]


def _names(room_name: str, word: str) -> bool:
    """Whether the word stands in that room's file at all: reading forty files for one word takes longer than the rest
    of what is asked."""
    return word.encode() in _text(room_name)


@cache
def _text(room_name: str) -> bytes:
    return (FOLDER / f"{room_name}.toml").read_bytes()


@cache
def _pattern(code: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in code.split("*")))
