"""What a flatten did, written down before it does it: in the desk's record, or, where that cannot be, in a file of its
own that the next audit takes in. Nothing that fails here stops a flatten: the positions are the larger risk."""

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
    """Of one flatten, `run`. `places` are where it was written, for people."""

    def __init__(self, home: Home, run: str, who: str, now_ns: Callable[[], int]) -> None:
        self._home, self._run, self._who, self._now_ns = home, run, who, now_ns
        self._fallback: Path | None = None
        self.entries = 0
        self.trouble = ""

    def write(self, step: str, **facts: Any) -> None:
        self._write(DeskKind.FLATTEN, {"run": self._run, "step": step, **facts})

    def ask_halt(self, why: str) -> bool:
        """A halt that main takes when it starts; whether it is where main looks."""
        body = {"level": "HARD_HALT", "why": why, "run": self._run}
        return self._write(DeskKind.HALT_ASKED, body)

    @property
    def told(self) -> str:
        if self._fallback is not None:
            return f"{self._fallback} ({self.trouble})"
        return str(self._home.desk) if self.entries else f"nowhere: {self.trouble}"

    def _write(self, kind: DeskKind, body: dict[str, Any]) -> bool:
        """Whether it is in the desk's record."""
        if self._fallback is None and not self.trouble:
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
        for folder in [self._fallback.parent] if self._fallback else [self._home.root, Path(tempfile.gettempdir())]:
            path = folder / (FALLBACK if folder == self._home.root else f"tarazu-{self._home.profile}-{FALLBACK}")
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
