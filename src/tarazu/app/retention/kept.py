"""What a day is kept in besides this disk: the last backup, judged anew before anything relies on it."""

import hashlib
from pathlib import Path

import msgspec

from tarazu.adapters.signing import verifiers_of
from tarazu.app.backup.latest import latest_backup
from tarazu.app.backup.opened import open_backup
from tarazu.app.backup.refusal import Refused
from tarazu.app.data.steps import Progress
from tarazu.app.home import Home
from tarazu.journal.checkpoint import BadNote
from tarazu.runtime.desk_record import BadDeskRecord

CHUNK_BYTES = 4 << 20
BACK_UP = "tarazu dr backup"


class NotKept(Exception):
    """Nothing may go; the message says why, `hint` what to run."""

    def __init__(self, why: str, hint: str = BACK_UP) -> None:
        super().__init__(why)
        self.hint = hint


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was restored once and is, byte for byte, what it was then."""

    path: str
    sha256: str
    files: dict[str, str]
    """SHA-256 in hexadecimal of each file in it, by its name in the home."""


def kept(home: Home, progress: Progress) -> Kept:
    """The last backup, read to its end. Raises NotKept, OSError."""
    try:
        last, by = latest_backup(home), verifiers_of(home.keys)
    except (BadDeskRecord, BadNote) as bad:
        raise NotKept(str(bad), "tarazu ready --only desk.chain") from bad
    if last is None or not last.there:
        raise NotKept("there is no backup" if last is None else f"{last.file.path} is not there any more")
    told = last.file
    if not told.proven:
        raise NotKept(f"{told.path} was never restored: nobody knows that it can be", "tarazu dr drill")
    if told.sealed:
        raise NotKept(f"{told.path} is encrypted, and is not looked into here", f"{BACK_UP}, unencrypted, on that disk")
    path = Path(told.path)
    if sha256_of(path, progress) != told.sha256:
        raise NotKept(f"{path} is not what it was when it was proven", f"tarazu dr verify {path}")
    opened = open_backup(path, by)
    if isinstance(opened, Refused):
        raise NotKept(str(opened.detail), f"tarazu dr verify {path}")
    with opened:
        files = {member.name: member.sha256 for member in opened.manifest.members}
    return Kept(path=str(path), sha256=told.sha256, files=files)


def sha256_of(path: Path, progress: Progress = lambda done, total: None) -> str:
    """In hexadecimal. Raises OSError."""
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            progress(done, size)
    return digest.hexdigest()
