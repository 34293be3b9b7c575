"""Making a backup: everything of the home from one moment on, one signed file, restored once before it gets its name.

The order in which parts are read is what keeps them consistent with no process stopped: the database before the journal
it shows, the journal before the feed's frames and the desk's record that it refers to. What was read later only knows
more.
"""

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

import tarazu
from tarazu.adapters.signing import Ed25519Signer, key_of, verifiers_of
from tarazu.app.audit import journal_name
from tarazu.app.backup.container import sealed
from tarazu.app.backup.container.manifest import SEALED_SUFFIX, SUFFIX, Manifest
from tarazu.app.backup.container.pack import Body, added
from tarazu.app.backup.container.sources import Source
from tarazu.app.backup.container.unpack import room_fault
from tarazu.app.backup.latest import FileTold
from tarazu.app.backup.parts.database_part import database_part
from tarazu.app.backup.parts.desk_part import desk_part
from tarazu.app.backup.parts.feed_part import feed_part
from tarazu.app.backup.parts.gathering import Gathering
from tarazu.app.backup.parts.journal_part import journal_part
from tarazu.app.backup.proof import record_told
from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.backup.restore import Back, came_back, sha256_of
from tarazu.app.data.steps import Steps
from tarazu.app.home import Home
from tarazu.app.supervision.orphans import is_running
from tarazu.model import ist
from tarazu.runtime.whole import sync_folder

_OWNER = re.compile(r"\.backup-([0-9]+)-")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of backup. The settings' `[backup]`, and what the command line says instead."""

    folder: Path
    day: date
    """The day that it closes."""
    feed_days: int | None = None
    recipient: str = ""
    """Encrypt it for this age recipient; empty: not, or for a passphrase."""
    passphrase: bool = False
    """Encrypt it for the passphrase that the environment names."""

    @property
    def is_sealed(self) -> bool:
        return bool(self.recipient or self.passphrase)


class Made(msgspec.Struct, frozen=True, kw_only=True):
    file: FileTold
    manifest: Manifest
    steps_s: dict[str, float]
    """Seconds, by step."""


def make_backup(
    home: Home, asked: Asked, *, who: str, now_ns: int, steps: Steps, environ: Mapping[str, str] = os.environ
) -> Made | Refused:
    """Nothing is at its place unless it was restored from there and proven. Raises OSError, BadKeyFile, BadNote."""
    fault = _fault(home, asked)
    if fault is not None:
        return fault
    signer = key_of(home.keys, journal_name(home))
    with contextlib.ExitStack() as held:
        there = held.enter_context(_scratch(asked.folder))
        # What is encrypted for a disk that others may read is never on that disk in the plain.
        here = held.enter_context(_scratch(home.backups)) if asked.is_sealed else there
        return _Making(home, asked, Scratch(here, there), signer, steps).made(who, now_ns, environ)


def _fault(home: Home, asked: Asked) -> Refused | None:
    if not home.root.is_dir():
        return Refused(Code.NO_HOME, f"there is no {home.root}", f"tarazu init --profile {home.profile}")
    return sealed.recipient_fault(asked.recipient) if asked.recipient else None


class Scratch(NamedTuple):
    plain: Path
    placed: Path
    """On the disk of the target."""


