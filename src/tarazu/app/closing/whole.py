"""Files of a close: each is there whole or as it was, and its hash is known when it is."""

import hashlib
from datetime import date
from pathlib import Path

from tarazu.app.home import Home
from tarazu.runtime import whole


def close_folder(home: Home, day: date) -> Path:
    """Where the artefacts of a day's close lie; made by whoever writes the first."""
    return home.closes / day.isoformat()


def write_whole(path: Path, text: bytes) -> str:
    """The file with `text`, in the place of an older one; its SHA-256 in hexadecimal. Its folder is made.

    Raises OSError: what was there is there still.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole.write_whole(path, text)
    return hashlib.sha256(text).hexdigest()
