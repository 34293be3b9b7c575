"""What settings a process runs by: it writes them down when it begins, for it reads them once."""

import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tarazu.app.config.values import plain
from tarazu.app.health import boot
from tarazu.app.home import Home
from tarazu.app.settings import Settings
from tarazu.app.supervision.private_file import replace_private

log = logging.getLogger("tarazu.config")


class RunningSettings(msgspec.Struct, frozen=True, kw_only=True):
    pid: int
    boot: str
    settings: dict[str, Any]


def note_settings(home: Home, name: str, settings: Settings) -> None:
    """For the process itself, once it is sure to be the only one. A disk that does not take it stops nobody."""
    told = RunningSettings(pid=os.getpid(), boot=boot(), settings=plain(settings))
    try:
        replace_private(home.run / f"{name}.settings.json", msgspec.json.encode(told).decode())
    except OSError as full:
        log.warning("what settings this process runs by is not written down: %s", full)


def running_settings(home: Home, name: str) -> RunningSettings | None:
    """Of the process that runs now; None where none does, or it left no word. Raises OSError."""
    try:
        told = msgspec.json.decode((home.run / f"{name}.settings.json").read_bytes(), type=RunningSettings)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    return told if told.boot == boot() and _runs(told.pid, name) else None


def changed_since(home: Home, name: str, settings: Settings, sections: Sequence[str]) -> tuple[str, ...]:
    """The keys of these sections that are others than those by which the process ran last, whether it runs or not;
    empty also where it left no word."""
    try:
        told = msgspec.json.decode((home.run / f"{name}.settings.json").read_bytes(), type=RunningSettings)
    except (OSError, msgspec.MsgspecError):
        return ()
    now = plain(settings)
    was = {s: told.settings.get(s) for s in sections}
    return tuple(_differing(was, {s: now.get(s) for s in sections}))


def _differing(was: Any, now: Any, key: str = "") -> Iterator[str]:
    if isinstance(was, dict) and isinstance(now, dict):
        for part in sorted(was.keys() | now.keys()):
            yield from _differing(was.get(part), now.get(part), f"{key}.{part}" if key else str(part))
    elif was != now:
        yield key


def _runs(pid: int, name: str) -> bool:
    """By the process's own command line: a pid may have become somebody else's."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
            return f"tarazu.app.{name}".encode() in file.read()
    except OSError:
        return False
