"""The flags of a profile, read and changed: who may be told what is active, and what every change leaves behind.

A change is one version more, or the pointer on another one. It is in the desk's record before the pointer moves: no
change is unaccounted for, and one that was cut off is known by the record that the pointer does not follow.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tarazu.app.flags.folder import alone
from tarazu.app.flags.known import Values, changed, differences, said
from tarazu.app.flags.recorded import last_recorded
from tarazu.app.flags.versions import (
    ACTIVE,
    KNOWN_GOOD,
    NOTHING_SET,
    BadFlags,
    FlagSet,
    Pointer,
    by_number,
    chain,
    numbers,
    path_of,
    read_pointer,
    read_version,
    sha256_of,
    text_of,
)
from tarazu.app.home import Home
from tarazu.runtime.desk_record import DeskEntry, DeskKind, append
from tarazu.runtime.whole import write_whole


class NoTarget(Exception):
    """There is no version to go back to; the message says what to do."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    was: FlagSet | None
    """None: what was active could not be read."""
    now: FlagSet

    @property
    def is_one(self) -> bool:
        """Whether another version is active by it."""
        return self.was is None or (self.was.version, self.was.sha256) != (self.now.version, self.now.sha256)

    @property
    def lines(self) -> list[str]:
        """Each flag that is another; of what was not readable, each that is not at its default."""
        if self.was is None:
            return [f"{name} {said(value)}" for name, value in sorted(self.now.values.items())]
        return differences(self.was.values, self.now.values)


def active_flags(folder: Path) -> FlagSet:
    """What is active; version 0, everything on, where nobody has set any. Raises BadFlags, OSError: then nothing may
    be entered."""
    pointer = read_pointer(folder)
    return read_version(folder, pointer.version, pointer.sha256) if pointer is not None else NOTHING_SET


def history(folder: Path) -> Iterator[FlagSet]:
    """Every version, the latest first, each proven to be the one that the next was made after. Raises BadFlags,
    OSError at the first that is not."""
    pointer = read_pointer(folder)
    if pointer is not None:
        yield from chain(folder, pointer)


def known_good(folder: Path) -> FlagSet | None:
    """The version that stood when a day was last closed cleanly; None: none was yet. Raises BadFlags, OSError."""
    pointer = read_pointer(folder, KNOWN_GOOD)
    return read_version(folder, pointer.version, pointer.sha256) if pointer is not None else None


def set_flags(home: Home, changes: Values, *, who: str, why: str, now_ns: int) -> Change:
    """What is active with the changes, as a new version, active at once. Without a difference nothing is made,
    unless the record says that another one is active.

    Raises BadFlag, BadFlags where what is active cannot be read, FlagsBusy, BadDeskRecord, OSError.
    """
    with alone(home.flags):
        pointer = read_pointer(home.flags) or Pointer()
        was = read_version(home.flags, pointer.version, pointer.sha256)
        values = changed(was.values, changes)
        if values == dict(was.values) and _is_recorded(home, was):
            return Change(was=was, now=was)
        number = max([pointer.latest, *numbers(home.flags)]) + 1
        made = FlagSet(version=number, prev=pointer.latest_sha256, at_ns=now_ns, who=who, why=why, values=values)
        text = text_of(made)
        made = msgspec.structs.replace(made, sha256=sha256_of(text))
        change = Change(was=was, now=made)
        if not (home.flags / ACTIVE).exists():  # a version without a pointer would be one too few
            write_whole(home.flags / ACTIVE, msgspec.json.encode(pointer))
        write_whole(path_of(home.flags, made.version, made.sha256), text, 0o400)
        _record(home, "set", change, who=who, why=why, now_ns=now_ns)
        latest = Pointer(version=number, sha256=made.sha256, latest=number, latest_sha256=made.sha256)
        write_whole(home.flags / ACTIVE, msgspec.json.encode(latest))
    return change


