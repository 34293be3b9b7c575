"""A clip: a stretch of a recorded day in a folder that stands alone, to be carried away and played again.

clip.json                  the manifest, written last: a folder without one is not finished
master.csv                 the master's rows of the instruments concerned, as `GET /instruments` has them
feed/<day>/NNNNNN.seg      a feed log of its own: the same frames, stamps, connections and kinds, numbered from 1
"""

import gzip
import hashlib
import zlib
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from tarazu.app.masters.store import DamagedMaster, MasterStore
from tarazu.runtime.damage import Damage
from tarazu.runtime.segment import day_folder
from tarazu.wire.kite_instruments import BadCsv, InstrumentMaster, decode_csv

MANIFEST = "clip.json"
MASTER = "master.csv"
SCHEMA = "tarazu.clip/1"
_BLOCK = 1 << 20


class BadClip(ValueError):
    """The folder is no clip, or not the one that was made; the message is for the user."""


class FileSum(msgspec.Struct, frozen=True, kw_only=True):
    sha256: str
    bytes: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for; None where nothing was said. Times are UTC ns of the recording's stamps."""

    since_ns: int | None = None
    from_sequence: int | None = None
    until_ns: int | None = None


class MarkSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The log's own word of the recording, which a clip does not repeat as a frame."""

    sequence: int
    wall_ns: int
    said: Any
    """`{"recording": "STOPPED", ...}`."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    schema: str = SCHEMA
    tarazu: str
    profile: str
    day: date
    wanted: Wanted
    carried: int
    """So many frames at the front are older than the stretch: the last MASTER_LOADED and SELECTED before it, copied so
    that the clip says by itself what it should hold."""
    first_ns: int
    """Wall stamps of the first and last frame that were not carried over."""
    last_ns: int
    first_ist: str
    last_ist: str
    first_sequence: int
    """In the log it was taken from."""
    last_sequence: int
    frames: int
    """Without the carried ones."""
    packets: int
    kinds: dict[str, int]
    missing: int
    """Frames between the first and the last that the log does not have."""
    damages: tuple[Damage, ...]
    """Places in the log it was taken from."""
    marks: tuple[MarkSeen, ...]
    instruments: int
    """Rows of `master.csv`."""
    without_row: tuple[int, ...]
    """Tokens in the frames that the day's master does not have."""
    fno_shares: tuple[str, ...]
    """Which of the shares have contracts: a row does not say."""
    files: dict[str, FileSum]
    """All others, by path."""


class Clip(msgspec.Struct, frozen=True):
    """A clip whose files are those it was made with."""

    folder: Path
    manifest: Manifest

    @property
    def day_folder(self) -> Path:
        return day_folder(self.folder / "feed", self.manifest.day)

    @property
    def master(self) -> Path | None:
        return self.folder / MASTER if MASTER in self.manifest.files else None


def is_clip(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()


def read_clip(folder: Path) -> Clip:
    """Check every file's checksum. Raises BadClip, OSError."""
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError as absent:
        raise BadClip(f"{folder} has no {MANIFEST}: it is no clip, or its recording was not ended") from absent
    except msgspec.MsgspecError as bad:
        raise BadClip(f"{path} is damaged: {bad}") from bad
    if manifest.schema != SCHEMA:
        raise BadClip(f"{path} is a {manifest.schema}; this tarazu reads {SCHEMA}")
    bad_files = [name for name, told in manifest.files.items() if not _is_as_told(folder / _inside(name), told)]
    if bad_files:
        names = ", ".join(bad_files[:5])
        raise BadClip(f"{folder} is damaged: {len(bad_files)} files are not as {MANIFEST} says: {names}; copy it again")
    clip = Clip(folder, manifest)
    strange = sorted(set(segment_names(clip.day_folder, folder)) - set(manifest.files))
    if strange:
        raise BadClip(f"{folder} has segments that {MANIFEST} does not know: {', '.join(strange[:5])}")
    return clip


def segment_names(day: Path, folder: Path) -> list[str]:
    """The segments of a clip's log as the manifest names them."""
    return sorted(path.relative_to(folder).as_posix() for path in day.glob("*.seg"))


def file_sum(path: Path) -> FileSum:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return FileSum(sha256=digest.hexdigest(), bytes=size)


def read_master(path: Path) -> InstrumentMaster:
    """A dump as text or gzipped. Raises BadClip when it is none, OSError."""
    dump = path.read_bytes()
    try:
        return _decoded(path, gzip.decompress(dump) if path.suffix == ".gz" else dump)
    except (EOFError, gzip.BadGzipFile, zlib.error) as bad:
        raise BadClip(f"{path} is no gzip file: {bad}") from bad


def day_master(masters: Path, day: date) -> InstrumentMaster | None:
    """The master kept for a day; None without one. Raises BadClip when it cannot be trusted, OSError."""
    try:
        kept = MasterStore(masters).load(day)
    except DamagedMaster as bad:
        raise BadClip(str(bad)) from bad
    return None if kept is None else _decoded(masters, kept.csv)


def _decoded(path: Path, dump: bytes) -> InstrumentMaster:
    found = decode_csv(dump)
    if isinstance(found, BadCsv):
        raise BadClip(f"{path}: {found}")
    return found


def _is_as_told(path: Path, told: FileSum) -> bool:
    return path.is_file() and path.stat().st_size == told.bytes and file_sum(path).sha256 == told.sha256


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise BadClip(f"{MANIFEST} names a file outside its folder: {name}")
    return path
