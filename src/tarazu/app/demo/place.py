"""Where a demo lives: one folder with a home in it, made afresh; the run before is kept once, beside it.

var/demo/
  tarazu-demo.json     the mark: this folder is a demo's, and may be made anew
  home/                TARAZU_HOME of the desk that it leaves
  report.html, demo.json
  previous/            the run before, whole
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tarazu.app.demo.options import BadDemo
from tarazu.app.drills.place import sweep
from tarazu.app.home import Home, Profile

MARK, LOCK, PREVIOUS = "tarazu-demo.json", "lock", "previous"
REPORT, TOLD = "report.html", "demo.json"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    schema: str = "tarazu.demo_folder/1"
    version: str


class Place(msgspec.Struct, frozen=True):
    """Absolute."""

    folder: Path

    @property
    def home(self) -> Home:
        return Home(Profile.SIM, self.folder / "home" / Profile.SIM)

    @property
    def report(self) -> Path:
        return self.folder / REPORT

    @property
    def told(self) -> Path:
        return self.folder / TOLD


@contextmanager
def demo_place(folder: Path, version: str) -> Iterator[Place]:
    """A fresh one; every process that began in it is gone when the block ends. Raises BadDemo."""
    place = Place(folder.absolute())
    with contextlib.ExitStack() as held:
        try:
            _refuse_foreign(place.folder)
            place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            held.enter_context(_alone(place.folder))
            _put_aside(place)
            (place.folder / MARK).write_bytes(msgspec.json.encode(Mark(version=version)))
            place.home.make()
        except OSError as no:
            raise BadDemo(f"{place.folder} cannot be used ({no}): name another with --folder") from no
        try:
            yield place
        finally:
            _swept(place.home)


def _swept(home: Home) -> None:
    """To its end: what breaks a demo off may come while its processes are ended, but once alone."""
    try:
        sweep(home)
    except KeyboardInterrupt:
        sweep(home)
        raise


def _refuse_foreign(folder: Path) -> None:
    """What is not a demo's is never touched."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise BadDemo(f"{folder} is no folder of its own: name another with --folder")
    if folder.is_dir() and not (folder / MARK).is_file() and not _is_new(folder):
        raise BadDemo(f"{folder} has something in it and is no demo's (no {MARK}): name another with --folder")


def _is_new(folder: Path) -> bool:
    """Nothing in it but an empty lock: a first demo was ended before it had put its mark there."""
    inside = list(folder.iterdir())
    return all(path.name == LOCK and path.is_file() and not path.stat().st_size for path in inside)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One demo in a folder at a time; the lock ends with its holder. Raises BadDemo."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise BadDemo(f"another demo runs in {folder}: wait for it, or name another folder with --folder") from None
    try:
        yield
    finally:
        os.close(lock)


def _put_aside(place: Place) -> None:
    """The run before becomes `previous`, and what it left running is ended: a broken-off one may have left much."""
    left = [path for path in place.folder.iterdir() if path.name not in (MARK, LOCK, PREVIOUS)]
    if not left:
        return
    if place.home.root.is_dir():
        sweep(place.home)
    previous = place.folder / PREVIOUS
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(previous)
    previous.mkdir(mode=0o700)
    for path in left:
        path.rename(previous / path.name)