class _Making:
    def __init__(self, home: Home, asked: Asked, scratch: Scratch, signer: Ed25519Signer, steps: Steps) -> None:
        self.home, self.asked, self.signer, self.steps = home, asked, signer, steps
        self.scratch, self.placed = scratch
        self.verifiers = verifiers_of(home.keys)
        self.took_s: dict[str, float] = {}
        self._begun_s = time.monotonic()

    def made(self, who: str, now_ns: int, environ: Mapping[str, str]) -> Made | Refused:
        into = self._gathered()
        fault = room_fault(self.scratch, self._needed(into)) or room_fault(self.placed, self._taken(into))
        if fault is not None:
            return fault
        plain = self.scratch / f"plain{SUFFIX}"
        self._packed(into, plain, who, now_ns)
        back = came_back(plain, self.scratch / "restored", (self.signer.verifier(),), self.steps)
        if isinstance(back, Refused):
            return back
        self._took("restoring")
        return self._placed(plain, back, now_ns, environ)

    def _gathered(self) -> Gathering:
        into = Gathering(self.home, self.scratch)
        with self.steps("database") as progress:
            database_part(into, progress)
        self._took("database")
        with self.steps("journal") as progress:
            journal_part(into, self.verifiers, progress)
        self._took("journal")
        with self.steps("feed") as progress:
            feed_part(into, self.asked.feed_days, progress)
        self._took("feed")
        desk_part(into)
        self._took("desk")
        return into

    def _packed(self, into: Gathering, plain: Path, who: str, now_ns: int) -> None:
        def failed(source: Source, bad: Exception) -> None:
            into.leave_out(source.name, f"{type(bad).__name__}: {bad}", is_wrong=True)

        with Body(self.scratch / "body") as body, self.steps("packing") as progress:
            members = added(body, into.sources, progress, failed)
            manifest = Manifest(
                tarazu=tarazu.__version__,
                profile=self.home.profile,
                day=self.asked.day.isoformat(),
                made_ns=now_ns,
                made_by=who,
                verifier_key=self.signer.verifier_key,
                members=members,
                journal=tuple(into.journal),
                record=record_told(into.copies / "desk"),
                tables=into.tables,
                left_out=tuple(into.left_out),
            )
            body.finish(manifest, self.signer, plain)
        self._took("packing")

    def _needed(self, into: Gathering) -> int:
        """What is compressed, what is packed, what is encrypted of it, what is restored from it: at most."""
        copies = 3 if self.asked.is_sealed else 2
        return self._taken(into) * copies + sum(source.bytes for source in into.sources)

    def _taken(self, into: Gathering) -> int:
        return sum(source.upto for source in into.sources)

    def _placed(self, plain: Path, back: Back, now_ns: int, environ: Mapping[str, str]) -> Made | Refused:
        whole, file = plain, back.file
        if self.asked.is_sealed:
            whole = self.placed / f"sealed{SEALED_SUFFIX}"
            fault = sealed.seal(plain, whole, self.asked.recipient, environ)
            if fault is not None:
                return fault
            file = msgspec.structs.replace(file, bytes=whole.stat().st_size, sha256=sha256_of(whole), sealed=True)
            self._took("sealing")
        suffix = SEALED_SUFFIX if self.asked.is_sealed else SUFFIX
        target = _named(self.asked.folder, self.home, now_ns, suffix, whole)
        file = msgspec.structs.replace(file, path=str(target))
        return Made(file=file, manifest=back.manifest, steps_s=self.took_s)

    def _took(self, step: str) -> None:
        now_s = time.monotonic()
        self.took_s[step] = round(now_s - self._begun_s, 3)
        self._begun_s = now_s


def _named(folder: Path, home: Home, now_ns: int, suffix: str, whole: Path) -> Path:
    """Its name, which says when it was made, and is no other's: one that is there is never replaced."""
    stem = f"tarazu-{home.profile}-{ist.stamp(now_ns)[:19].replace(' ', 'T').replace(':', '').replace('-', '')}"
    number, target = 1, folder / f"{stem}{suffix}"
    while not _linked(whole, target):
        number += 1
        target = folder / f"{stem}.{number}{suffix}"
    sync_folder(folder)
    return target


def _linked(whole: Path, target: Path) -> bool:
    """False: there is one of this name. A disk without hard links (exFAT, some shares) has it renamed."""
    try:
        os.link(whole, target)
    except FileExistsError:
        return False
    except OSError:
        if target.exists():
            return False
        whole.rename(target)
    return True


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """For the time of one backup, and nobody else's. What processes that died in the middle of one left there goes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(".backup-*"):
        owner = _OWNER.match(left.name)
        if owner and left.is_dir() and not left.is_symlink() and not is_running(int(owner[1])):
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f".backup-{os.getpid()}-", dir=folder))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
