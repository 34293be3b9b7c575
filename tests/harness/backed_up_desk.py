"""A desk with a day behind it in every place of its home, backups of it, and backups that nobody should trust.

backed_up(home)                                a real one
forged(path, signer, [Entry(...)], ...)        a tar of whatever is asked for, signed or not
"""

import hashlib
import io
import tarfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from harness import desk_stories
from harness.engine_desk import BUY
from harness.journalled_desk import JournalledDesk
from tarazu.adapters.signing import Ed25519Signer
from tarazu.app.backup.container.manifest import ENDING, Manifest, Member, RecordTold, head, header, padding
from tarazu.app.backup.container.signing import note_of
from tarazu.app.backup.make import Asked, Made, make_backup
from tarazu.app.backup.refusal import Refused
from tarazu.app.data.steps import steps
from tarazu.app.database import database_file
from tarazu.app.database.rebuilding import rebuild
from tarazu.app.home import Home
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind

DAY = date(2026, 11, 23)
FLAGS = "flags/000001-0123456789ab.json"


def furnished(desk: JournalledDesk) -> None:
    """Something in every place; the journal goes on."""
    home = desk.home
    home.make()
    desk.ready()
    desk_stories.timeout_then_found(desk)
    desk_stories.denied(desk)
    desk.journal.checkpoint()
    rebuild(home.journal, database_file(home))
    append(home.desk, DeskKind.STACK, {"why": "a test"}, who="asha", now_ns=desk.wall_ns)
    with_feed(desk, 40)
    for name in (FLAGS, "closes/2026-11-20/audit.json", "incidents/INC-1.json", "masters/2026-11-23.json"):
        path = home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")
    home.settings_file.write_text("[feed]\nsentinels = 4\n")
    home.env_file.write_text("KITE_ACCESS_TOKEN=canaryK7x2Qp9Zr4Tw\n")
    home.env_file.chmod(0o600)


def with_feed(desk: JournalledDesk, frames: int) -> None:
    """So many frames more, of a recorder that has ended."""
    log = FeedLog.open(desk.home.feed, desk.day, segment_bytes=1 << 20, sync_period_s=3_600.0)
    for n in range(frames):
        log.append(Kind.BINARY, 0, bytes([n % 256]) * 100, desk.wall_ns + n, n)
    log.close()


def goes_on(desk: JournalledDesk) -> None:
    """Further entries, acknowledged."""
    desk.want(msgspec.structs.replace(BUY, qty=BUY.qty))
    desk.second(3)


def backed_up(home: Home, folder: Path | None = None, **asked: Any) -> Made:
    made = tried(home, folder, **asked)
    assert isinstance(made, Made), made
    return made


def tried(
    home: Home, folder: Path | None = None, environ: dict[str, str] | None = None, **asked: Any
) -> Made | Refused:
    told = Asked(folder=folder or home.root.parent / "elsewhere", day=DAY, **asked)
    return make_backup(home, told, who="asha", now_ns=1_795_405_500 * 10**9, steps=steps(), environ=environ or {})


def files(root: Path) -> dict[str, bytes]:
    """What a home holds, by name, but for locks."""
    found = (path for path in root.rglob("*") if path.is_file() and not path.name.endswith(("lock", ".turn")))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


# Backups that nobody made.


class Entry(msgspec.Struct, frozen=True):
    """A member of a tar, and how the manifest names it."""

    name: str
    content: bytes = b"hello\n"
    tar_name: str = ""
    """In the tar; empty: as it should be."""
    kind: bytes = tarfile.REGTYPE
    link: str = ""
    changes: dict[str, Any] = {}
    """To what the manifest says of it."""
    listed: bool = True
    there: bool = True

    @property
    def member(self) -> Member:
        digest = hashlib.sha256(self.content).hexdigest()
        size = len(self.content)
        told = Member(
            name=self.name, bytes=size, packed=size, stored=size, coding="raw", sha256=digest, stored_sha256=digest
        )
        return msgspec.structs.replace(told, **self.changes)


def manifest_of(entries: Sequence[Entry], signer: Ed25519Signer, **changes: Any) -> Manifest:
    told = Manifest(
        tarazu="0.1.0",
        profile="sim",
        day="2026-11-23",
        made_ns=1,
        made_by="mallory",
        verifier_key=signer.verifier_key,
        members=tuple(entry.member for entry in entries if entry.listed),
        journal=(),
        record=RecordTold(),
        tables=None,
        left_out=(),
    )
    return msgspec.structs.replace(told, **changes)


def forged(
    path: Path,
    signer: Ed25519Signer,
    entries: Sequence[Entry],
    *,
    manifest: Callable[[bytes], bytes] = lambda raw: raw,
    note: Callable[[bytes], bytes] | None = None,
    ending: bytes = ENDING,
    **changes: Any,
) -> Path:
    """`manifest` changes its bytes before they are signed, `note` is what stands for the signature."""
    raw = manifest(manifest_of(entries, signer, **changes).encoded())
    made = io.BytesIO()
    made.write(head(raw, note_of(raw, signer) if note is None else note(raw)))
    for entry in entries:
        if entry.there:
            made.write(_block(entry))
            made.write(entry.content + bytes(padding(len(entry.content))))
    path.write_bytes(made.getvalue() + ending)
    return path


def _block(entry: Entry) -> bytes:
    member = entry.member
    if not entry.tar_name and entry.kind == tarfile.REGTYPE:
        return header(member.tar_name, len(entry.content))
    told = tarfile.TarInfo(entry.tar_name or member.tar_name)
    told.size, told.mode, told.mtime, told.type, told.linkname = len(entry.content), 0o600, 0, entry.kind, entry.link
    return told.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape")
