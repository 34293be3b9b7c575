"""Who may have the file open, and who may put another in its place.

The pages of a running SQLite are in three files that are found by name. Were the database renamed under an open
connection, the next one to open it would take the old one's log for its own. So everybody who opens it holds a lock for
as long, shared; who replaces it holds it alone, and waits at a turnstile where the projection, which never ends by
itself, sees that somebody waits, and steps out.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tarazu.adapters.sqlite_projection.connect import CannotUse

PATIENCE_S = 10.0
_LOOK_S = 0.02
PARTS = ("-wal", "-shm")
"""Behind the file's name: what belongs to it."""


class Hold:
    """A shared lock, from construction to `close`. Raises CannotUse when the file is being replaced for too long."""

    def __init__(self, file: Path, patience_s: float = PATIENCE_S) -> None:
        self._turn = _turn(file)
        self._fd = _locked(_lock(file), fcntl.LOCK_SH, patience_s)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits to have the file alone."""
        try:
            os.close(_locked(self._turn, fcntl.LOCK_SH, 0))
        except CannotUse:
            return True
        return False

    def close(self) -> None:
        os.close(self._fd)


@contextmanager
def alone(file: Path, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Nobody has it open meanwhile, and nobody opens it. Raises CannotUse."""
    turn = _locked(_turn(file), fcntl.LOCK_EX, patience_s)
    try:
        lock = _locked(_lock(file), fcntl.LOCK_EX, patience_s)
        try:
            yield
        finally:
            os.close(lock)
    finally:
        os.close(turn)


def put_aside(file: Path, name: Path) -> None:
    """Rename the database with all that belongs to it. To be held alone."""
    for part in PARTS:
        old = Path(f"{file}{part}")
        if old.exists():
            old.rename(f"{name}{part}")
    if file.exists():
        file.rename(name)
    _sync_folder(file.parent)


def put_in_place(new: Path, file: Path) -> None:
    """`new`, closed and whole in one file, instead of `file`. To be held alone."""
    fd = os.open(new, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    for part in PARTS:
        Path(f"{file}{part}").unlink(missing_ok=True)
    new.replace(file)
    _sync_folder(file.parent)


def remove(file: Path) -> None:
    for path in (file, *(Path(f"{file}{part}") for part in (*PARTS, ".lock", ".turn"))):
        path.unlink(missing_ok=True)


def _lock(file: Path) -> Path:
    return Path(f"{file}.lock")


def _turn(file: Path) -> Path:
    return Path(f"{file}.turn")


def _locked(path: Path, how: int, patience_s: float) -> int:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as bad:
        raise CannotUse(f"{path}: {bad.strerror}") from bad
    until_s = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(fd, how | fcntl.LOCK_NB)
            return fd
        except BlockingIOError:
            if time.monotonic() >= until_s:
                os.close(fd)
                raise CannotUse(f"{path} is held by another process: who has the database open?") from None
            time.sleep(_LOOK_S)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
