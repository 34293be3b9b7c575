"""Instrument masters on disk: a day's file as it came, compressed, and beside it what is known of it.

`YYYY-MM-DD.csv.gz` and `YYYY-MM-DD.json`. The hash in the second is of the first unpacked: a file that is torn, altered
or not of its description is refused, never used. One that is replaced stays, under its hash: a process may have begun
with it, and what it decided is to be understood later.
"""

import fcntl
import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec

from tarazu.runtime.whole import write_whole


class DamagedMaster(Exception):
    """What is kept cannot be trusted; the message names the file and says what to do."""


class MasterMeta(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    sha256: str
    """Of the CSV, hexadecimal."""
    rows: int
    """Instruments in it, foreign ones included."""
    fetched_ns: int
    """Wall."""
    source: str
    """The root address it came from: another broker's master is another master."""


class KeptMaster(msgspec.Struct, frozen=True):
    meta: MasterMeta
    csv: bytes


class MasterStore:
    """Of several processes: who may write holds it `alone`. Nothing is kept open or in memory."""

    def __init__(self, folder: Path) -> None:
        """The folder is made with the first master that is kept."""
        self.folder = folder

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One process at a time, the others wait: who comes second finds what the first has kept. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def load(self, day: date) -> KeptMaster | None:
        """None when there is none of that day. Raises DamagedMaster, OSError."""
        packed, told = self._csv(day), self._meta(day)
        if not packed.exists() and not told.exists():
            return None
        try:
            meta = msgspec.json.decode(told.read_bytes(), type=MasterMeta)
            csv = gzip.decompress(packed.read_bytes())
        except FileNotFoundError as missing:
            raise DamagedMaster(f"{missing.filename} is missing beside its other half; {_remedy(packed)}") from missing
        except (EOFError, gzip.BadGzipFile, zlib.error, msgspec.MsgspecError, UnicodeDecodeError) as bad:
            raise DamagedMaster(f"{packed} or {told.name} is torn: {bad}; {_remedy(packed)}") from bad
        if meta.day != day or hashlib.sha256(csv).hexdigest() != meta.sha256:
            raise DamagedMaster(f"{packed} is not what {told.name} says it is: altered; {_remedy(packed)}")
        return KeptMaster(meta, csv)

    def named(self, day: date, sha256: str) -> bytes | None:
        """The CSV of that day with this hash, the kept one's or a replaced one's. Raises DamagedMaster, OSError."""
        aside = self._aside(day, sha256)
        if not aside.exists():
            kept = self.load(day)
            return kept.csv if kept is not None and kept.meta.sha256 == sha256 else None
        try:
            csv = gzip.decompress(aside.read_bytes())
        except (EOFError, gzip.BadGzipFile, zlib.error) as bad:
            raise DamagedMaster(f"{aside} is torn: {bad}; bring back another copy of it") from bad
        if hashlib.sha256(csv).hexdigest() != sha256:
            raise DamagedMaster(f"{aside} is not what its name says: altered; bring back another copy of it")
        return csv

    def keep(self, day: date, csv: bytes, fetched_ns: int, *, rows: int, source: str) -> MasterMeta:
        """Durable when it returns; replaces what there was of that day, which is set aside.

        The two files are replaced one after the other: a crash in between leaves a pair that `load` refuses.
        """
        meta = MasterMeta(
            day=day, sha256=hashlib.sha256(csv).hexdigest(), rows=rows, fetched_ns=fetched_ns, source=source
        )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._set_aside(day, meta.sha256)
        write_whole(self._csv(day), gzip.compress(csv, compresslevel=6, mtime=0))
        write_whole(self._meta(day), msgspec.json.encode(meta))
        return meta

    def days(self) -> tuple[date, ...]:
        """Of which there is a master, damaged or not; ascending. Other files in the folder are not looked at."""
        found = (_day(path.name.removesuffix(".csv.gz")) for path in self.folder.glob("*.csv.gz"))
        return tuple(sorted(day for day in found if day is not None))

    def before(self, day: date) -> KeptMaster | None:
        """The newest of an earlier day, however old. Raises DamagedMaster, OSError."""
        earlier = [d for d in self.days() if d < day]
        return self.load(earlier[-1]) if earlier else None

    def _set_aside(self, day: date, sha256: str) -> None:
        """What is kept of the day, where it is another and can be trusted."""
        try:
            kept = self.load(day)
        except DamagedMaster:
            return
        if kept is not None and kept.meta.sha256 != sha256 and not self._aside(day, kept.meta.sha256).exists():
            os.link(self._csv(day), self._aside(day, kept.meta.sha256))

    def _aside(self, day: date, sha256: str) -> Path:
        return self.folder / f"{day}.{sha256[:16]}.csv.gz"

    def _csv(self, day: date) -> Path:
        return self.folder / f"{day}.csv.gz"

    def _meta(self, day: date) -> Path:
        return self.folder / f"{day}.json"


def _remedy(packed: Path) -> str:
    return f"delete {packed} and its .json: today's is fetched again, an older one is only compared with"


def _day(text: str) -> date | None:
    """None for what is no date, or one in another spelling than ours."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if str(day) == text else None
