"""Files into one: read once, hashed and compressed by both processors, and the signed manifest in front of them."""

import hashlib
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import groupby
from pathlib import Path
from threading import Event

from tarazu.app.backup.container.manifest import ENDING, Manifest, Member, head, header, padding
from tarazu.app.backup.container.signing import note_of
from tarazu.app.backup.container.sources import Shrunk, Source, chunks, zeros
from tarazu.app.data.steps import Progress
from tarazu.journal.checkpoint import Signer

LEVEL = 1
"""Of gzip: a day of journal shrinks to less than half at some 100 MB/s a processor."""
THREADS = 2
_AHEAD = 4
_GZIP = 31
"""zlib's window bits for a gzip member."""


class GivenUp(Exception):
    """The backup is not wanted any more."""


class Body:
    """What is compressed lies in a scratch file until all hashes are known. What is not is taken from its own file
    then, and the proof of the restore says whether it was still the same."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._at = 0
        self._places: dict[str, int] = {}
        """Of the compressed ones, where they begin."""
        self._raw: dict[str, Path] = {}
        self._pool = ThreadPoolExecutor(THREADS, "backup-gzip")
        self._is_given_up = Event()

    def __enter__(self) -> "Body":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        os.close(self._fd)

    def add(self, source: Source, progress: Callable[[int], None] = lambda done: None) -> Member:
        """From several threads for those that are not compressed, from one for all others.

        Raises OSError; ValueError for a file that ustar cannot say. It is not in the backup then."""
        coding, begun = source.coding, self._at
        whole, stored = hashlib.sha256(), hashlib.sha256()
        packed = 0

        def read() -> Iterator[bytes]:
            nonlocal packed
            for chunk in chunks(source):
                if self._is_given_up.is_set():
                    raise GivenUp
                whole.update(chunk)
                packed += len(chunk)
                progress(packed)
                yield chunk

        if coding == "gzip":
            for piece in self._compressed(read()):
                stored.update(piece)
                self._put(piece)
        else:
            for _ in read():
                pass
            stored = whole.copy()
        for blank in zeros(source.bytes - packed):
            whole.update(blank)
        member = Member(
            name=source.name,
            bytes=source.bytes,
            packed=packed,
            stored=self._at - begun if coding == "gzip" else packed,
            coding=coding,
            sha256=whole.hexdigest(),
            stored_sha256=stored.hexdigest(),
        )
        header(member.tar_name, member.stored)
        if coding == "gzip":
            self._places[source.name] = begun
        else:
            self._raw[source.name] = source.path
        return member

    def give_up(self) -> None:
        """Threads that are at a file leave it at its next chunk: nobody waits for gigabytes of hashes in vain."""
        self._is_given_up.set()

    def finish(self, manifest: Manifest, signer: Signer, target: Path) -> None:
        """The whole backup at `target`, on the disk; it must not be there. Raises OSError."""
        raw = manifest.encoded()
        out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _write(out, head(raw, note_of(raw, signer)))
            for member in manifest.members:
                _write(out, header(member.tar_name, member.stored))
                self._copy(member, out)
                _write(out, bytes(padding(member.stored)))
            _write(out, ENDING)
            os.fsync(out)
        finally:
            os.close(out)

    def _copy(self, member: Member, out: int) -> None:
        if member.name in self._places:
            _send(self._fd, self._places[member.name], member.stored, out)
            return
        fd = os.open(self._raw[member.name], os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _send(fd, 0, member.stored, out)
        finally:
            os.close(fd)

    def _compressed(self, read: Iterable[bytes]) -> Iterator[bytes]:
        """A gzip member a chunk, in order: one behind the other they are one gzip file (RFC 1952, 2.2)."""
        ahead: deque[Future[bytes]] = deque()
        for chunk in read:
            ahead.append(self._pool.submit(_gzip, chunk))
            if len(ahead) > _AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def _put(self, piece: bytes) -> None:
        view = memoryview(piece)
        while view:
            written = os.pwrite(self._fd, view, self._at)
            self._at += written
            view = view[written:]


def added(
    body: Body, sources: Sequence[Source], progress: Progress, failed: Callable[[Source, Exception], None]
) -> tuple[Member, ...]:
    """All of them; those that cannot be read are told to `failed`. `progress` hears bytes."""
    total, done = sum(source.upto for source in sources), 0
    members = []
    pool = ThreadPoolExecutor(THREADS, "backup-hash")
    try:
        for coding, run in groupby(sources, lambda source: source.coding):
            alike = list(run)
            # What is stored as it is takes a thread a file; what is compressed has both for its chunks.
            coming = [pool.submit(body.add, source) for source in alike] if coding == "raw" else []
            for n, source in enumerate(alike):
                told = partial(_so_far, progress, done, total)
                try:
                    members.append(coming[n].result() if coming else body.add(source, told))
                except (OSError, ValueError) as bad:
                    failed(source, bad)
                done += source.upto
                progress(done, total)
    except BaseException:
        body.give_up()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return tuple(members)


def _so_far(progress: Progress, before: int, total: int, read: int) -> None:
    progress(before + read, total)


def _gzip(chunk: bytes) -> bytes:
    made = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    return made.compress(chunk) + made.flush()


def _send(from_: int, at: int, size: int, out: int) -> None:
    """Within the kernel. Raises OSError, also where there is less."""
    while size > 0:
        taken = os.sendfile(out, from_, at, size)
        if not taken:
            raise Shrunk(f"a file ended at {at} while it was copied, {size} bytes early")
        at, size = at + taken, size - taken


def _write(fd: int, raw: bytes) -> None:
    view = memoryview(raw)
    while view:
        view = view[os.write(fd, view) :]
