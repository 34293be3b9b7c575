"""Reading it all: what is in the tables, as one number, and whether SQLite and the checksums find it whole."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import msgspec

from tarazu.adapters.sqlite_projection.connect import Damaged, connect, named
from tarazu.adapters.sqlite_projection.hold import Hold
from tarazu.adapters.sqlite_projection.projection import Place, _place
from tarazu.adapters.sqlite_projection.schema import BY_NAME, TABLES

_PROBLEMS_MAX = 5


class TableContent(msgspec.Struct, frozen=True):
    rows: int
    sha256: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    tables: dict[str, TableContent]
    """In the order of `schema.TABLES`."""
    places: dict[str, Place]
    """Where the tables stand in each day's journal."""

    @property
    def digest(self) -> str:
        """SHA-256 over the tables' own, in their order. Equal content, equal digest, whatever the file looks like."""
        named_ = "\n".join(f"{name} {table.rows} {table.sha256}" for name, table in self.tables.items())
        return hashlib.sha256(named_.encode()).hexdigest()


class Database:
    """The file, open for reading, and as it was at the first read. Raises Damaged, CannotUse."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._hold = Hold(file)
        try:
            self._connection = connect(file, write=False)
            with named(file):
                self._connection.execute("BEGIN")
        except BaseException:
            self._hold.close()
            raise

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._connection.close()
        finally:
            self._hold.close()

    def query(self, sql: str, *bindings: Any) -> list[tuple[Any, ...]]:
        """Rows. Raises Damaged for a page that is not what was written."""
        with named(self.file):
            return list(self._connection.execute(sql, bindings))

    def content(self, told: Callable[[int, int], None] = lambda done, of: None) -> Content:
        """Every row of every table is read, each page of them against its checksum. `told` hears tables, of how many.

        Raises Damaged.
        """
        tables: dict[str, TableContent] = {}
        with named(self.file):
            for done, table in enumerate(TABLES, start=1):
                tables[table.name] = _content(self._connection, table.select)
                told(done, len(TABLES))
            places = dict(map(_place, self._connection.execute(BY_NAME["journal"].select)))
        return Content(tables=tables, places=places)

    def check(self) -> None:
        """Indexes and all: SQLite's own examination. Raises Damaged."""
        with named(self.file):
            found = [row[0] for row in self._connection.execute(f"PRAGMA integrity_check({_PROBLEMS_MAX})")]
        if found != ["ok"]:
            raise Damaged(f"{self.file}: {'; '.join(found)}")


def _content(connection: apsw.Connection, select: str) -> TableContent:
    hashed, rows = hashlib.sha256(), 0
    for row in connection.execute(select):
        hashed.update(msgspec.msgpack.encode(row))
        rows += 1
    return TableContent(rows, hashed.hexdigest())
