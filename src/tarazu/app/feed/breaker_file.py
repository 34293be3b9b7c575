"""The reconnect breaker as a file, so that a trip outlives the process and a person can clear it from another.

Two processes change it: depth_ws counts reconnects and trips, `tarazu feed clear-breaker` clears. A change holds a lock
from reading to the renamed and synced file, so neither is lost; readers need no lock. The file carries the SHA-256 of
what it holds: one that was edited by hand, torn or half restored is not believed, and whoever meets it must behave as
if the breaker had tripped.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tarazu.market.breaker import Breaker, Cleared, ClearRefusal
from tarazu.runtime.whole import write_whole

SCHEMA = "tarazu.feed_breaker/1"


class BadBreakerFile(ValueError):
    """The file is there and cannot be believed: treat the breaker as tripped. The message is for the user."""


class _Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: str
    sha256: str
    """Of the bytes of `breaker` as they stand in the file."""
    breaker: msgspec.Raw


def read_breaker(path: Path) -> Breaker:
    """The state as it was last changed; a breaker that never tripped where there is no file.

    Raises BadBreakerFile, OSError.
    """
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=_Stored)
        if stored.schema != SCHEMA:
            raise _bad(path, f"schema {stored.schema!r}, not {SCHEMA!r}")
        if _sha256(stored.breaker) != stored.sha256:
            raise _bad(path, "what it holds is not what was written")
        return msgspec.json.decode(stored.breaker, type=Breaker)
    except FileNotFoundError:
        return Breaker()
    except (msgspec.MsgspecError, UnicodeDecodeError) as unreadable:
        raise _bad(path, str(unreadable)) from unreadable


def change_breaker(path: Path, change: Callable[[Breaker], Breaker | ClearRefusal]) -> Breaker | ClearRefusal:
    """Read, change and store as one step; returns what `change` did, on the disk by then.

    Waits for another process's change to end (a few disk syncs). A refusal, or a state like the old one, stores
    nothing. Raises BadBreakerFile, OSError, and then nothing was stored either.
    """
    with _locked(path):
        before = read_breaker(path)
        after = change(before)
        if isinstance(after, Breaker) and after != before:
            _store(path, after)
        return after


def replace_bad_breaker(path: Path, cleared: Cleared) -> Path | None:
    """A person's way out of BadBreakerFile: put the bad file aside and begin with a state that says who did so.

    Returns where the bad file is kept; None, and nothing is done, when the file can be read after all.
    """
    with _locked(path):
        try:
            read_breaker(path)
        except BadBreakerFile:
            aside = path.with_name(f"{path.name}.bad-{cleared.ts_ns}")
            path.rename(aside)
            _store(path, Breaker(last_cleared=cleared))
            return aside
        return None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """The lock is a file beside: `path` itself is another inode after every change."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _store(path: Path, breaker: Breaker) -> None:
    """Replace the file; on return a power cut leaves the new one."""
    told = msgspec.json.encode(breaker)
    stored = _Stored(schema=SCHEMA, sha256=_sha256(told), breaker=msgspec.Raw(told))
    write_whole(path, msgspec.json.encode(stored))


def _bad(path: Path, why: str) -> BadBreakerFile:
    return BadBreakerFile(
        f"{path}: {why}; the breaker counts as tripped until a person looks: tarazu feed clear-breaker --reason ..."
    )


def _sha256(told: bytes | msgspec.Raw) -> str:
    import hashlib  # OpenSSL, which commands that find a running depth_ws do without

    return hashlib.sha256(told).hexdigest()
