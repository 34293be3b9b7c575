"""One process at a time: a lock file, held for the moment a change takes. It is free again when its holder dies."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE_S = 3.0
_LOOK_S = 0.01


class Held(OSError):
    """Somebody has held it for too long."""


@contextlib.contextmanager
def alone(path: Path, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Makes the file's folder where there is none. Raises Held, OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    end = time.monotonic() + patience_s
    try:
        while not _taken(lock):
            if time.monotonic() > end:
                raise Held(f"{path} is held by another process for {patience_s:g} s")
            time.sleep(_LOOK_S)
        yield
    finally:
        os.close(lock)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
