"""A backup opened: its signature judged before a word of its manifest is read, every name and size before a byte is
unpacked, every header byte for byte.

A backup comes from somebody. What the manifest says is all there may be: each member's header must be the one that we
would write for that name and size, so no link, device, sparse file or extension of tar is ever interpreted.
"""

import os
import stat
import tarfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tarazu.app.backup.container.manifest import (
    BLOCK,
    ENDING,
    MANIFEST,
    NOTE,
    SCHEMA,
    Manifest,
    Member,
    header,
    padding,
)
from tarazu.app.backup.container.names import name_fault, names_fault
from tarazu.app.backup.container.signing import judged
from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.data.days import parse_day
from tarazu.journal.checkpoint import Verifier

MANIFEST_BYTES_MAX = 64 << 20
NOTE_BYTES_MAX = 8 << 10
FILES_MAX = 200_000
FILE_BYTES_MAX = 1 << 40
ZEROS_MAX = 256 << 20
"""Behind a file's last byte: a segment is 64 MiB."""
GZIP_RATIO_MAX = 1_040
"""deflate makes of a byte 1,032 at most (zlib, "Maximum expansion factor")."""
_AGE = b"age-encryption.org/"


class Opened:
    """A backup whose manifest and layout are what they should be; its files are judged as they are unpacked. Close it,
    or use it as a context."""

    def __init__(self, path: Path, fd: int, manifest: Manifest, verifier: Verifier, first: int) -> None:
        self.path, self.fd, self.manifest, self.verifier = path, fd, manifest, verifier
        self.places: dict[str, int] = {}
        """Where a member's content begins, by its name."""
        at = first
        for member in manifest.members:
            self.places[member.name] = at + BLOCK
            at += BLOCK + member.stored + padding(member.stored)
        self.end = at

    def close(self) -> None:
        os.close(self.fd)

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_backup(path: Path, verifiers: Sequence[Verifier]) -> Opened | Refused:
    """By the keys given. Extracts nothing. Raises OSError where the disk fails."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as bad:
        return Refused(Code.NOT_A_FILE, f"{path}: {bad.strerror}")
    try:
        opened = _opened(path, fd, verifiers)
    except BaseException:
        os.close(fd)
        raise
    if isinstance(opened, Refused):
        os.close(fd)
    return opened


def _opened(path: Path, fd: int, verifiers: Sequence[Verifier]) -> Opened | Refused:
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return Refused(Code.NOT_A_FILE, f"{path} is no file")
    found = _manifest(path, fd, verifiers)
    if isinstance(found, Refused):
        return found
    manifest, verifier, first = found
    fault = manifest_fault(manifest)
    if fault is not None:
        return fault
    opened = Opened(path, fd, manifest, verifier, first)
    return _layout_fault(opened, os.fstat(fd).st_size) or opened


def _manifest(path: Path, fd: int, verifiers: Sequence[Verifier]) -> tuple[Manifest, Verifier, int] | Refused:
    """It, who signed it, and where the files begin."""
    if os.pread(fd, len(_AGE), 0) == _AGE:
        return Refused(Code.SEALED, f"{path} is encrypted", "set TARAZU_AGE_IDENTITY or TARAZU_AGE_PASSPHRASE_FILE")
    raw = _member(fd, 0, MANIFEST, MANIFEST_BYTES_MAX, Code.NOT_A_BACKUP)
    if isinstance(raw, Refused):
        return raw
    at = BLOCK + len(raw) + padding(len(raw))
    note = _member(fd, at, NOTE, NOTE_BYTES_MAX, Code.UNSIGNED)
    if isinstance(note, Refused):
        return note
    verifier = judged(raw, note, verifiers)
    if isinstance(verifier, Refused):
        return verifier
    manifest = _decoded(raw)
    return (
        manifest if isinstance(manifest, Refused) else (manifest, verifier, at + BLOCK + len(note) + padding(len(note)))
    )


def _member(fd: int, at: int, name: str, most: int, otherwise: Code) -> bytes | Refused:
    """The content of the one member that has to be here."""
    block = os.pread(fd, BLOCK, at)
    size = _size(block)
    if size is None or size > most or block != header(name, size):
        return Refused(otherwise, f"no {name} of at most {most:,} bytes at offset {at}")
    raw = os.pread(fd, size + padding(size), at + BLOCK)
    if len(raw) < size + padding(size):
        return Refused(Code.TRUNCATED, f"it ends within {name}")
    if any(raw[size:]):
        return Refused(Code.BAD_HEADER, f"there is something behind {name}, within its block")
    return raw[:size]


def _size(block: bytes) -> int | None:
    """Of a member, by its header; None: it is none."""
    try:
        return tarfile.TarInfo.frombuf(block, "ascii", "strict").size
    except (tarfile.HeaderError, UnicodeDecodeError, ValueError):
        return None


def _decoded(raw: bytes) -> Manifest | Refused:
    try:
        schema = msgspec.json.decode(raw, type=_Schema).schema
        if schema != SCHEMA:
            return Refused(Code.OTHER_SCHEMA, f"it is a {schema[:80]!r}; this tarazu reads {SCHEMA}")
        return msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as bad:
        return Refused(Code.BAD_MANIFEST, f"its manifest does not read: {bad}")


class _Schema(msgspec.Struct):
    schema: str


def manifest_fault(manifest: Manifest) -> Refused | None:
    """What no manifest of ours says, whoever signed it."""
    members = manifest.members
    if len(members) > FILES_MAX:
        return Refused(Code.TOO_MANY, f"{len(members):,} files; a home has at most {FILES_MAX:,}")
    if any(parse_day(day.day) is None for day in manifest.journal) or not 0 <= manifest.made_ns < 1 << 63:
        return Refused(Code.BAD_MANIFEST, "it tells of days and moments that there are none of")
    fault = names_fault(member.name for member in members)
    return fault or next(filter(None, map(_size_fault, members)), None)


def _size_fault(member: Member) -> Refused | None:
    if not 0 <= member.packed <= member.bytes or member.stored < 0:
        return Refused(Code.BAD_MANIFEST, f"{member.name}: sizes that no file has")
    if max(member.bytes, member.stored) > FILE_BYTES_MAX:
        return Refused(Code.TOO_LARGE, f"{member.name} would have {member.bytes:,} bytes")
    expansion = 1 if member.coding == "raw" else GZIP_RATIO_MAX
    if member.packed > member.stored * expansion or member.bytes - member.packed > ZEROS_MAX:
        return Refused(Code.BOMB, f"{member.name}: {member.stored:,} bytes would become {member.bytes:,}")
    return _header_fault(member)


def _header_fault(member: Member) -> Refused | None:
    try:
        header(member.tar_name, member.stored)
    except ValueError as bad:
        return Refused(Code.LONG_NAME, f"{member.name[:80]!r} has a name or a size that no header of a tar has: {bad}")
    return None


def _layout_fault(opened: Opened, size: int) -> Refused | None:
    """Every header, what is between the files, and the end."""
    listed = {member.tar_name for member in opened.manifest.members}
    for member in opened.manifest.members:
        at = opened.places[member.name] - BLOCK
        block = os.pread(opened.fd, BLOCK, at)
        if block != header(member.tar_name, member.stored):
            return _diagnosed(block, member, listed) if at + BLOCK <= size else _cut(opened, size, member.name)
        behind = opened.places[member.name] + member.stored
        if any(os.pread(opened.fd, padding(member.stored), behind)):
            return Refused(Code.BAD_HEADER, f"there is something behind {member.name}, within its block")
    if size < opened.end + len(ENDING):
        return _cut(opened, size, "its end")
    ending = os.pread(opened.fd, len(ENDING), opened.end)
    if any(ending):
        return _diagnosed(ending[:BLOCK], None, listed)
    if size > opened.end + len(ENDING):
        return Refused(Code.TRAILING, f"{size - opened.end - len(ENDING):,} bytes lie behind its end")
    return None


def _cut(opened: Opened, size: int, what: str) -> Refused:
    whole = opened.end + len(ENDING)
    return Refused(Code.TRUNCATED, f"{size:,} bytes of {whole:,}: it ends before {what}", "another copy of it")


def _kind_fault(found: tarfile.TarInfo) -> Code | None:
    if found.issym() or found.islnk():
        return Code.LINK
    if found.isdev():
        return Code.DEVICE
    return None if found.isreg() else Code.NOT_PLAIN


def _diagnosed(block: bytes, expected: Member | None, listed: set[str]) -> Refused:
    """What is here instead of what the manifest names: for whoever has to find out who made it."""
    wanted = f"where {expected.name} belongs" if expected is not None else "behind the last file"
    if not any(block):
        return Refused(Code.MISSING, f"it ends {wanted}")
    try:
        found = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return Refused(Code.BAD_HEADER, f"no header of a file {wanted}")
    told = f"{found.name[:80]!r} {wanted}"
    code = _kind_fault(found)
    if code is None and found.name not in listed:
        fault = name_fault(found.name.removeprefix("home/"))
        return Refused(fault.code if fault else Code.NOT_IN_MANIFEST, told)
    if code is None and (expected is None or found.name != expected.tar_name):
        code = Code.DUPLICATE if expected is None else Code.MISSING
    if code is None and expected is not None and found.size != expected.stored:
        code = Code.WRONG_SIZE
    return Refused(code or Code.BAD_HEADER, told)
