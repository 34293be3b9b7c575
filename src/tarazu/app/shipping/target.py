"""The folder of the copy, and whose it is: nothing is written into one that is not proven to be ours.

    <to>/<profile>/            laid out as the home is, so that every command that reads a home reads the copy
      ship.json                whose copy this is
      ship.lock                held by the one process that writes it

A mount that is not mounted leaves an empty folder on this very disk, which would take the copy and be told as a second
disk. So both sides remember each other: `ship.json` in the copy and `shipping.json` in the home have one id. Where the
copy should be and its mark is not, nothing is copied.
"""

import errno
import fcntl
import os
import secrets
import socket
from pathlib import Path

import msgspec

from tarazu.app.home import Home
from tarazu.app.shipping.failing import SourceFailed, TargetFailed, reading, writing
from tarazu.ports.disk import Disk
from tarazu.runtime.os_disk import OsDisk

MARK, NOTE, LOCK = "ship.json", "shipping.json", "ship.lock"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """In the copy: whose it is."""

    schema: str = "tarazu.ship/1"
    id: str
    profile: str
    home: str
    host: str


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """In the home: where its copy is."""

    id: str
    to: str
    claimed: bool = False
    """The copy has its mark; False only while it gets it."""


class Target:
    """The copy of one home, held by this process until `close`."""

    def __init__(self, home: Home, to: Path, disk: Disk | None = None) -> None:
        """Claim it, for the first time or again. Raises TargetFailed, SourceFailed."""
        self.home, self.disk = home, disk or OsDisk()
        self.root = to / home.profile
        self._lock = -1
        check_place(home, to)
        try:
            with writing(self.root):
                self._claim(to)
        except BaseException:
            self.close()
            raise

    def free_bytes(self) -> int:
        """Raises OSError."""
        return self.disk.free_bytes(self.root)

    def folder(self, name: str) -> Path:
        """Made when it is not there. Raises OSError."""
        path = self.root / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def still_there(self) -> None:
        """Raises TargetFailed where the mark is not there any more, SourceFailed where the home is not."""
        with reading(self.home.root / NOTE):
            note = read_note(self.home)
        with writing(self.root):
            mark = read_mark(self.root)
        if note is None:
            raise SourceFailed("SOURCE_GONE", f"{self.home.root / NOTE} is not there any more", f"ls {self.home.root}")
        if mark is None or note.id != mark.id:
            raise TargetFailed("TARGET_GONE", f"{self.root} has lost its mark while it was written")

    def replace(self, path: Path, data: bytes) -> None:
        """The file whole, on the disk when it returns. Raises OSError."""
        beside = path.with_name(f".{path.name}.part")
        fd = self.disk.open(beside)
        try:
            self.disk.truncate(fd, 0)
            write_at(self.disk, fd, data, 0)
            self.disk.fdatasync(fd)
        finally:
            self.disk.close(fd)
        self.disk.rename(beside, path)
        self.disk.sync_folder(path.parent)

    def close(self) -> None:
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def _claim(self, to: Path) -> None:
        with reading(self.home.root):
            note = read_note(self.home)
        mark = read_mark(self.root)
        if note is not None and note.claimed and note.to == str(to) and mark is None:
            raise TargetFailed(
                "TARGET_GONE",
                f"{self.root} has not the mark that it had: the disk of the copy is not mounted there, or was emptied",
                f"mount {to}; for a new copy: rm {self.home.root / NOTE}",
            )
        ours = mark is not None and note is not None and mark.id == note.id
        if mark is not None and not ours:
            raise TargetFailed(
                "TARGET_FOREIGN",
                f"{self.root} is the copy of another home: of {mark.home} on {mark.host}",
                "tarazu config explain ship.to; choose an empty folder",
            )
        if mark is None:
            note = self._begin(to)
        assert note is not None
        self._hold()
        if not note.claimed or note.to != str(to):
            self._note(Note(id=note.id, to=str(to), claimed=True))

    def _begin(self, to: Path) -> Note:
        """A copy that does not exist yet. The home notes it first: a start that is cut off here is gone on with."""
        if self.root.exists() and any(path.name != LOCK for path in self.root.iterdir()):
            raise TargetFailed(
                "TARGET_FOREIGN", f"{self.root} is not empty, and is no copy", "choose an empty folder for [ship] to"
            )
        note = Note(id=secrets.token_hex(16), to=str(to))
        self._note(note)
        self.root.mkdir(mode=0o700, exist_ok=True)
        mark = Mark(id=note.id, profile=self.home.profile, home=str(self.home.root), host=socket.gethostname())
        self.replace(self.root / MARK, msgspec.json.encode(mark))
        return note

    def _hold(self) -> None:
        self._lock = os.open(self.root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise TargetFailed("TARGET_HELD", f"{self.root} is written by another process", "tarazu status") from None

    def _note(self, note: Note) -> None:
        with reading(self.home.root):
            self.replace(self.home.root / NOTE, msgspec.json.encode(note))


def read_mark(root: Path) -> Mark | None:
    """None: there is none, or it does not read: such a copy is nobody's. Raises OSError."""
    try:
        return msgspec.json.decode((root / MARK).read_bytes(), type=Mark)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        return Mark(id="", profile="", home="nobody who can be told", host="an unknown host")


def read_note(home: Home) -> Note | None:
    """None: nothing was ever copied from this home, or nothing says so. Raises OSError, where there is no home too."""
    home.root.stat()
    try:
        return msgspec.json.decode((home.root / NOTE).read_bytes(), type=Note)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def write_at(disk: Disk, fd: int, data: bytes | memoryview, offset: int) -> None:
    """All of it. Raises OSError."""
    view, done = memoryview(data), 0
    while done < len(view):
        taken = disk.pwrite(fd, view[done:], offset + done)
        if taken <= 0:
            raise OSError(errno.ENOSPC, "the disk takes no bytes")
        done += taken


def check_place(home: Home, to: Path) -> None:
    copy = to / home.profile
    if not to.is_absolute():
        raise TargetFailed("TARGET_PATH", f"[ship] to must be a whole path, not {to}", "tarazu config explain ship.to")
    if copy == home.root or home.root in copy.parents or copy in home.root.parents:
        raise TargetFailed("TARGET_PATH", f"{copy} and the home {home.root} lie in each other", "choose another folder")
    with writing(to):
        if not to.is_dir():
            raise TargetFailed("TARGET_GONE", f"{to} is not there: nothing is made in its place", f"mount {to}")
