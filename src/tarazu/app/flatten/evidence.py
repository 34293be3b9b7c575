"""What a flatten did, written down before it does it: in the desk's record, or, while that cannot be, in a file of its
own that the next flatten and the audit read. Nothing that fails here stops a flatten: the positions are the larger
risk."""

import fcntl
import json
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tarazu.app.home import Home
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append

log = logging.getLogger("tarazu.flatten")

FALLBACK = "flatten-evidence.jsonl"


class Evidence:
    """Of one flatten, `run`. The desk's record is tried at every write; only the first waits for one that is held."""

    def __init__(self, home: Home, run: str, who: str, now_ns: Callable[[], int]) -> None:
        self._home, self._run, self._who, self._now_ns = home, run, who, now_ns
        self._fallback: Path | None = None
        self.entries = 0
        self.trouble = ""
        """Why the last that did not come into the desk's record did not; empty when all did."""
        self.halt_is_asked = False
        """Whether a halt is where main looks."""

    def write(self, step: str, **facts: Any) -> None:
        self._write(DeskKind.FLATTEN, {"run": self._run, "step": step, **facts})

    def ask_halt(self, why: str) -> bool:
        """A halt that main takes when it starts; whether it is where main looks. Once is enough."""
        if not self.halt_is_asked:
            body = {"level": "HARD_HALT", "why": why, "run": self._run}
            self.halt_is_asked = self._write(DeskKind.HALT_ASKED, body)
        return self.halt_is_asked

    @property
    def told(self) -> str:
        if self._fallback is not None:
            return f"{self._fallback} ({self.trouble})"
        return str(self._home.desk) if not self.trouble else f"nowhere: {self.trouble}"

    def _write(self, kind: DeskKind, body: dict[str, Any]) -> bool:
        """Whether it is in the desk's record."""
        if not (self.trouble and _is_held(self._home.desk)):
            try:
                append(self._home.desk, kind, body, who=self._who, now_ns=self._now_ns())
                self.entries += 1
                return True
            except (OSError, BadDeskRecord, ValueError) as bad:
                self.trouble = f"the desk's record cannot be written: {bad}"
                log.error("%s; evidence goes elsewhere", self.trouble)
        self._fall_back(kind, body)
        return False

    def _fall_back(self, kind: DeskKind, body: dict[str, Any]) -> None:
        line = json.dumps({"ts_ns": self._now_ns(), "kind": kind, "who": self._who, "body": body}).encode() + b"\n"
        for path in [self._fallback] if self._fallback else _fallback_paths(self._home):
            try:
                fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
                try:
                    os.write(fd, line)
                    os.fsync(fd)
                finally:
                    os.close(fd)
            except OSError as bad:
                log.error("no evidence in %s: %s", path, bad)
                continue
            self._fallback, self.entries = path, self.entries + 1
            return


def fallbacks(home: Home) -> list[Path]:
    """Those there are, and that we wrote: what somebody else left in the temporary folder is no evidence."""
    found = []
    for path in _fallback_paths(home):
        try:
            if path.lstat().st_uid == os.geteuid():
                found.append(path)
        except OSError:
            continue
    return found


def _fallback_paths(home: Home) -> list[Path]:
    return [home.root / FALLBACK, Path(tempfile.gettempdir()) / f"tarazu-{home.profile}-{FALLBACK}"]


def _is_held(folder: Path) -> bool:
    """By another process at this moment: a position does not wait 5 s for it at each request."""
    try:
        fd = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False
