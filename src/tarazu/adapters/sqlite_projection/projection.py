"""Writing: one batch of entries, one transaction, and with it where the tables then stand in the journal."""

from pathlib import Path

import apsw
import msgspec

from tarazu.adapters.sqlite_projection.connect import CannotUse, connect, named
from tarazu.adapters.sqlite_projection.hold import Hold
from tarazu.adapters.sqlite_projection.latest import News
from tarazu.adapters.sqlite_projection.rows import Reply, Row
from tarazu.adapters.sqlite_projection.schema import BY_NAME
from tarazu.journal.entry import Head


class Place(msgspec.Struct, frozen=True):
    """Where the tables stand in a day's journal."""

    head: Head
    first_prev: bytes
    """What the day's first entry follows: the last of the day before."""


class Batch(msgspec.Struct, kw_only=True):
    """What some entries of one day, in a row, come to."""

    day: str
    follows: Head
    """The entry before the first of these."""
    first_prev: bytes
    head: Head
    ts_ns: int
    rows: dict[str, list[Row]]
    answers: list[Reply]
    news: News


class Elsewhere(Exception):
    """The tables do not stand where this batch begins: another process has written. Begin from where they stand."""


_ANSWER = """
UPDATE requests SET (answer_sequence, answer_ns, answer, answer_order_id, refusal, answer_text) = (?, ?, ?, ?, ?, ?)
WHERE day = ? AND ref = ? AND call = ? AND answer_sequence IS NULL AND (sequence, nth) = (
  SELECT sequence, nth FROM requests WHERE day = ? AND ref = ? AND call = ? AND sequence < ?
  ORDER BY sequence DESC, nth DESC LIMIT 1)
"""


class Projection:
    """The file, open for writing, from construction to `close`. Raises Damaged, CannotUse; so does each method.

    Nothing is left half done: what raises has rolled back, and may be asked for again.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._hold = Hold(file)
        try:
            self._connection = connect(file, write=True)
        except BaseException:
            self._hold.close()
            raise

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits to replace the file: close it, and open it again."""
        return self._hold.is_wanted

    def close(self) -> None:
        try:
            with named(self.file):
                self._connection.close()
        finally:
            self._hold.close()

    def places(self) -> dict[str, Place]:
        """By day, ascending."""
        with named(self.file):
            return {row[0]: row[1] for row in map(_place, self._connection.execute(BY_NAME["journal"].select))}

    def write(self, batch: Batch) -> bool:
        """In one transaction, durable when this returns. False: it was there already, and nothing was changed.

        Raises Elsewhere, too.
        """
        with named(self.file):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                is_new = self._is_new(batch)
                if is_new:
                    self._put(batch)
                self._connection.execute("COMMIT")
            except BaseException:
                if not self._connection.get_autocommit():
                    self._connection.execute("ROLLBACK")
                raise
        return is_new

    def checkpoint(self) -> None:
        """All of it in the one file, nothing beside it."""
        with named(self.file):
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _is_new(self, batch: Batch) -> bool:
        stands = self._connection.execute("SELECT sequence, hash FROM journal WHERE day = ?", (batch.day,)).fetchone()
        found = Head(batch.follows.sequence) if stands is None else Head(*stands)
        if found == batch.head:
            return False
        if (stands is None and batch.follows.sequence) or (stands is not None and found != batch.follows):
            raise Elsewhere(f"{self.file} stands at {found.sequence} of {batch.day}, not at {batch.follows.sequence}")
        return True

    def _put(self, batch: Batch) -> None:
        run = self._connection
        for name, rows in batch.rows.items():
            run.executemany(BY_NAME[name].insert, rows)
        for answer in batch.answers:
            which = (batch.day, answer.ref, answer.call)
            run.execute(_ANSWER, (*answer.row, *which, *which, answer.row[0]))
        for name, rows in batch.news.changed.items():
            run.executemany(BY_NAME[name].upsert, rows)
        for name, keys in batch.news.gone.items():
            run.executemany(BY_NAME[name].delete, keys)
        renamed = [(ref, batch.day, stranger) for stranger, ref in batch.news.bound]
        run.executemany("UPDATE fills SET ref = ? WHERE day = ? AND ref = ?", renamed)
        stands = (batch.day, batch.head.sequence, batch.ts_ns, batch.head.hash, batch.first_prev)
        run.execute(BY_NAME["journal"].upsert, stands)


def _place(row: tuple[str, int, int, bytes, bytes]) -> tuple[str, Place]:
    day, sequence, _, last, first_prev = row
    return day, Place(Head(sequence, last), first_prev)


__all__ = ["Batch", "CannotUse", "Elsewhere", "Place", "Projection"]
