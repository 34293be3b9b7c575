"""The files of an opened backup into a fresh folder that is nobody else's; each judged by its signed hash.

The stored bytes are judged before they are decompressed, and what comes of them before anything reads it. A file that
is not what was signed ends it: the caller throws the folder away.
"""

import hashlib
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tarazu.app.backup.container.manifest import Member
from tarazu.app.backup.container.sources import CHUNK_BYTES, zeros
from tarazu.app.backup.opened import Opened
from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.data.steps import Progress

ROOM_LEFT = 2 << 30
"""With less the journal of a desk on that disk takes no entries (`runtime.journal_state`)."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_THREADS = 2
_GZIP = 31


def room_fault(folder: Path, needed: int) -> Refused | None:
    """Whether so many bytes would fill the disk. Raises OSError."""
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free - needed >= ROOM_LEFT:
        return None
    told = f"{folder} has {free >> 20:,} MiB free; this takes {needed >> 20:,} MiB and leaves {ROOM_LEFT >> 30} GiB"
    return Refused(Code.NO_ROOM, told, f"df -h {folder}")


def unpack(opened: Opened, folder: Path, progress: Progress, *, durable: bool) -> Refused | None:
    """Into `folder`, which is made here and must not be there. `durable`: on the disk when this returns. `progress`
    hears bytes. None: all of it is as it was. Raises OSError."""
    fault = room_fault(folder.parent, opened.manifest.size)
    if fault is not None:
        return fault
    os.mkdir(folder, 0o700)  # noqa: PTH102 - raises where anything of this name is there, a link too
    tree = _Tree(folder)
    try:
        for member in opened.manifest.members:
            tree.make(member.name)
        fault = _all(opened, tree, progress, durable)
        if fault is None and durable:
            tree.sync()
        return fault
    finally:
        tree.close()


def _all(opened: Opened, tree: "_Tree", progress: Progress, durable: bool) -> Refused | None:
    members, total, done = opened.manifest.members, max(1, opened.manifest.size), 0
    with ThreadPoolExecutor(_THREADS, "backup-unpack") as pool:
        told = pool.map(lambda member: _unpacked(opened, member, tree, durable), members)
        for member, fault in zip(members, told, strict=True):
            if fault is not None:
                pool.shutdown(cancel_futures=True)
                return fault
            done += member.bytes
            progress(done, total)
    return None


def _unpacked(opened: Opened, member: Member, tree: "_Tree", durable: bool) -> Refused | None:
    if member.coding == "gzip" and (fault := _stored_fault(opened, member)) is not None:
        return fault
    above, _, name = member.name.rpartition("/")
    with tree.folder(above) as folder:
        fd = os.open(name, _NEW, 0o600, dir_fd=folder)
    try:
        fault = _written(opened, member, fd)
        if fault is None and member.bytes > member.packed:
            os.posix_fallocate(fd, 0, member.bytes)  # a segment's room is had when it is made, not when it is written
        if fault is None and durable:
            os.fsync(fd)
        return fault
    finally:
        os.close(fd)


def _stored_fault(opened: Opened, member: Member) -> Refused | None:
    stored = hashlib.sha256()
    for piece in _pieces(opened, member):
        stored.update(piece)
    return None if stored.hexdigest() == member.stored_sha256 else _wrong(member)


def _wrong(member: Member) -> Refused:
    return Refused(Code.WRONG_HASH, f"{member.name} is not what was backed up", "another copy of it")


def _written(opened: Opened, member: Member, fd: int) -> Refused | None:
    whole, size = hashlib.sha256(), 0
    pieces = _pieces(opened, member) if member.coding == "raw" else _inflated(opened, member)
    try:
        for piece in pieces:
            size += len(piece)
            if size > member.packed:
                return Refused(Code.BOMB, f"{member.name} goes on after {member.packed:,} bytes")
            whole.update(piece)
            _write(fd, piece)
    except zlib.error as bad:
        return Refused(Code.WRONG_HASH, f"{member.name} does not decompress: {bad}")
    if size != member.packed:
        return Refused(Code.WRONG_SIZE, f"{member.name}: {size:,} bytes of {member.packed:,}")
    if member.coding == "raw" and whole.hexdigest() != member.stored_sha256:
        return _wrong(member)
    for blank in zeros(member.bytes - size):
        whole.update(blank)
    return None if whole.hexdigest() == member.sha256 else _wrong(member)


def _pieces(opened: Opened, member: Member) -> Iterator[bytes]:
    at, left = opened.places[member.name], member.stored
    while left > 0:
        piece = os.pread(opened.fd, min(CHUNK_BYTES, left), at)
        if not piece:
            raise OSError(f"{opened.path} was cut off while it was read")
        at, left = at + len(piece), left - len(piece)
        yield piece


def _inflated(opened: Opened, member: Member) -> Iterator[bytes]:
    """gzip members one behind the other; never more at once than a chunk. Raises zlib.error."""
    inflate = zlib.decompressobj(_GZIP)
    for piece in _pieces(opened, member):
        while piece:
            yield inflate.decompress(piece, CHUNK_BYTES)
            piece = inflate.unconsumed_tail
            if inflate.eof:
                piece = inflate.unused_data
                inflate = zlib.decompressobj(_GZIP)


def _write(fd: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(fd, view) :]


class _Tree:
    """The folders of it, reached step by step from its root and never through a link."""

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, _FOLDER)
        self._made: dict[str, None] = {"": None}

    def make(self, name: str) -> None:
        """The folders that a file of this name is in."""
        parts = name.split("/")[:-1]
        for depth, part in enumerate(parts):
            here = "/".join(parts[: depth + 1])
            if here not in self._made:
                with self.folder("/".join(parts[:depth])) as above:
                    os.mkdir(part, 0o700, dir_fd=above)
                self._made[here] = None

    @contextmanager
    def folder(self, name: str) -> Iterator[int]:
        fd = os.dup(self._root)
        try:
            for part in filter(None, name.split("/")):
                inner = os.open(part, _FOLDER, dir_fd=fd)
                os.close(fd)
                fd = inner
            yield fd
        finally:
            os.close(fd)

    def sync(self) -> None:
        for name in self._made:
            with self.folder(name) as fd:
                os.fsync(fd)

    def close(self) -> None:
        os.close(self._root)
