"""The rest of a home: the desk's record, masters, settings, flags, models, what the days' closes made, incidents,
public keys. Every file is looked through for the desk's credentials first; one that has one stays out.

Processes replace and append to these while a backup is packed, so what was looked through is what is packed: a copy of
it, or, of what is large and never changes, the file itself as long as it is the same one."""

from pathlib import Path

from tarazu.app.backup.container.names import FILES, FOLDERS
from tarazu.app.backup.container.sources import source_of
from tarazu.app.backup.parts.database_part import NAME as DATABASE
from tarazu.app.backup.parts.feed_part import ARCHIVE_FILES
from tarazu.app.backup.parts.gathering import Gathering
from tarazu.app.data.days import parse_day
from tarazu.app.redaction import Redactor
from tarazu.app.secrets.store import BadSecrets, read_secrets
from tarazu.runtime import desk_record

ELSEWHERE = ("journal", "feed", "desk")
NOT_TAKEN = {
    ".env": "credentials; make their own copy, or log in anew",
    ".env.age": "credentials; make their own copy, or log in anew",
    "keys/journal.key": "the signing key; a restored home gets one of its own, and keeps the verifier key of this one",
    "sim_broker": "the simulated broker's own logins",
    "run": "what processes say of themselves while they run",
    "shipping.json": "which copy on another disk is this home's: a restored one ships to a folder of its own",
    "logs": "what processes printed; those of closed days are in archive/",
    "backups": "a backup has no backups in it",
}
SCANNED_BYTES_MAX = 64 << 20
UNCHANGING = ("archive", "masters")
"""Gigabytes, each file written once: not copied."""
POINTER = "active"
"""Names one of the files beside it: read before they are listed."""
_PASSING = (".part", ".lock", ".turn", ".new", "-wal", "-shm", "-journal", ".tmp")
_LOCKS = ("lock", "writer.lock", "reserve")


def desk_part(into: Gathering) -> None:
    """Raises OSError."""
    home = into.home
    redactor = _redactor(into)
    for name in sorted(FOLDERS.difference(ELSEWHERE)):
        folder = (home.root / name).resolve()  # a folder on another disk, by a link, is the home's as well
        pointers = {path: path.read_bytes() for path in _files(folder) if path.name == POINTER and path.is_file()}
        for path in _files(folder):
            _take(into, redactor, f"{name}/{path.relative_to(folder).as_posix()}", path, pointers.get(path))
    for name in sorted(FILES - {DATABASE}):
        if (home.root / name).exists():
            _take(into, redactor, name, home.root / name)
    for name, why in NOT_TAKEN.items():
        if (home.root / name).exists():
            into.leave_out(name, why)
    _record(into)
    _strangers(into)


def _record(into: Gathering) -> None:
    """The desk's record last, for it tells of what was taken before; of each day the lines that are whole."""
    desk = into.home.desk
    for day in desk_record.days(desk):
        name, content = f"desk/{day}.jsonl", (desk / f"{day}.jsonl").read_bytes()
        into.staged(name, content[: content.rfind(b"\n") + 1])


def _take(into: Gathering, redactor: Redactor, name: str, path: Path, content: bytes | None = None) -> None:
    """`content`: what it was when that mattered; None: it is read now."""
    if name.startswith("keys/") and not name.endswith(".vkey"):
        return
    parts = name.split("/")
    if parts[0] == "archive" and len(parts) == 3 and parse_day(parts[1]) is not None and parts[2] in ARCHIVE_FILES:
        return  # a recorded day: `feed_part`'s
    try:
        source = source_of(name, path)
        if content is None and source.bytes <= SCANNED_BYTES_MAX:
            content = path.read_bytes()
    except OSError as bad:
        into.leave_out(name, str(bad), is_wrong=True)
        return
    found = redactor.found_in(content) if content is not None else ()
    if found:
        into.leave_out(name, f"withheld: {', '.join(found)} is in it", is_wrong=True)
    elif content is None or parts[0] in UNCHANGING:
        into.take(name, path)
    else:
        into.staged(name, content)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return sorted(path for path in found if not _is_passing(path, folder))


def _is_passing(path: Path, folder: Path) -> bool:
    """Of a write that goes on, or a lock: nothing that a desk is restored from."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return hidden or path.name in _LOCKS or path.name.endswith(_PASSING)


def _strangers(into: Gathering) -> None:
    """What lies in the home and is nobody's: told, for somebody may count on it."""
    known = FOLDERS | FILES | {name.partition("/")[0] for name in NOT_TAKEN}
    for path in sorted(into.home.root.iterdir()):
        if path.name not in known and not _is_passing(path, into.home.root) and not path.name.startswith(DATABASE):
            into.leave_out(path.name, "no place of a home that tarazu knows")


def _redactor(into: Gathering) -> Redactor:
    try:
        return Redactor(read_secrets(into.home).concealed())
    except BadSecrets as bad:
        into.leave_out("the search for credentials", f"{bad}", is_wrong=True)
        return Redactor()
