"""The registry's pointers, followed: another active version is tried on, journalled, and used, within a second.

One that cannot be used (its bytes are gone or others, it does not read, a strategy does not take it) is trouble of
`MODELS`: the desk was told to use it and does not, so nothing is entered until that is over. What ran before runs on
and leaves what it holds. So is a pointer that the desk's record does not account for: every command writes it down
before it moves one, and a file that is gone is nobody's word that no model is to be used.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from tarazu.app.home import Home
from tarazu.app.main.models_drift import ModelsDrift
from tarazu.app.main.strategies import BadStrategy
from tarazu.app.models.active import BadModels, active_hashes
from tarazu.app.models.moving.trail import changes, trail
from tarazu.app.models.versions import ACTIVE
from tarazu.engine.messages import Message, ModelsSet, RecordTrouble
from tarazu.runtime.desk_record import BadDeskRecord

log = logging.getLogger("tarazu.main")

OF = "MODELS"
_Seen = tuple[tuple[str, int, int, int], ...]


class ModelsWatch:
    """`look` asks the disk for the pointers' stamps. What is another is read, proven and tried on in a thread of its
    own, for which no exit waits; a later look tells the engine."""

    def __init__(self, home: Home, began: Mapping[str, str], try_on: Callable[[Mapping[str, str]], None]) -> None:
        """`began`: what the engine was started with. `try_on` raises BadStrategy where it cannot be used."""
        self._home, self._folder, self._try_on = home, home.models, try_on
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
            self._trial = _Trial(self._home, seen, self._active, self._try_on)
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
        self, home: Home, seen: _Seen, used: Mapping[str, str], try_on: Callable[[Mapping[str, str]], None]
    ) -> None:
        super().__init__(name="models", daemon=True)
        self._home, self._used, self._try_on = home, used, try_on
        self.seen, self.active, self.refused = seen, dict[str, str](), ""

    def run(self) -> None:
        try:
            self.active = active_hashes(self._home.models)
            if self.active != self._used:
                _by_the_record(self._home, self._used, self.active)
                self._try_on(self.active)
        except (BadModels, BadStrategy, BadDeskRecord, OSError) as bad:
            self.refused = str(bad)
        except Exception as bug:  # a model that is not used is told; a thread that died would be told by nobody
            log.exception("a bug in trying models on")
            self.refused = f"BUG: {type(bug).__name__}: {bug}"


def _by_the_record(home: Home, used: Mapping[str, str], active: Mapping[str, str]) -> None:
    """What is another is what a command has made it. Raises BadModels, BadDeskRecord, OSError."""
    for name in sorted(used.keys() | active.keys()):
        now = active.get(name, "")
        if now != used.get(name, "") and now != (said := trail(changes(home.desk, name)).active):
            told = f"{now[:12] or 'none'} is active, by the desk's record it is {said[:12] or 'none'}"
            raise BadModels(
                f"model {name}: no command has moved {home.models / name / ACTIVE}: {told}; tarazu model list, then "
                f"tarazu model rollback --family {name} --to {said[:12] or 'none'}"
            )


def _seen(folder: Path) -> _Seen:
    """Another whenever a pointer was replaced, put there or taken away. Raises OSError."""
    found = []
    for path in sorted(folder.glob(f"*/{ACTIVE}")):
        told = path.stat()
        found.append((path.parent.name, told.st_ino, told.st_mtime_ns, told.st_size))
    return tuple(found)
