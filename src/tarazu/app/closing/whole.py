"""Files of a close: each is there whole or as it was, and its hash is known when it is."""

import hashlib
import os
from datetime import date
from pathlib import Path

from tarazu.app.home import Home
from tarazu.runtime.segment_file import sync_folder


def close_folder(home: Home, day: date) -> Path:
    """Where the artefacts of a day's close lie; made by whoever writes the first."""
    return home.closes / day.isoformat()


def write_whole(path: Path, text: bytes) -> str:
    """The file with `text`, in the place of an older one; its SHA-256 in hexadecimal. Its folder is made.

    Raises OSError: what was there is there still.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(making, "wb", opener=_private) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        making.replace(path)
    except BaseException:
        making.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return hashlib.sha256(text).hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
