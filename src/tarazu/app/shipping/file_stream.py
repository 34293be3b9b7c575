"""The files beside the records, each copied whole when it has changed: what the journal needs to be understood.

Never a secret: `.env` and the signing key are named nowhere here, only the key's public part is, and a file that has a
credential in it stays where it is, as in a backup. A file that is taken away stays in the copy.
"""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tarazu.app.redaction import Redactor
from tarazu.app.secrets.store import BadSecrets, read_secrets
from tarazu.app.shipping.copied_file import Original
from tarazu.app.shipping.failing import SourceFailed, reading, writing
from tarazu.app.shipping.stream import BUDGET_BYTES, Come
from tarazu.app.shipping.target import Target

log = logging.getLogger("tarazu.ship")

FOLDERS = ("masters", "flags", "models", "closes", "incidents", "runbook", "keys/past", "freeze", "paper")
FILES = ("tarazu.toml", "keys/journal.vkey", "feed_breaker.json", "flatten-evidence.jsonl")
POINTER = "active"
"""Names one of the files beside it: read before they are listed, written after they are there."""
UNFINISHED = (".part", ".new", ".tmp", ".lock")
EVERY_NS = 1_000_000_000
FILE_BYTES_MAX = 256 << 20
"""A larger one is no file of the desk's."""


class FileStream:
    """A `Stream`."""

    def __init__(self, target: Target) -> None:
        self.name, self.day, self.sequence = "files", "", 0
        self._target, self._root = target, target.home.root
        self._copied: dict[str, tuple[int, int]] = {}
        """Size and mtime of each file as it was when it was copied."""
        self._passed_ns: int | None = None

    def ship(self, mono_ns: int) -> Come:
        if self._passed_ns is not None and mono_ns - self._passed_ns < EVERY_NS:
            return Come(caught_up_ns=self._passed_ns)
        with reading(self._root):
            pointers = [(path, path.read_bytes()) for path in self._files() if path.name == POINTER]
            changed = [path for path in self._files() if path.name != POINTER and self._is_new(path)]
        copied, redactor = 0, self._redactor() if changed else Redactor()
        for path in changed:
            if copied >= BUDGET_BYTES:
                return Come(copied=copied)
            copied += self._copy(path, redactor)
        for path, told in pointers:
            copied += self._point(path, told)
        self._passed_ns = mono_ns
        return Come(copied=copied, caught_up_ns=mono_ns)

    def close(self) -> None:
        self._copied, self._passed_ns = {}, None

    def _files(self) -> Iterator[Path]:
        """Plain files; nothing behind a link, and none that is being made."""
        for name in FILES:
            if (path := self._root / name).is_file() and not path.is_symlink():
                yield path
        for name in FOLDERS:
            for folder, folders, files in os.walk(self._root / name):
                folders[:] = [one for one in folders if not one.startswith(".")]
                for file in sorted(files):
                    path = Path(folder, file)
                    if not file.startswith(".") and path.suffix not in UNFINISHED and not path.is_symlink():
                        yield path

    def _stamp(self, path: Path) -> tuple[int, int] | None:
        """None: it is gone, or no plain file."""
        try:
            told = path.lstat()
        except FileNotFoundError:
            return None
        return (told.st_size, told.st_mtime_ns) if stat.S_ISREG(told.st_mode) else None

    def _is_new(self, path: Path) -> bool:
        name, stamp = str(path.relative_to(self._root)), self._stamp(path)
        if stamp is None or self._copied.get(name) == stamp:
            return False
        with writing(self._target.root):
            is_there = name not in self._copied and self._stamp(self._target.root / name) == stamp
        if is_there:
            self._copied[name] = stamp  # by a process before this one
        return not is_there

    def _redactor(self) -> Redactor:
        try:
            return Redactor(read_secrets(self._target.home).concealed())
        except BadSecrets as bad:
            raise SourceFailed("SOURCE_FAILED", f"which credentials no file may have is not known: {bad}") from bad

    def _copy(self, path: Path, redactor: Redactor) -> int:
        """Bytes; 0 for one that is gone meanwhile, and for one with a credential in it."""
        stamp = self._stamp(path)
        if stamp is None:
            return 0
        if stamp[0] > FILE_BYTES_MAX:
            raise SourceFailed("SOURCE_FAILED", f"{path} has {stamp[0]:,} bytes", f"ls -l {path}")
        original = Original(path)
        told = original.read(0, stamp[0])
        original.close()
        if found := redactor.found_in(told):
            log.warning("%s is not copied: it has %s in it", path, ", ".join(found))
            self._copied[str(path.relative_to(self._root))] = stamp
            return 0
        self._write(path, told)
        with writing(self._target.root):
            os.utime(self._target.root / path.relative_to(self._root), ns=(stamp[1], stamp[1]))
        self._copied[str(path.relative_to(self._root))] = stamp
        return len(told)

    def _point(self, path: Path, told: bytes) -> int:
        kept = self._target.root / path.relative_to(self._root)
        with writing(self._target.root):
            if kept.exists() and kept.read_bytes() == told:
                return 0
        self._write(path, told)
        return len(told)

    def _write(self, path: Path, told: bytes) -> None:
        with writing(self._target.root):
            name = path.relative_to(self._root)
            self._target.folder(str(name.parent))
            self._target.replace(self._target.root / name, told)
