"""Contract notes kept beside a day: read of a file, written whole, hashed in the desk's record, found again by it."""

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec

from tarazu.app.closing.steps import done
from tarazu.app.closing.whole import close_folder
from tarazu.app.closing.written import begun, write
from tarazu.app.home import Home
from tarazu.app.reconcile.note.contract_note import BadNote, ContractNote, NoteCharges, NoteFile, NoteFill
from tarazu.app.reconcile.note.from_csv import read_csv
from tarazu.app.reconcile.note.from_json import read_json
from tarazu.runtime.desk_record import DeskEntry, DeskKind

BYTES_MAX = 32 << 20
"""A note of a day of 5,000 orders is a few MB."""


class AlteredNote(ValueError):
    """What is kept is not what was taken in; the message names the file."""


def read_note(paths: Sequence[Path], day: date) -> ContractNote:
    """Of all files together: the broker's tradebook is a file a segment. Raises BadNote, OSError."""
    files: list[NoteFile] = []
    fills: list[NoteFill] = []
    charges: list[NoteCharges] = []
    for path in paths:
        try:
            file = _read(path)
            told = ((), read_json(file.text)) if file.form == "json" else read_csv(file.text, day)
        except BadNote as bad:
            raise BadNote(f"{path}: {bad}") from bad
        files.append(file)
        fills += told[0]
        charges += told[1]
    hashes = [file.sha256 for file in files]
    sha256 = hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    return ContractNote(
        day=day.isoformat(), sha256=sha256, files=tuple(files), fills=tuple(fills), charges=tuple(_of_one_day(charges))
    )


def _of_one_day(charges: Sequence[NoteCharges]) -> list[NoteCharges]:
    """A file of a segment tells the segment's charges: the day's are those of all files, line by line. A line that one
    of them does not tell is not known of the day."""
    of_day = [row.lines for row in charges if row.is_of_the_day]
    told = [line for line in (of_day[0] if of_day else {}) if all(line in lines for lines in of_day)]
    summed = [NoteCharges(lines={line: sum(lines[line] for lines in of_day) for line in told})] if of_day else []
    return [*summed, *(row for row in charges if not row.is_of_the_day)]


def _read(path: Path) -> NoteFile:
    """By its content: JSON begins with a bracket. Raises BadNote, OSError."""
    with path.open("rb") as file:
        raw = file.read(BYTES_MAX + 1)
    if len(raw) > BYTES_MAX:
        raise BadNote(f"it has more than {BYTES_MAX >> 20} MiB")
    if b"\0" in raw or raw.startswith((b"%PDF", b"PK")):
        raise BadNote("it is no text: take the tradebook's CSV, or the JSON of the contract-note endpoint")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        raise BadNote(f"it is no UTF-8 text: {bad}") from bad
    form = "json" if text.lstrip()[:1] in ("{", "[") else "csv"
    return NoteFile(name=path.name, form=form, sha256=hashlib.sha256(raw).hexdigest(), text=text)


def file_name(note: ContractNote) -> str:
    return f"contract_note-{note.sha256[:12]}.json"


def keep_note(home: Home, day: date, note: ContractNote, who: str, now_ns: int) -> dict[str, str]:
    """The SHA-256 of the file that was written, by its name. Raises BadDeskRecord, OSError, ValueError."""
    return write(home, day, DeskKind.CONTRACT_NOTE, {file_name(note): msgspec.json.encode(note)}, who, now_ns)


def kept_note(home: Home, day: date, told: Sequence[DeskEntry], entry: DeskEntry) -> ContractNote:
    """What that entry of the desk's record took in; `told`: all about the day. Raises AlteredNote, OSError."""
    since = begun(told, entry)
    for name, sha256 in done(entry).files.items():
        path = close_folder(home, day) / name
        raw = path.read_bytes()
        if hashlib.sha256(raw).hexdigest() not in {sha256, *since.get(name, ())}:
            raise AlteredNote(f"{path} is not what was taken in: take the contract note in again")
        try:
            return msgspec.json.decode(raw, type=ContractNote)
        except msgspec.MsgspecError as bad:
            raise AlteredNote(f"{path} is of another version: take the contract note in again") from bad
    raise AlteredNote("the desk's record names no file of the contract note: take it in again")
