"""The files that the day's close has made, beside the hashes that the desk's record has of them."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from tarazu.app.closing.rolling.archives import changed_since
from tarazu.app.closing.whole import close_folder
from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.home import Home
from tarazu.app.verdict import Status
from tarazu.runtime.desk_record import DeskEntry, DeskKind

_PIECE_BYTES = 1 << 20


class Artefact(msgspec.Struct, frozen=True, kw_only=True):
    """One file of `closes/<day>/` as its step wrote it."""

    name: str
    sha256: str
    """By the latest entry that names it."""
    kind: DeskKind
    ts_ns: int
    found: str = ""
    """What the file's bytes come to now; empty: it is gone, or does not read."""

    @property
    def is_as_written(self) -> bool:
        return self.found == self.sha256


def artefacts(home: Home, day: date, entries: list[DeskEntry]) -> list[Artefact]:
    """`entries`: of the desk's record about this day, in order."""
    folder = close_folder(home, day)
    named: dict[str, tuple[str, DeskEntry]] = {}
    for entry in entries:
        files = entry.body.get("files")
        if isinstance(files, dict) and _is_of_the_close(entry):
            named.update({str(name): (str(sha256), entry) for name, sha256 in files.items() if _is_plain(str(name))})
    return [
        Artefact(name=name, sha256=sha256, kind=entry.kind, ts_ns=entry.ts_ns, found=_sha256(folder / name))
        for name, (sha256, entry) in sorted(named.items())
    ]


def artefact_findings(home: Home, day: date, known: list[Artefact]) -> Iterator[Finding]:
    for one in known:
        if one.is_as_written:
            continue
        code = Code.ARTEFACT_CHANGED if one.found else Code.ARTEFACT_GONE
        was = f"{one.kind} wrote sha256 {one.sha256[:12]}"
        detail = f"{was}, now it is {one.found[:12]}" if one.found else f"{was}, and there is no such file"
        yield Finding(code=code, status=Status.CRIT, about=one.name, ts_ns=one.ts_ns, detail=detail)
    names = {one.name for one in known}
    folder = close_folder(home, day)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in names and not path.name.startswith("."):
            detail = "no entry of the desk's record names it: not written by a step of the close, or by one cut short"
            yield Finding(code=Code.ARTEFACT_UNNAMED, status=Status.WARN, about=path.name, detail=detail)


def archive_findings(home: Home, day: date, entries: list[DeskEntry]) -> Iterator[Finding]:
    """The logs and frames that the day's last rollup archived. `entries`: as for `artefacts`."""
    rollup = next((entry for entry in reversed(entries) if entry.kind is DeskKind.ROLLED_UP), None)
    for name in changed_since(home, day, rollup):
        detail = "it is gone, or not what the rollup wrote"
        yield Finding(code=Code.ARTEFACT_CHANGED, status=Status.CRIT, about=name, detail=detail)


def _is_of_the_close(entry: DeskEntry) -> bool:
    return entry.kind.value.startswith("close.")


def _is_plain(name: str) -> bool:
    """A name in the folder itself: what a backup or an archive wrote elsewhere is its own command's to verify."""
    return bool(name) and Path(name).name == name


def _sha256(path: Path) -> str:
    hashed = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                hashed.update(piece)
    except OSError:
        return ""
    return hashed.hexdigest()
