"""What a supervised process printed: the end of its log, since a moment."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

LINES, BYTES_MAX = 8, 64_000


class LogMark:
    """A log as long as it is now: what comes after is what the process says from here on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._from = path.stat().st_size if path.exists() else 0

    def last_lines(self, count: int = LINES) -> tuple[str, ...]:
        """The last of those written since; all of a log that was begun anew meanwhile."""
        size = self.path.stat().st_size if self.path.exists() else 0
        return last_lines(self.path, count, self._from if size >= self._from else 0)


def last_lines(path: Path, count: int, after: int = 0) -> tuple[str, ...]:
    """Up to `count` lines that begin after so many bytes; none where there is no log. Reads no more than it must."""
    if not path.exists():
        return ()
    with path.open("rb") as file:
        return _last(file, count, after)


def following(path: Path, count: int, look_s: float = 0.2) -> Iterator[str]:
    """The last `count` lines, then every further one as it is written, through rotations; without end.

    A file that is not there yet is waited for.
    """
    while not path.exists():
        time.sleep(look_s)
    file, part = path.open("rb"), b""
    yield from _last(file, count, 0)
    while True:
        chunk = file.read()
        *whole, part = (part + chunk).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
        if not chunk and _is_another(path, file):
            file.close()
            file = path.open("rb")
        elif not chunk:
            time.sleep(look_s)


def _last(file: BinaryIO, count: int, after: int) -> tuple[str, ...]:
    """Leaves the file behind the last whole line of it."""
    size = file.seek(0, os.SEEK_END)
    take = min(max(BYTES_MAX, 400 * count), size - after)
    file.seek(size - take)
    text = file.read(take)
    end = text.rfind(b"\n") + 1
    file.seek(size - take + end)
    lines = text[:end].decode(errors="replace").splitlines()
    cut = 1 if take < size - after else 0  # the first is a part of a line
    return tuple(lines[cut:][-count:]) if count else ()


def _is_another(path: Path, file: BinaryIO) -> bool:
    """The name has gone to a new file, or the file was cut."""
    if not path.exists():
        return False
    now, held = path.stat(), os.fstat(file.fileno())
    return now.st_ino != held.st_ino or now.st_size < file.tell()
