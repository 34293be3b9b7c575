"""Which days may go, and why the others stay.

A day goes whole or not at all: its journal, frames, archives and what its close made. It goes when it is older than
[retention] years, was closed, is named by no open incident, and every file of it is, byte for byte, in a backup that
was proven. The oldest goes first, and a day that stays keeps those after it: the journal's chain has no gaps. The
desk's record, incidents, flags, models and masters stay for ever: they are small, and chained from their first line.
"""

import hashlib
from collections.abc import Iterator
from datetime import date

import msgspec

from tarazu.app.data.steps import Progress
from tarazu.app.home import Home
from tarazu.app.incidents.incident import Incident
from tarazu.app.incidents.store import Book
from tarazu.app.incidents.store import read as read_incidents
from tarazu.app.retention.kept import Kept, sha256_of
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, whole
from tarazu.runtime.writer_lock import is_being_written

FOLDERS = ("journal", "feed", "archive", "archive/logs", "closes")
"""With a folder a day. `archive/<day>` and `archive/logs/<day>` are two."""
PASSING = ("writer.lock",)
"""Files that say nothing once nobody writes."""


class DayFile(msgspec.Struct, frozen=True):
    name: str
    """In the home."""
    bytes: int
    sha256: str


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A day that is old enough."""

    day: date
    files: tuple[DayFile, ...] = ()
    stays: str = ""
    """Why, for people; empty: it may go."""
    hint: str = ""

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    before: date
    """Days before this one are old enough."""
    days: tuple[Due, ...]
    backup: str = ""
    """The file that has what goes."""

    @property
    def going(self) -> tuple[Due, ...]:
        return tuple(due for due in self.days if not due.stays)

    @property
    def sha256(self) -> str:
        """Of what goes, to the byte: whoever says yes to it has seen it."""
        told = [(due.day.isoformat(), [(f.name, f.bytes, f.sha256) for f in due.files]) for due in self.going]
        return hashlib.sha256(msgspec.json.encode([self.backup, told])).hexdigest()


def oldest_kept(today: date, years: int) -> date:
    """The day of so many years ago; 28 February for a 29th that was not there."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)


def due_days(home: Home, before: date) -> list[date]:
    """With anything of theirs on the disk, the oldest first. Raises OSError."""
    names = {path.name for name in FOLDERS if (home.root / name).is_dir() for path in (home.root / name).iterdir()}
    found = (_day_of(name) for name in names)
    return sorted(day for day in found if day is not None and day < before)


def plan(home: Home, before: date, kept: Kept, progress: Progress) -> Plan:
    """Reads every byte of the days that may go, and changes nothing. Raises OSError."""
    book, known = read_incidents(home), due_days(home, before)
    closed, fault = _closed(home)
    days: list[Due] = []
    for done, day in enumerate(known, start=1):
        stays, hint = fault, "tarazu ready --only desk.chain" if fault else ""
        if not stays and days and days[-1].stays:
            stays = f"{days[-1].day} stays: the journal has no gaps"
        if not stays:
            stays, hint = _named(book, day) or _open(home, day, closed)
        due = Due(day=day, stays=stays, hint=hint)
        days.append(due if stays else _judged(home, day, kept))
        progress(done, len(known))
    return Plan(before=before, days=tuple(days), backup=kept.sha256)


def _judged(home: Home, day: date, kept: Kept) -> Due:
    """Its files, and the first that no backup has."""
    files = []
    for name in _names(home, day):
        path = home.root / name
        file = DayFile(name, path.stat().st_size, sha256_of(path))
        if name.rpartition("/")[2] not in PASSING and kept.files.get(name) != file.sha256:
            told = "is not in" if name not in kept.files else "is another one in"
            return Due(day=day, stays=f"{name} {told} {kept.path}", hint="tarazu dr backup")
        files.append(file)
    return Due(day=day, files=tuple(files))


def folders_of(day: date) -> list[str]:
    return [f"{name}/{day.isoformat()}" for name in FOLDERS]


def _names(home: Home, day: date) -> Iterator[str]:
    """Of its files; anything but a file (a reader's bell, a link) holds nothing, and goes with its folder."""
    for folder in folders_of(day):
        for path in sorted((home.root / folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield str(path.relative_to(home.root))


def _named(book: Book, day: date) -> tuple[str, str] | None:
    """An incident that is open, and about the day."""
    if book.unread:
        return "the incidents do not all read: one of them may name the day", "tarazu incident list"
    for one in book.incidents:
        if one.is_open and _is_about(one, day):
            return f"{one.id} is open and names the day", f"tarazu incident show {one.id}"
    return None


def _is_about(incident: Incident, day: date) -> bool:
    words = (incident.id, incident.detail, *(said.text for said in incident.timeline))
    told = any(name in text for text in words for name in (day.isoformat(), f"{day:%Y%m%d}"))
    return told or ist.day_of(incident.opened_ns) == day


def _closed(home: Home) -> tuple[set[str], str]:
    """Days that were closed, and why that is not known."""
    try:
        return {str(e.body.get("day", "")) for e in whole(home.desk) if e.kind is DeskKind.CLOSED}, ""
    except (BadDeskRecord, OSError) as bad:
        return set(), f"the desk's record does not read: {bad}"


def _open(home: Home, day: date, closed: set[str]) -> tuple[str, str]:
    """Why the day is not over, and what to run; empty: it is."""
    if day.isoformat() not in closed:
        return "it was never closed", f"tarazu rollup --date {day}"
    if is_being_written(home.feed / day.isoformat()):
        return "its feed is being written", "tarazu feed status"
    return "", ""


def _day_of(name: str) -> date | None:
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None
