"""The way back: a home from a backup, whole and proven, or nothing.

It is unpacked beside its place, into a folder that nobody else may enter, judged there, and gets its name last. What is
there is never restored over. The restored home has no signing key: it gets one of its own when main starts, and keeps
the verifier key of the old one (`keys/past`), by which its past days are judged.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from tarazu.adapters.signing import PAST, VERIFIER_FILE, Ed25519Verifier, verifiers_of
from tarazu.app.backup.container import sealed
from tarazu.app.backup.container.manifest import Manifest
from tarazu.app.backup.container.unpack import unpack
from tarazu.app.backup.latest import FileTold
from tarazu.app.backup.opened import open_backup
from tarazu.app.backup.proof import proof_fault
from tarazu.app.backup.refusal import Code, Refused
from tarazu.app.data.steps import Steps
from tarazu.app.home import Home
from tarazu.journal.checkpoint import BadNote, Verifier, parse_verifier_key
from tarazu.runtime import desk_record
from tarazu.runtime.desk_record import DeskKind
from tarazu.runtime.whole import sync_folder


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """A backup whose files came back and were proven."""

    manifest: Manifest
    verifier: str
    """The name and id of the key that had signed it."""
    file: FileTold
    took_s: float
    """From the closed file to the proven home."""


def came_back(
    path: Path,
    folder: Path,
    verifiers: Sequence[Verifier],
    steps: Steps,
    *,
    durable: bool = False,
    profile: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Back | Refused:
    """Restore `path` into `folder`, which is made here, and prove what came. One that was refused may have left a part
    of itself there, for the caller to throw away. `profile`: it has to be of this one. Raises OSError."""
    begun_s = time.monotonic()
    fault = _no_file(path)
    if fault is not None:
        return fault
    plain, is_sealed = path, sealed.is_sealed(path)
    if is_sealed:
        plain = folder.with_name(f"{folder.name}.plain")
        with steps("decrypting"):
            fault = sealed.unseal(path, plain, environ)
        if fault is not None:
            return fault
    opened = open_backup(plain, verifiers)
    if isinstance(opened, Refused):
        return opened
    with opened:
        manifest, by = opened.manifest, opened.verifier
        if profile is not None and manifest.profile != profile:
            told = f"it is of the {manifest.profile} profile, not of {profile}"
            return Refused(Code.OTHER_PROFILE, told, f"--profile {manifest.profile}")
        with steps("restoring") as progress:
            fault = unpack(opened, folder, progress, durable=durable)
    if fault is not None:
        return fault
    with ThreadPoolExecutor(1, "backup-sha") as beside, steps("proving") as progress:
        sha256 = beside.submit(sha256_of, path)  # the proof leaves a core
        keys = _verifiers(folder / "keys")
        fault = keys if isinstance(keys, Refused) else proof_fault(folder, manifest, keys, progress)
        took_s = round(time.monotonic() - begun_s, 3)
    if fault is not None:
        return fault
    file = FileTold(
        path=str(path.absolute()),
        bytes=path.stat().st_size,
        sha256=sha256.result(),
        made_ns=manifest.made_ns,
        proven=True,
        sealed=is_sealed,
    )
    return Back(manifest=manifest, verifier=f"{by.name}+{by.key_id.hex()}", file=file, took_s=took_s)


def restored(
    path: Path,
    home: Home,
    verifiers: Sequence[Verifier],
    *,
    who: str,
    now_ns: int,
    steps: Steps,
    environ: Mapping[str, str] = os.environ,
) -> Back | Refused:
    """`home` from the backup. Raises OSError."""
    if home.root.is_symlink() or (home.root.exists() and (not home.root.is_dir() or any(home.root.iterdir()))):
        hint = f"mv {home.root} {home.root}.before; or another place: TARAZU_HOME=DIR"
        return Refused(Code.TARGET_EXISTS, f"{home.root} is there, and nothing is restored over it", hint)
    home.root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".restore-{os.getpid()}-", dir=home.root.parent))
    try:
        folder = scratch / "home"
        back = came_back(path, folder, verifiers, steps, durable=True, profile=home.profile, environ=environ)
        if isinstance(back, Refused):
            return back
        _keep_verifier(folder / "keys")
        Home(home.profile, folder).make()
        note_restored(Home(home.profile, folder), back, drill=False, who=who, now_ns=now_ns)
        folder.rename(home.root)
        sync_folder(home.root.parent)
        return back
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def note_restored(home: Home, back: Back, *, drill: bool, who: str, now_ns: int) -> None:
    """Into the record of `home`. Raises BadDeskRecord, OSError."""
    body = {
        "drill": drill,
        "backup": msgspec.to_builtins(back.file),
        "signed_by": back.verifier,
        "took_s": back.took_s,
        "journal": {day.day: day.root for day in back.manifest.journal[-5:]},
        "entries": back.manifest.entries,
    }
    desk_record.append(home.desk, DeskKind.RESTORED, body, who=who, now_ns=now_ns)


def _verifiers(keys: Path) -> tuple[Ed25519Verifier, ...] | Refused:
    """Those that came back, by which its journal is judged."""
    try:
        return verifiers_of(keys)
    except (BadNote, UnicodeDecodeError) as bad:
        return Refused(Code.BAD_VERIFIER, f"a verifier key in it does not read: {bad}", "another copy of it")


def _keep_verifier(keys: Path) -> None:
    """The old key's verifier is one of before: the new key will have its own."""
    shown = keys / VERIFIER_FILE
    if not shown.exists():
        return
    name, public = parse_verifier_key(shown.read_text())
    past = keys / PAST
    past.mkdir(mode=0o700, exist_ok=True)
    shown.rename(past / f"{hashlib.sha256(name.encode() + public).hexdigest()[:16]}.vkey")
    sync_folder(past)
    sync_folder(keys)


def _no_file(path: Path) -> Refused | None:
    if path.is_file():
        return None
    return Refused(Code.NOT_A_FILE, f"{path} is no file that is there", "tarazu dr backup; or its copy elsewhere")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
