"""The files that the day's close has made, beside the hashes that the desk's record has of them."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from tarazu.app.closing.rolling.archives import changed_since
from tarazu.app.closing.steps import IMPORT_NOTE, ORDER
from tarazu.app.closing.whole import close_folder
from tarazu.app.closing.written import begun, cut_off
from tarazu.app.day_audit.finding import Code, Finding
from tarazu.app.home import Home
from tarazu.app.verdict import Status
from tarazu.runtime.desk_record import DeskEntry, DeskKind

_PIECE_BYTES = 1 << 20
_AGAIN = {str(kind): command for kind, command in ORDER.items()} | {str(DeskKind.CONTRACT_NOTE): IMPORT_NOTE}


class Artefact(msgspec.Struct, frozen=True, kw_only=True):
    """One file of `closes/<day>/` as its step wrote it."""

    name: str
    sha256: str
    """By the latest entry that names it; of a step that was cut off, by its word of what it would write, where that is
    what is there."""
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
    began = filter(_is_plain, begun(entries, None))
    known = (_artefact(folder, name, entries, named.get(name)) for name in sorted({*named, *began}))
    return [one for one in known if one is not None]


def _artefact(folder: Path, name: str, entries: list[DeskEntry], by: tuple[str, DeskEntry] | None) -> Artefact | None:
    """`by`: the hash and the entry of the last step that was done with it. None: a step was going to write it, and what
    is there, if anything, is not that."""
    found, after = _sha256(folder / name), None if by is None else by[1]
    if found in begun(entries, after).get(name, ()):
        by = found, next(one for one in reversed(entries) if found in begun([one], None).get(name, ()))
    if by is None:
        return None
    sha256, entry = by
    return Artefact(name=name, sha256=sha256, kind=entry.kind, ts_ns=entry.ts_ns, found=found)


def artefact_findings(home: Home, day: date, known: list[Artefact], entries: list[DeskEntry]) -> Iterator[Finding]:
    """`known`: of `artefacts`, with the same `entries`."""
    for one in known:
        if one.is_as_written:
            continue
        code = Code.ARTEFACT_CHANGED if one.found else Code.ARTEFACT_GONE
        was = f"{one.kind} wrote sha256 {one.sha256[:12]}"
        detail = f"{was}, now it is {one.found[:12]}" if one.found else f"{was}, and there is no such file"
        yield Finding(code=code, status=Status.CRIT, about=one.name, ts_ns=one.ts_ns, detail=detail)
    yield from _unfinished(day, entries)
    names = {one.name for one in known}
    folder = close_folder(home, day)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in names and not path.name.startswith("."):
            detail = "no entry of the desk's record names it: not written by a step of the close, or by one cut short"
            yield Finding(code=Code.ARTEFACT_UNNAMED, status=Status.WARN, about=path.name, detail=detail)


def archive_findings(home: Home, day: date, entries: list[DeskEntry]) -> Iterator[Finding]:
    """The logs and frames that the day's last rollup archived. `entries`: as for `artefacts`."""
    for name in changed_since(home, day, entries):
        detail = "it is gone, or not what the rollup wrote"
        yield Finding(code=Code.ARTEFACT_CHANGED, status=Status.CRIT, about=name, detail=detail)


def _unfinished(day: date, entries: list[DeskEntry]) -> Iterator[Finding]:
    """What such a step has written is as written: nobody altered it, and nobody has said either that it is good. An
    audit that was cut off is done again by this one."""
    for step, entry in cut_off(entries).items():
        if step == DeskKind.AUDITED:
            continue
        detail = f"it is being done, or was cut off while it wrote: {_AGAIN.get(step, step)} --date {day}"
        yield Finding(code=Code.ARTEFACT_UNFINISHED, status=Status.WARN, about=step, ts_ns=entry.ts_ns, detail=detail)


def _is_of_the_close(entry: DeskEntry) -> bool:
    """And of a step that is done."""
    return entry.kind.value.startswith("close.") and entry.kind is not DeskKind.WRITING


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
