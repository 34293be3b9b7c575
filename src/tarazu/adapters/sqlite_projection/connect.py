"""Opening the file. What is not wholly ours, page for page under a checksum, is Damaged, and nothing is read from it.

SQLite alone believes what the disk gives it: of random single-bit flips 48 % gave wrong rows in silence (RELIABILITY
0). With `cksumvfs` each page carries eight bytes that are looked at whenever it is read, and never by mapped memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import apsw
import apsw.sqlite_extra

from tarazu.adapters.sqlite_projection.schema import APPLICATION_ID, CREATE, VERSION

_VFS = "cksmvfs"
_CHECKSUM_BYTES = 8
_BUSY_MS = 2_000


class Damaged(Exception):
    """The file is not what was written, or not of this version. `tarazu db rebuild` makes it anew."""


class CannotUse(Exception):
    """Not now: the disk is full, it fails, or somebody else holds the file. Nothing was changed."""


@contextmanager
def named(path: Path) -> Iterator[None]:
    """What SQLite says, in our words."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as bad:
        raise Damaged(f"{path}: {bad}") from bad
    except apsw.Error as bad:
        if getattr(bad, "extendedresult", 0) == apsw.SQLITE_IOERR_DATA:
            raise Damaged(f"{path}: the checksum of a page is wrong") from bad
        raise CannotUse(f"{path}: {bad}") from bad


def connect(path: Path, *, write: bool) -> apsw.Connection:
    """`write` makes the file where there is none. Raises Damaged, CannotUse."""
    with named(path):
        _register()
        flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if write else 0)
        connection = apsw.Connection(str(path), flags=flags, vfs=_VFS)
        try:
            _set_up(connection, path, write=write)
        except BaseException:
            connection.close()
            raise
    return connection


@cache
def _register() -> None:
    """The checksums' VFS, for the life of the process."""
    dummy = apsw.Connection(":memory:")
    apsw.sqlite_extra.load(dummy, "cksumvfs")
    dummy.close()
    assert _VFS in apsw.vfs_names()


def _set_up(connection: apsw.Connection, path: Path, *, write: bool) -> None:
    connection.set_busy_timeout(_BUSY_MS)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.pragma("mmap_size", 0)
    if write and not connection.execute("SELECT count(*) FROM sqlite_schema").get:
        _create(connection)
    found = connection.pragma("application_id"), connection.pragma("user_version")
    if found != (APPLICATION_ID, VERSION):
        raise Damaged(f"{path}: application and version {found}, not {(APPLICATION_ID, VERSION)}")
    sealed = connection.reserve_bytes(), connection.pragma("checksum_verification")
    if sealed != (_CHECKSUM_BYTES, "1"):
        raise Damaged(f"{path}: its pages are under no checksum")
    connection.pragma("synchronous", "FULL")
    connection.pragma("query_only", 0 if write else 1)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0 if write else 1)


def _create(connection: apsw.Connection) -> None:
    """In a file without a table: one transaction, so that it is there whole or not at all."""
    connection.reserve_bytes(reserve=_CHECKSUM_BYTES)
    connection.pragma("journal_mode", "wal")
    with connection:
        connection.execute(CREATE)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", VERSION)
