"""What a step of the close writes: the desk's record has its hashes before anything is in its place.

    close.writing     {"day": ..., "step": "close.exported", "files": {"trades.csv": "<sha256>"}}
    the files, each whole
    close.exported    the step's own entry: it is done

A process that is killed in between has altered nothing: each file is what it was, or what was going to be written, and
the record has both. Done again, the step has an entry of its own, and it is over.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from tarazu.app.closing.whole import close_folder, write_whole
from tarazu.app.home import Home
from tarazu.runtime.desk_record import DeskEntry, DeskKind, append, dated, days

FILES, LOGS, FRAMES = "files", "logs", "frames"
"""Members of an entry, SHA-256 by name: of `closes/<day>/`, and of the two archives."""

Begin = Callable[[str, Mapping[str, str]], None]
"""Told of the hashes of a member before they are put in place; it is in the record when this returns."""


def write(home: Home, day: date, kind: DeskKind, texts: Mapping[str, bytes], who: str, now_ns: int) -> dict[str, str]:
    """The files of the step `kind` in `closes/<day>/`, each whole, in this order; SHA-256 by name.

    Raises BadDeskRecord, OSError, ValueError: nothing, or not all, was written.
    """
    files = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
    beginning(home, day, kind, who, now_ns)(FILES, files)
    for name, text in texts.items():
        write_whole(close_folder(home, day) / name, text)
    return files


def beginning(home: Home, day: date, kind: DeskKind, who: str, now_ns: int) -> Begin:
    """For what is put in place elsewhere. What it gives raises BadDeskRecord, OSError, ValueError."""

    def begin(member: str, hashes: Mapping[str, str]) -> None:
        body = {"day": day.isoformat(), "step": kind, member: dict(hashes)}
        append(home.desk, DeskKind.WRITING, body, who=who, now_ns=now_ns)

    return begin


def about(home: Home, day: date) -> list[DeskEntry]:
    """The entries about `day`, in the order in which they were written. What is about a day is written on it or later:
    earlier files are not read. Raises BadDeskRecord, OSError."""
    wanted, known = day.isoformat(), days(home.desk)
    return [entry for _, entry in dated(home.desk, min([day, *known[-1:]])) if entry.body.get("day") == wanted]


def begun(entries: Sequence[DeskEntry], after: DeskEntry | None, member: str = FILES) -> dict[str, set[str]]:
    """What was going to be written since the entry `after`, or ever: every SHA-256 by name."""
    found: dict[str, set[str]] = defaultdict(set)
    for hashes in announced(entries, after, member):
        for name, sha256 in hashes.items():
            found[name].add(sha256)
    return found


def announced(entries: Sequence[DeskEntry], after: DeskEntry | None, member: str) -> list[dict[str, str]]:
    """Each writing since the entry `after`, or ever, as the whole that it was going to be: SHA-256 by name."""
    since = entries[0 if after is None else entries.index(after) + 1 :]
    told = [entry.body.get(member) for entry in since if entry.kind is DeskKind.WRITING]
    return [{str(name): str(sha256) for name, sha256 in one.items()} for one in told if isinstance(one, dict)]


def cut_off(entries: Sequence[DeskEntry]) -> dict[str, DeskEntry]:
    """By the step's kind: the last word that it writes, where it has not said since that it is done."""
    found: dict[str, DeskEntry] = {}
    for entry in entries:
        if entry.kind is DeskKind.WRITING:
            found[str(entry.body.get("step", ""))] = entry
        else:
            found.pop(entry.kind, None)
    return found
