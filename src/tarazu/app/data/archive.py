"""A recorded day kept as Parquet: a folder with the frames, the ticks in them, and a manifest of both.

archive/<day>/
  frames.parquet   the log, frame for frame: with it the segments can be made again
  ticks.parquet    every packet of the binary frames, decoded
  manifest.json    what these were made from, and their checksums; written last

The folder appears whole or not at all.
"""

import hashlib
from datetime import date
from pathlib import Path

import msgspec

from tarazu.app.data.steps import Progress
from tarazu.app.home import Home
from tarazu.runtime.damage import Damage

SCHEMA = "tarazu.archive/1"
FRAMES, TICKS, MANIFEST = "frames.parquet", "ticks.parquet", "manifest.json"
_HASH_BYTES = 1 << 22


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    rows: int
    group_rows: int
    """How many rows a row group has: read so many at a time."""
    size: int
    sha256: str


class SourceSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment as it was when the archive was made."""

    segment: int
    size: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Only written once the frames read back were those of the segments, row for row."""

    schema: str = SCHEMA
    made_by: str
    """tarazu's version."""
    made_ns: int
    day: date
    so_far: bool
    """The day was still being written: it ends at frame `through`, the log does not."""
    through: int
    """Sequence of the last frame; 0 for a day without frames."""
    frames: int
    payload_bytes: int
    ticks: int
    broken_frames: int
    """Binary frames that the decoder could not read to their end; their valid packets are ticks all the same."""
    first_wall_ns: int | None
    last_wall_ns: int | None
    files: tuple[KeptFile, ...]
    segments: tuple[SourceSegment, ...]
    damages: tuple[Damage, ...]
    """Of the segments; the sequences of what they cost are missing from the frames."""

    @property
    def frame_group_rows(self) -> int:
        return next(f.group_rows for f in self.files if f.name == FRAMES)


class BadArchive(ValueError):
    """Not an archive that this version reads, or not the bytes its manifest tells of; the message is for the user."""


def archive_folder(home: Home, day: date) -> Path:
    return home.root / "archive" / day.isoformat()


def read_manifest(folder: Path) -> Manifest | None:
    """None when there is none. Raises BadArchive, OSError."""
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as bad:
        raise BadArchive(f"{path}: {bad}") from bad
    if manifest.schema != SCHEMA:
        raise BadArchive(f"{path}: schema {manifest.schema}, this program reads {SCHEMA}")
    return manifest


def is_whole(folder: Path, manifest: Manifest) -> bool:
    """Whether the files are there and of the right size: what can be told without reading them."""
    paths = ((folder / f.name, f.size) for f in manifest.files)
    return all(path.exists() and path.stat().st_size == size for path, size in paths)


def changed_files(folder: Path, manifest: Manifest, progress: Progress | None = None) -> list[str]:
    """Names of the files that are missing or not the bytes the manifest tells of. Reads them all."""
    changed = []
    for done, file in enumerate(manifest.files, start=1):
        path = folder / file.name
        if not path.exists() or path.stat().st_size != file.size or sha256_of(path) != file.sha256:
            changed.append(file.name)
        if progress is not None:
            progress(done, len(manifest.files))
    return changed


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BYTES):
            digest.update(block)
    return digest.hexdigest()


def kept_file(path: Path, rows: int, group_rows: int) -> KeptFile:
    """As it is now. Raises OSError."""
    return KeptFile(name=path.name, rows=rows, group_rows=group_rows, size=path.stat().st_size, sha256=sha256_of(path))
