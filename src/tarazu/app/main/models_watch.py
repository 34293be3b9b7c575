"""The registry's pointers, followed: another active version is tried on, journalled, and used, within a second.

One that cannot be used (its bytes are gone or others, it does not read, a strategy does not take it) is trouble of
`MODELS`: the desk was told to use it and does not, so nothing is entered until that is over. What ran before runs on
and leaves what it holds.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from tarazu.app.home import Home
from tarazu.app.main.models_drift import ModelsDrift
from tarazu.app.main.strategies import BadStrategy
from tarazu.app.models.active import BadModels, active_hashes
from tarazu.app.models.versions import ACTIVE
from tarazu.engine.messages import Message, ModelsSet, RecordTrouble

log = logging.getLogger("tarazu.main")

OF = "MODELS"
_Seen = tuple[tuple[str, int, int, int], ...]


class ModelsWatch:
    """`look` asks the disk for the pointers' stamps. What is another is read, proven and tried on in a thread of its
    own, for which no exit waits; a later look tells the engine."""

    def __init__(self, home: Home, began: Mapping[str, str], try_on: Callable[[Mapping[str, str]], None]) -> None:
        """`began`: what the engine was started with. `try_on` raises BadStrategy where it cannot be used."""
        self._folder, self._try_on = home.models, try_on
        self.drift = ModelsDrift(home, began)
        self._active = dict(began)
        self._seen: _Seen | None = None
        self._trial: _Trial | None = None
        self.trouble = ""
        """Why what is active now is not used; empty: it is."""

    def look(self) -> list[Message]:
        """What is news for the engine. Raises nothing."""
        if self._trial is not None:
            return [] if self._trial.is_alive() else self._ended(self._trial)
        try:
            seen = _seen(self._folder)
        except OSError as bad:
            return self._told(str(bad))
        if seen != self._seen or self.trouble:
            self._trial = _Trial(self._folder, seen, self._active, self._try_on)
            self._trial.start()
        return []

    def _ended(self, trial: "_Trial") -> list[Message]:
        self._trial = None
        if trial.refused:
            return self._told(trial.refused)
        self._seen = trial.seen
        return [*self._told(""), *self._news(trial.active)]

    def _news(self, active: dict[str, str]) -> list[Message]:
        if active == self._active:
            return []
        self._active = active
        self.drift.use(active)
        log.info("models: %s", ", ".join(f"{name} {sha256[:12]}" for name, sha256 in active.items()) or "none")
        return [ModelsSet(active=active)]

    def _told(self, trouble: str) -> list[Message]:
        if trouble == self.trouble:
            return []
        self.trouble = trouble
        return [RecordTrouble(of=OF, ok=not trouble, text=trouble)]


class _Trial(threading.Thread):
    """Of what the pointers say: `active`, or why it is `refused`."""

    def __init__(
        self, folder: Path, seen: _Seen, used: Mapping[str, str], try_on: Callable[[Mapping[str, str]], None]
    ) -> None:
        super().__init__(name="models", daemon=True)
        self._folder, self._used, self._try_on = folder, used, try_on
        self.seen, self.active, self.refused = seen, dict[str, str](), ""

    def run(self) -> None:
        try:
            self.active = active_hashes(self._folder)
            if self.active != self._used:
                self._try_on(self.active)
        except (BadModels, BadStrategy, OSError) as bad:
            self.refused = str(bad)
        except Exception as bug:  # a model that is not used is told; a thread that died would be told by nobody
            log.exception("a bug in trying models on")
            self.refused = f"BUG: {type(bug).__name__}: {bug}"


def _seen(folder: Path) -> _Seen:
    """Another whenever a pointer was replaced, put there or taken away. Raises OSError."""
    found = []
    for path in sorted(folder.glob(f"*/{ACTIVE}")):
        told = path.stat()
        found.append((path.parent.name, told.st_ino, told.st_mtime_ns, told.st_size))
    return tuple(found)