def would_be(folder: Path, changes: Values) -> Change:
    """What `set_flags` would make, nothing made: a version without number and hash. Raises BadFlags, OSError."""
    was = active_flags(folder)
    values = changed(was.values, changes)
    if values == dict(was.values):
        return Change(was=was, now=was)
    return Change(was=was, now=FlagSet(version=max([was.version, *numbers(folder)]) + 1, values=values))


def would_be_back(folder: Path, to: int | None) -> Change:
    """What `rollback_flags` would do, nothing done. Raises NoTarget, BadFlags, OSError."""
    return Change(was=_readable(folder), now=target_of(folder, to))


def target_of(folder: Path, to: int | None) -> FlagSet:
    """The version to go back to: `to`, else the last known good. Raises NoTarget, BadFlags, OSError."""
    if to is None:
        if (good := known_good(folder)) is None:
            raise NoTarget("no version is known as good: a day that is closed cleanly notes one")
        return good
    if to == 0:
        return NOTHING_SET
    if (found := by_number(folder, to)) is None:
        raise NoTarget(f"there is no version {to}")
    return found


def rollback_flags(home: Home, to: int | None = None, *, who: str, why: str, now_ns: int) -> Change:
    """Make another version active, forward or back: `to`, else the last known good. It need not be able to read what
    is active now. Raises NoTarget, BadFlags, FlagsBusy, BadDeskRecord, OSError."""
    with alone(home.flags):
        target = target_of(home.flags, to)
        change = Change(was=_readable(home.flags), now=target)
        if not change.is_one and _is_recorded(home, target):
            return change
        pointer = _pointer(home.flags)
        _record(home, "rollback", change, who=who, why=why, now_ns=now_ns)
        now = msgspec.structs.replace(pointer, version=target.version, sha256=target.sha256)
        write_whole(home.flags / ACTIVE, msgspec.json.encode(now))
    return change


def note_known_good(home: Home, now_ns: int, who: str) -> FlagSet:
    """What is active is known as good from here on: of a day that was closed cleanly. Raises BadFlags, FlagsBusy,
    BadDeskRecord, OSError."""
    with alone(home.flags):
        found = active_flags(home.flags)
        if _is_known_good(home.flags, found):
            return found
        noted = Pointer(version=found.version, sha256=found.sha256, latest=found.version, latest_sha256=found.sha256)
        _record(home, "known_good", Change(was=found, now=found), who=who, why="a clean close", now_ns=now_ns)
        write_whole(home.flags / KNOWN_GOOD, msgspec.json.encode(noted))
    return found


# What it takes.


def _is_recorded(home: Home, target: FlagSet) -> bool:
    """Whether the desk's record, too, says that it is active."""
    said = last_recorded(home.desk)
    return (said.version, said.sha256) == (target.version, target.sha256) if said is not None else not target.version


def _is_known_good(folder: Path, found: FlagSet) -> bool:
    """One that does not read any more is noted anew."""
    try:
        return known_good(folder) == found
    except BadFlags:
        return False


def _pointer(folder: Path) -> Pointer:
    """The one there is, else one made anew of the files: the latest of them that is what its name says."""
    try:
        return read_pointer(folder) or Pointer()
    except BadFlags:
        pass  # and who asked is told what was: nothing that could be read
    for number in reversed(numbers(folder)):
        try:
            if (found := by_number(folder, number)) is not None:
                return Pointer(latest=found.version, latest_sha256=found.sha256)
        except BadFlags:
            continue
    return Pointer()


def _readable(folder: Path) -> FlagSet | None:
    try:
        return active_flags(folder)
    except BadFlags:
        return None


def _record(home: Home, act: str, change: Change, *, who: str, why: str, now_ns: int) -> DeskEntry:
    was = change.was
    body: dict[str, Any] = {
        "act": act,
        "version": change.now.version,
        "sha256": change.now.sha256,
        "before": {"version": was.version, "sha256": was.sha256} if was is not None else None,
        "changes": change.lines,
        "why": why,
    }
    return append(home.desk, DeskKind.FLAGS, body, who=who, now_ns=now_ns)
