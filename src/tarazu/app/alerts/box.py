"""The outbox: a file an alert, written whole and on the disk before anybody counts on it.

    alerts/AL-20261123-003.5f1c09a2b7de.json      the id, and a digest of the alert's key
    alerts/lock                                   held while a file is made or changed

Any process posts, the courier and people change what is there. Files that do not read are passed over and told: an
alert that nobody can read must not keep the next one from going out.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from tarazu.app.alerts.alert import RANK, Alert, Kept
from tarazu.model import ist
from tarazu.model.units import DAY_NS, MINUTE_NS
from tarazu.runtime.alone import alone
from tarazu.runtime.whole import write_whole

SAME_NS = 7 * MINUTE_NS
"""An acknowledged alert whose key is posted again after so much silence has happened again, and is a new one. Longer
than the engine's `ALERT_AGAIN_NS`, in which it says a thing again that is still so."""
KEPT_NS = 14 * DAY_NS
"""Alerts that are done are taken away after so long; the desk's record has what became of them."""


class Box:
    """The outbox of one home. Reading changes nothing, not even the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, tuple[tuple[int, int, int], Kept | None]] = {}

    def post(self, alert: Alert, who: str, now_ns: int) -> tuple[Kept, bool]:
        """What is kept now, and whether it is new. Raises OSError: nothing is changed then."""
        digest = hashlib.sha256(alert.key.encode()).hexdigest()[:12]
        with alone(self.folder / "lock"):
            known = self._latest(digest)
            if known is not None and not _is_over(known, now_ns):
                again = _again(known, alert, now_ns)
                write_whole(self._path(again), msgspec.json.encode(again))
                return again, False
            kept = Kept(id=self._next_id(now_ns), alert=alert, who=who, first_ns=now_ns, last_ns=now_ns)
            write_whole(self._path(kept), msgspec.json.encode(kept))
            return kept, True

    def change(self, id_: str, change: Callable[[Kept], Kept]) -> Kept | None:
        """What the alert of this id now is; None where there is none. Raises OSError: nothing is changed then."""
        with alone(self.folder / "lock"):
            kept = self.find(id_)
            if kept is None:
                return None
            changed = change(kept)
            if changed != kept:
                write_whole(self._path(kept), msgspec.json.encode(changed))
            return changed

    def find(self, id_: str) -> Kept | None:
        paths = sorted(self.folder.glob(f"{id_}.*.json")) if id_.replace("-", "").isalnum() else []
        return self._kept(paths[0]) if paths else None

    def alerts(self) -> list[Kept]:
        """All that read, in the order of their ids. Raises OSError."""
        found = [self._kept(path) for path in self._paths()]
        return [kept for kept in found if kept is not None]

    def unreadable(self) -> list[Path]:
        return [path for path in self._paths() if self._kept(path) is None]

    def prune(self, now_ns: int) -> int:
        """Take away what is done and old; how many. Raises OSError."""
        old = [kept for kept in self.alerts() if not kept.is_open and now_ns - kept.last_ns > KEPT_NS]
        for kept in old:
            self._path(kept).unlink(missing_ok=True)
        return len(old)

    # What it takes.

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("AL-*.json"))

    def _path(self, kept: Kept) -> Path:
        return self.folder / f"{kept.id}.{hashlib.sha256(kept.alert.key.encode()).hexdigest()[:12]}.json"

    def _latest(self, digest: str) -> Kept | None:
        paths = sorted(self.folder.glob(f"AL-*.{digest}.json"))
        return self._kept(paths[-1]) if paths else None

    def _next_id(self, now_ns: int) -> str:
        stem = f"AL-{ist.day_of(now_ns):%Y%m%d}-"
        taken = [path.name.removeprefix(stem).split(".")[0] for path in self.folder.glob(f"{stem}*.json")]
        return f"{stem}{max((int(n) for n in taken if n.isdecimal()), default=0) + 1:03}"

    def _kept(self, path: Path) -> Kept | None:
        """None where it does not read. What has not changed on the disk is not read again."""
        try:
            seen = path.stat()
        except FileNotFoundError:
            return None
        mark = seen.st_ino, seen.st_mtime_ns, seen.st_size
        known = self._read.get(path.name)
        if known is not None and known[0] == mark:
            return known[1]
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=Kept)
        except (msgspec.MsgspecError, UnicodeDecodeError, FileNotFoundError):
            kept = None
        self._read[path.name] = mark, kept
        return kept


def _is_over(kept: Kept, now_ns: int) -> bool:
    """Whether the same key now means that it has happened again. What is not acknowledged yet goes on."""
    return not kept.is_open and now_ns - max(kept.last_ns, kept.acked_ns) > SAME_NS


def _again(known: Kept, alert: Alert, now_ns: int) -> Kept:
    """One more of the same. What is graver now than it was goes out as what it is, to be acknowledged anew."""
    again = msgspec.structs.replace(known, times=known.times + 1, last_ns=max(now_ns, known.last_ns))
    if RANK[alert.severity] >= RANK[known.alert.severity]:
        return again
    return msgspec.structs.replace(again, alert=alert, acked_by="", acked_ns=0, sendings={})
