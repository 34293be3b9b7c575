"""A new database from all days of the journal, put in place of the old one only when it is whole."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from tarazu.adapters.sqlite_projection.connect import Damaged
from tarazu.adapters.sqlite_projection.content import Content, Database
from tarazu.adapters.sqlite_projection.hold import alone, put_in_place, remove
from tarazu.adapters.sqlite_projection.projection import Projection
from tarazu.app.database.acknowledged import acknowledged
from tarazu.app.database.projector import Projector
from tarazu.runtime.journal_files import day_folder, days

BATCH_ENTRIES = 10_000
SWAP_PATIENCE_S = 10.0
"""How long readers of the old file are waited for."""


class DaysLost(Exception):
    """The old database shows days that the journal no longer has: a new one would be without them."""

    def __init__(self, file: Path, lost: list[str]) -> None:
        super().__init__(
            f"{file} shows {', '.join(lost)}, of which there is no journal: bring that back, or move the database away"
        )


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    entries: int
    new: Content
    old: Content | None
    """None: there was none, or none that could be read."""
    old_damage: str = ""

    @property
    def is_another(self) -> bool:
        """Whether the old tables, standing at the same entries, told something else."""
        return self.old is not None and self.old.places == self.new.places and self.old.digest != self.new.digest

    @property
    def comparison(self) -> str:
        if self.old_damage:
            return f"the old one was damaged: {self.old_damage}"
        if self.old is None:
            return "there was none"
        if self.is_another:
            return "the old one told something else"
        return "as the old one told" if self.old.digest == self.new.digest else "the old one was behind"


def rebuild(journal: Path, file: Path, told: Callable[[int, int], None] = lambda done, of: None) -> Rebuilt:
    """Build beside `file`, check, swap. `told` hears entries, of how many.

    The old file stays until the new one is whole. Raises DaysLost, CannotUse (somebody keeps the old one open),
    OtherJournal, BrokenChain, BadPayload, and Damaged when the new one is not what was written: a disk to distrust.
    """
    old, damage = _content_of(file)
    known = [day.isoformat() for day in days(journal)]
    lost = [day for day in (old.places if old else ()) if day not in known]
    if lost:
        raise DaysLost(file, lost)
    new = file.with_name(f"{file.name}.new")
    remove(new)
    entries = _build(journal, new, told)
    content = _checked(new)
    with alone(file, SWAP_PATIENCE_S):
        put_in_place(new, file)
    remove(new)
    return Rebuilt(entries=entries, new=content, old=old, old_damage=damage)


def _content_of(file: Path) -> tuple[Content | None, str]:
    """Of a file, and why it has none."""
    if not file.exists():
        return None, ""
    try:
        with Database(file) as database:
            return database.content(), ""
    except Damaged as damaged:
        return None, str(damaged)


def _build(journal: Path, new: Path, told: Callable[[int, int], None]) -> int:
    whole = sum(acknowledged(day_folder(journal, day)) for day in days(journal))
    projector = Projector(journal, new, BATCH_ENTRIES)
    try:
        entries = projector.catch_up(lambda done: told(done, max(done, whole)))
    finally:
        projector.close()
    last = Projection(new)
    try:
        last.checkpoint()
    finally:
        last.close()
    return entries


def _checked(new: Path) -> Content:
    with Database(new) as database:
        database.check()
        return database.content()
