"""The command log: what a broker's state is rebuilt from after a restart. One JSON object a line, appended only.

The first line says what the broker was built from; every other is a `Line`. A line is written and flushed to the
kernel after the command was taken and before it is answered: a killed process loses nothing it has answered. The disk
is synced once a second (`sync`) and at the end: a power cut may lose that second. A torn last line is cut off.
"""

import fcntl
import os
from pathlib import Path
from typing import Any

import msgspec

from tarazu import __version__
from tarazu.model.calendar import Pace
from tarazu.sim.server.commands import Line

FILE_NAME = "commands.jsonl"


class CommandLogError(Exception):
    """The state directory cannot be used as asked; the message says why and what to do."""


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a broker is built from: a log can only be replayed into the same."""

    version: int = 2
    """Of this file's form."""
    tarazu: str = __version__
    """Another version may trade differently, so its log is not replayed."""
    seed: int
    rules: str
    scenario: str
    size: str
    step_ns: int
    start_ns: int
    pace: Pace
    cash_paise: int
    static_ips: tuple[str, ...] = ()
    recording: str = ""
    """What is played in place of the synthetic market, by its SHA-256."""


class CommandLog:
    """One open log. `lines` are those found at opening; `torn_bytes` is how much of a broken last line was cut off."""

    def __init__(self, directory: Path, header: Header) -> None:
        """Open or begin the log in `directory`. Raises CommandLogError; nothing is changed then."""
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / FILE_NAME
        self._file = self.path.open("a+b")
        self._unsynced = False
        try:
            self._lock()
            self.lines, self.torn_bytes = self._load(header)
        except CommandLogError:
            self._file.close()
            raise

    def append(self, line: Line) -> None:
        self._write(msgspec.json.encode(line))

    def sync(self) -> None:
        """Bring what was appended to the disk."""
        if self._unsynced:
            os.fsync(self._file.fileno())
            self._unsynced = False

    def close(self) -> None:
        self.sync()
        self._file.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            raise CommandLogError(f"{self.path} is in use by another simulated broker") from taken

    def _load(self, header: Header) -> tuple[list[Line], int]:
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        rows = whole.splitlines()
        if not rows:
            self._file.truncate(0)
            self._write(msgspec.json.encode(header))
            self.sync()
            return [], len(content)
        _refuse_difference(self.path, rows[0], header)
        lines = [_line(self.path, number, row) for number, row in enumerate(rows[1:], start=2)]
        self._file.truncate(len(whole))
        return lines, len(content) - len(whole)

    def _write(self, row: bytes) -> None:
        self._file.write(row + b"\n")
        self._file.flush()
        self._unsynced = True


def read_header(directory: Path) -> Header | None:
    """What the log in `directory` was begun with; None when there is none. Raises CommandLogError."""
    path = directory / FILE_NAME
    if not path.exists():
        return None
    with path.open("rb") as file:
        row = file.readline()
    return _header(path, row) if row.endswith(b"\n") else None


def _header(path: Path, row: bytes) -> Header:
    try:
        return msgspec.json.decode(row, type=Header)
    except msgspec.DecodeError as bad:
        raise CommandLogError(f"{path} does not begin with a header: {bad}") from bad


def _refuse_difference(path: Path, row: bytes, header: Header) -> None:
    found: dict[str, Any] = msgspec.structs.asdict(_header(path, row))
    wanted: dict[str, Any] = msgspec.structs.asdict(header)
    odd = [f"{name} {found[name]!r} (asked for {wanted[name]!r})" for name in wanted if found[name] != wanted[name]]
    if odd:
        raise CommandLogError(f"{path} was begun with {', '.join(odd)}; use the same options or another directory")


def _line(path: Path, number: int, row: bytes) -> Line:
    try:
        return msgspec.json.decode(row, type=Line)
    except msgspec.DecodeError as bad:
        raise CommandLogError(f"{path}:{number} is damaged: {bad}") from bad
