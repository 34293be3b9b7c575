"""What a backup says of itself, signed: every file with its hash, the journal's root day by day, the tables' digest.

The file is a plain tar that any tool reads; what is in it is fixed by the manifest to the last byte of every header:

    MANIFEST.json          this
    MANIFEST.note          a C2SP signed note over its hash, by the key that signs the journal's checkpoints
    home/journal/...       the files, in the manifest's order; `.gz` where they are compressed (gunzip reads them)

A preallocated segment's zeros are not stored: a file is `packed` bytes and then zeros up to `bytes`.
"""

import io
import tarfile
from typing import Literal

import msgspec

SCHEMA = "tarazu.backup/1"
MANIFEST, NOTE, PREFIX = "MANIFEST.json", "MANIFEST.note", "home/"
BLOCK = tarfile.BLOCKSIZE
ENDING = bytes(2 * BLOCK)
SUFFIX = ".backup.tar"
SEALED_SUFFIX = f"{SUFFIX}.age"


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    """Within the home, with slashes."""
    bytes: int
    packed: int
    """Up to its last byte that is not zero."""
    stored: int
    """In the backup."""
    coding: Literal["raw", "gzip"]
    sha256: str
    """Of the whole file, in hex."""
    stored_sha256: str
    """Of what is stored: judged before anything is decompressed."""

    @property
    def tar_name(self) -> str:
        return f"{PREFIX}{self.name}{'.gz' if self.coding == 'gzip' else ''}"


class JournalDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day of the journal as it is in the backup; of the day being written, up to what was acknowledged."""

    day: str
    entries: int
    root: str
    """The Merkle root over them, in hex, as `tarazu audit verify` tells it."""
    head: str
    """The hash of the last, in hex."""
    fault: str = ""
    """What is wrong with it at the source; it is backed up as it is."""


class RecordTold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The desk's record in the backup."""

    entries: int = 0
    head: str = ""
    """The hash of the last line."""
    fault: str = ""
    """What is wrong with it at the source."""


class TableTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rows: int
    sha256: str


class LeftOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    why: str
    is_wrong: bool = False
    """Whether somebody has to look at it."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: str = SCHEMA
    tarazu: str
    profile: str
    day: str
    """The day that it closes, ISO."""
    made_ns: int
    """UTC ns of the profile's clock."""
    made_by: str
    verifier_key: str
    """Of the key that signed it. It proves nothing to whoever has it from here alone."""
    members: tuple[Member, ...]
    journal: tuple[JournalDay, ...]
    record: RecordTold
    tables: dict[str, TableTold] | None
    """Of the database; None: there is none in it."""
    left_out: tuple[LeftOut, ...]

    @property
    def size(self) -> int:
        """In bytes, of a home that is restored from it."""
        return sum(member.bytes for member in self.members)

    @property
    def entries(self) -> int:
        return sum(day.entries for day in self.journal)

    def encoded(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


def header(name: str, size: int) -> bytes:
    """The one header that a member of this name and size has. Raises ValueError where ustar cannot say it."""
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, 0
    return member.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def padding(size: int) -> int:
    """Bytes up to the next block."""
    return -size % BLOCK


def head(manifest: bytes, note: bytes) -> bytes:
    """What stands before the files."""
    made = io.BytesIO()
    for name, raw in ((MANIFEST, manifest), (NOTE, note)):
        made.write(header(name, len(raw)) + raw + bytes(padding(len(raw))))
    return made.getvalue()
