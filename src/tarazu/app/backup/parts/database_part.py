"""The database at one moment, by SQLite's online backup: its writer goes on meanwhile, its pages keep their checksums.

It is taken before the journal. A restored database is then at most behind its journal, which main makes good.
"""

from pathlib import Path

import apsw

from tarazu.adapters.sqlite_projection.connect import CannotUse, Damaged, connect, named
from tarazu.adapters.sqlite_projection.content import Database
from tarazu.adapters.sqlite_projection.hold import Hold, remove
from tarazu.app.backup.container.manifest import TableTold
from tarazu.app.backup.parts.gathering import Gathering
from tarazu.app.data.steps import Progress
from tarazu.app.database import database_file

NAME = "database.sqlite"
_VFS = "cksmvfs"
_PAGES = 1_000
REBUILD = "tarazu db rebuild makes it from the journal, here and after a restore"


def database_part(into: Gathering, progress: Progress) -> None:
    """One that does not read is left out and told: it is a view of the journal. Raises OSError."""
    source = database_file(into.home)
    if not source.exists():
        into.leave_out(NAME, f"there is none; {REBUILD}")
        return
    copy = into.copy(NAME)
    try:
        _copied(source, copy, progress)
        with Database(copy) as database:
            database.check()
            content = database.content()
    except (Damaged, CannotUse) as bad:
        remove(copy)
        into.leave_out(NAME, f"{bad}; {REBUILD}", is_wrong=True)
        return
    into.tables = {name: TableTold(table.rows, table.sha256) for name, table in content.tables.items()}
    into.take(NAME, copy)


def _copied(source: Path, copy: Path, progress: Progress) -> None:
    """Raises Damaged, CannotUse."""
    hold = Hold(source)
    try:
        from_, to = connect(source, write=False), None
        try:
            with named(source):
                to = apsw.Connection(str(copy), vfs=_VFS)
                from_.execute("BEGIN")
                from_.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # one moment, from here on
                with to.backup("main", from_, "main") as backup:
                    while not backup.done:
                        backup.step(_PAGES)
                        progress(backup.page_count - backup.remaining, max(1, backup.page_count))
        finally:
            if to is not None:
                to.close()
            from_.close()
    finally:
        hold.close()
