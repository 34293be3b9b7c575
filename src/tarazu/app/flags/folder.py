"""The flags' folder on the disk: one command at a time changes it, and every file is there whole or not at all."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tarazu.app.flags.versions import LOCK

PATIENCE_S = 5.0
_LOOK_S = 0.01


class FlagsBusy(OSError):
    """Another command has held the flags for too long."""


def write_whole(path: Path, text: bytes, mode: int = 0o600) -> None:
    """In the place of what is there; on the disk when this returns. Raises OSError: what was there is there still."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)  # of a command that was killed
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync(path.parent)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other command changes them meanwhile; the folder is made. Raises FlagsBusy, OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end = time.monotonic() + PATIENCE_S
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise FlagsBusy(f"{folder} is held by another command for {PATIENCE_S:g} s") from None
                time.sleep(_LOOK_S)
        yield
    finally:
        os.close(lock)


def _sync(folder: Path) -> None:
    """Its names are on the disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
