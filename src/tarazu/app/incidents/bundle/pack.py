"""A bundle as one file: a gzipped tar of plain files, the manifest first, the same bytes for the same content.

MANIFEST.json    which incident, from when to when, every file with its SHA-256, what is missing, what was redacted
"""

import gzip
import io
import os
import tarfile
from pathlib import Path

import msgspec

from tarazu.app.incidents.bundle.staging import FileTold, Missing, Staging

MANIFEST = "MANIFEST.json"
SCHEMA = "tarazu.incident_bundle/1"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    schema: str = SCHEMA
    tarazu: str
    profile: str
    id: str
    known: bool
    """Whether an incident of this id was ever opened."""
    code: str
    severity: str
    since_ns: int
    until_ns: int
    since_ist: str
    until_ist: str
    made_ns: int
    """UTC ns of the profile's clock."""
    made_by: str
    files: tuple[FileTold, ...]
    missing: tuple[Missing, ...]
    redacted: dict[str, int]
    """How often a value was replaced, by the name of the secret or of its shape."""
    scanned_for: int
    """So many credentials were looked for in every byte; their values were replaced, or the file stayed out."""


def pack(staging: Staging, manifest: Manifest, target: Path) -> None:
    """Written beside, on the disk, then named: a bundle is whole or is not there. Raises OSError; FileExistsError where
    there is one of this name."""
    if target.exists():
        raise FileExistsError(f"{target} is there already")
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    raw = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    mtime_s = manifest.made_ns // 1_000_000_000
    try:
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            zipped = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
            with zipped, tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar:
                tar.addfile(_member(MANIFEST, len(raw), mtime_s), io.BytesIO(raw))
                for told in manifest.files:
                    with (staging.folder / told.name).open("rb") as content:
                        tar.addfile(_member(told.name, told.bytes, mtime_s), content)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _member(name: str, size: int, mtime_s: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, mtime_s
    return member
