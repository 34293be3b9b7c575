"""The database's rows of the window's days, as a file of its own: copied at one moment by SQLite itself, then checked.

db/orders.sqlite    every table of the database, the days of the window alone
"""

import sqlite3
from pathlib import Path

from tarazu.app.database import database_file
from tarazu.app.incidents.bundle.scope import Scope
from tarazu.app.incidents.bundle.staging import Staging

NAME = "db/orders.sqlite"
PATIENCE_S = 5.0


def database_part(scope: Scope, staging: Staging) -> None:
    source = database_file(scope.home)
    if not source.exists():
        staging.lack("db", f"there is no database: {source}; tarazu db rebuild makes it from the journal")
        return
    copy = staging.path(NAME)
    try:
        _copied(source, copy)
        _cut(copy, [day.isoformat() for day in scope.days])
        told = integrity(copy)
    except sqlite3.Error as bad:
        copy.unlink(missing_ok=True)
        staging.lack("db", f"it does not read: {bad}; tarazu db check, and tarazu db rebuild makes it from the journal")
        return
    if told != "ok":
        staging.lack("db", f"{NAME} is there and not sound: {told}; tarazu db check")


def _copied(source: Path, copy: Path) -> None:
    """One moment of a database that is being written; its writer is held up by nothing."""
    database = sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=PATIENCE_S)
    try:
        database.execute("VACUUM INTO ?", (str(copy),))
    finally:
        database.close()


def _cut(copy: Path, days: list[str]) -> None:
    database = sqlite3.connect(copy, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = DELETE")
        marks = ", ".join("?" * len(days))
        for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
            if "day" in columns:
                database.execute(f'DELETE FROM "{table}" WHERE day NOT IN ({marks})', days)
        database.execute("VACUUM")
    finally:
        database.close()


def integrity(path: Path) -> str:
    """`ok`, or the first thing that is wrong. Raises sqlite3.Error."""
    database = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        return str(database.execute("PRAGMA integrity_check(1)").fetchone()[0])
    finally:
        database.close()
