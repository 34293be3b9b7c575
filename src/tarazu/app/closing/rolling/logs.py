"""The texts of a day, compressed: what the processes have printed, and the desk's record of the day.

archive/logs/<day>/
  main.log.gz ...          each log as it was then, with what rotation had kept of it
  2026-11-23.jsonl.gz      the desk's record
  manifest.json            sizes and checksums of both forms, written last

The folder appears whole or not at all, and replaces an earlier one of the day, which a kill in between does not lose
(`runtime.put_folder`). Nothing is taken from `logs/`.
"""

import gzip
import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from tarazu.app.data.steps import Progress
from tarazu.app.home import Home
from tarazu.runtime.put_folder import making_beside, put_back, put_folder

SCHEMA = "tarazu.logs/1"
MANIFEST = "manifest.json"
LEVEL = 6


class BadLogs(ValueError):
    """What was written does not read back as what was there; nothing was kept."""


class KeptLog(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    bytes: int
    sha256: str
    gz_bytes: int
    gz_sha256: str


class LogsKept(msgspec.Struct, frozen=True, kw_only=True):
    schema: str = SCHEMA
    day: date
    made_ns: int
    files: tuple[KeptLog, ...]


def logs_folder(home: Home, day: date) -> Path:
    return home.archive / "logs" / day.isoformat()


def keep_logs(
    home: Home, day: date, now_ns: int, progress: Progress, placing: Callable[[LogsKept], None] = lambda _: None
) -> LogsKept:
    """Compress them and read them back. `placing` is told before they are in their place, and may raise.

    Raises BadLogs, OSError: what was there before is there still.
    """
    target = logs_folder(home, day)
    put_back(target)
    making = making_beside(target)
    try:
        sources = _sources(home, day)
        files = []
        for done, source in enumerate(sources, start=1):
            files.append(_kept(source, making))
            progress(done, len(sources))
        files += _rotated_away(target, making, sources)
        kept = LogsKept(day=day, made_ns=now_ns, files=tuple(files))
        _write(making / MANIFEST, msgspec.json.format(msgspec.json.encode(kept)))
        placing(kept)
        put_folder(making, target)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return kept


def _rotated_away(target: Path, making: Path, sources: list[Path]) -> list[KeptLog]:
    """What the day's earlier archive has and no log begins with any more, taken over: there is no other copy of it."""
    taken: list[KeptLog] = []
    for file in _listed(target):
        path = target / f"{file.name}.gz"
        if not _is_same(path, file):
            continue  # altered since, which the rollup has told: it is not what was kept
        packed = path.read_bytes()
        if any(_begins_with(source, gzip.decompress(packed)) for source in sources):
            continue
        name = file.name if not (making / path.name).exists() else f"{file.name}.{file.sha256[:12]}"
        if not (making / f"{name}.gz").exists():
            _write(making / f"{name}.gz", packed)
            taken.append(msgspec.structs.replace(file, name=name))
    return taken


def _listed(folder: Path) -> tuple[KeptLog, ...]:
    """Of the archive's manifest; none where there is no archive, or its manifest does not read."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=LogsKept).files
    except (FileNotFoundError, msgspec.MsgspecError):
        return ()


def _begins_with(source: Path, text: bytes) -> bool:
    with source.open("rb") as file:
        return file.read(len(text)) == text


def changed_logs(folder: Path) -> list[str]:
    """Names of what is missing or not what the manifest tells of, the manifest's own where it does not read."""
    try:
        kept = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=LogsKept)
    except (OSError, msgspec.MsgspecError):
        return [MANIFEST]
    return [file.name for file in kept.files if not _is_same(folder / f"{file.name}.gz", file)]


def _is_same(path: Path, file: KeptLog) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == file.gz_sha256
    except OSError:
        return False


def _sources(home: Home, day: date) -> list[Path]:
    record = home.desk / f"{day.isoformat()}.jsonl"
    logs = sorted(path for path in home.logs.glob("*") if path.is_file() and not path.is_symlink())
    return [*logs, record] if record.exists() else logs


def _kept(source: Path, folder: Path) -> KeptLog:
    """As it was when it was read: it may be written to. Of a log with a day's lines memory is no matter (10 MB)."""
    text = source.read_bytes()
    packed = gzip.compress(text, LEVEL, mtime=0)
    path = folder / f"{source.name}.gz"
    _write(path, packed)
    if gzip.decompress(path.read_bytes()) != text:
        raise BadLogs(f"{path.name} does not read back as {source}")
    return KeptLog(
        name=source.name,
        bytes=len(text),
        sha256=hashlib.sha256(text).hexdigest(),
        gz_bytes=len(packed),
        gz_sha256=hashlib.sha256(packed).hexdigest(),
    )


def _write(path: Path, text: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
