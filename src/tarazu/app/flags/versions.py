"""The versions of the flags on the disk: immutable files, each with the hash of the one before it, and a pointer.

    flags/000003-9f2c41d07a5e.json     a version: its number, the first 12 digits of the SHA-256 of its bytes
    flags/active                       which one is active, and which is the latest: replaced whole
    flags/known_good                   the one that stood when a day was last closed cleanly

Version 0 has no file: nothing is set. What is altered, missing or does not read is named and refused.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tarazu.app.flags.known import NONE_SET, BadFlag, Value, Values, flags_of
from tarazu.risk.flags import Flags

SCHEMA, SCHEMA_POINTER = "tarazu.flags/1", "tarazu.flags_active/1"
ACTIVE, KNOWN_GOOD, LOCK = "active", "known_good", "lock"
BYTES_MAX = 1 << 20
_HEX = frozenset("0123456789abcdef")


class BadFlags(Exception):
    """The flags on the disk are not what they were made: the message says which file, why and what to do."""


class _Text(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in a version's file."""

    schema: str = SCHEMA
    version: int
    prev: str
    at_ns: int
    who: str
    why: str
    values: dict[str, Value]


class FlagSet(msgspec.Struct, frozen=True, kw_only=True):
    """One version of all flags."""

    version: int = 0
    sha256: str = ""
    """Of the file's bytes, hexadecimal; empty for version 0."""
    prev: str = ""
    """The hash of the version made before it, which need not be the one that was active."""
    at_ns: int = 0
    """UTC, of the profile's clock."""
    who: str = ""
    why: str = ""
    values: Values = NONE_SET
    """Those that are not at their default."""

    @property
    def flags(self) -> Flags:
        return flags_of(self.version, self.sha256, self.values)

    @property
    def short(self) -> str:
        return self.sha256[:12] or "default"


NOTHING_SET = FlagSet()


class Pointer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: str = SCHEMA_POINTER
    version: int = 0
    sha256: str = ""
    latest: int = 0
    """The version made last, active or not: one that is taken away is missed."""
    latest_sha256: str = ""


def path_of(folder: Path, version: int, sha256: str) -> Path:
    return folder / f"{version:06d}-{sha256[:12]}.json"


def text_of(made: FlagSet) -> bytes:
    """The file's bytes; `sha256` of `made` is not read."""
    text = _Text(
        version=made.version, prev=made.prev, at_ns=made.at_ns, who=made.who, why=made.why, values=dict(made.values)
    )
    return msgspec.json.format(msgspec.json.encode(text), indent=2) + b"\n"


def sha256_of(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def read_version(folder: Path, version: int, sha256: str) -> FlagSet:
    """The version with this number and hash, and no other. Raises BadFlags, OSError."""
    if version == 0 and not sha256:
        return NOTHING_SET
    path = path_of(folder, version, sha256)
    if version < 1 or len(sha256) != 64 or set(sha256) - _HEX:
        raise BadFlags(f"{folder / ACTIVE}: names version {version}, {sha256[:80]!r}, which can be none")
    text = _bytes(path, f"version {version}")
    found = sha256_of(text)
    if found != sha256:
        raise BadFlags(f"version {version}: {path} was altered: its hash is {found[:12]}, made was {sha256[:12]}")
    try:
        read = msgspec.json.decode(text, type=_Text)
        flags_of(read.version, sha256, read.values)
    except (msgspec.MsgspecError, UnicodeDecodeError, BadFlag) as bad:
        raise BadFlags(f"version {version}: {path}: {bad}") from bad
    if read.version != version or read.schema != SCHEMA:
        raise BadFlags(f"version {version}: {path} says that it is version {read.version} of {read.schema}")
    return FlagSet(
        version=version,
        sha256=sha256,
        prev=read.prev,
        at_ns=read.at_ns,
        who=read.who,
        why=read.why,
        values=read.values,
    )


def read_pointer(folder: Path, name: str = ACTIVE) -> Pointer | None:
    """None where there is none and no version either. Raises BadFlags, OSError."""
    path = folder / name
    try:
        text = _bytes(path, name)
    except FileNotFoundError:
        if name == ACTIVE and (left := numbers(folder)):
            raise BadFlags(f"{path} is gone: which of the versions up to {left[-1]} is active nobody can say") from None
        return None
    try:
        found = msgspec.json.decode(text, type=Pointer)
    except (msgspec.MsgspecError, UnicodeDecodeError) as bad:
        raise BadFlags(f"{path}: {bad}") from bad
    if found.schema != SCHEMA_POINTER:
        raise BadFlags(f"{path} is of {found.schema!r}, not of {SCHEMA_POINTER}")
    return found


def numbers(folder: Path) -> list[int]:
    """Of the versions there are files of, in order."""
    return sorted(number for path in folder.glob("*.json") if (number := _number(path)))


def by_number(folder: Path, version: int) -> FlagSet | None:
    """By its file's name, whatever became of the versions around it; None: there is no such file. Raises BadFlags where
    it is not what its name says, or where two have the number, OSError."""
    named = [path for path in folder.glob("*.json") if _number(path) == version]
    if not named:
        return None
    if len(named) > 1:
        raise BadFlags(f"version {version}: two files have the number: {', '.join(sorted(p.name for p in named))}")
    sha256 = sha256_of(_bytes(named[0], f"version {version}"))
    if sha256[:12] != (made := named[0].stem.rpartition("-")[2]):
        raise BadFlags(f"version {version}: {named[0]} was altered: its hash is {sha256[:12]}, made was {made}")
    return read_version(folder, version, sha256)


def chain(folder: Path, pointer: Pointer) -> Iterator[FlagSet]:
    """Every version, the latest first, each proven to be the one that the next was made after. Raises BadFlags,
    OSError at the first that is not."""
    version, sha256 = pointer.latest, pointer.latest_sha256
    while sha256:
        found = read_version(folder, version, sha256)
        yield found
        sha256 = found.prev
        version = _version_of(folder, sha256, found) if sha256 else 0


def _version_of(folder: Path, sha256: str, after: FlagSet) -> int:
    """The number of the version with that hash, by its file's name."""
    for path in folder.glob(f"*-{sha256[:12]}.json"):
        if 0 < (number := _number(path)) < after.version:
            return number
    raise BadFlags(f"the version before {after.version}, {sha256[:12]}, is gone from {folder}")


def _number(path: Path) -> int:
    """0: it is named as no version is."""
    number, _, rest = path.stem.partition("-")
    named = number.isascii() and number.isdigit() and len(number) >= 6 and len(rest) == 12 and not set(rest) - _HEX
    return int(number) if named else 0


def _bytes(path: Path, what: str) -> bytes:
    """Raises FileNotFoundError for the pointer, BadFlags for a version that is gone, OSError."""
    try:
        with path.open("rb") as file:
            text = file.read(BYTES_MAX + 1)
    except (FileNotFoundError, IsADirectoryError) as gone:
        if path.name in (ACTIVE, KNOWN_GOOD) and isinstance(gone, FileNotFoundError):
            raise
        raise BadFlags(f"{what}: {path} is gone") from gone
    if len(text) > BYTES_MAX:
        raise BadFlags(f"{what}: {path} is longer than {BYTES_MAX} bytes")
    return text
