"""The projection beside the engine: a thread that follows the journal, and says when the database cannot.

A record is never lost by it: the journal has it, and the tables are taken up again where they stand.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from tarazu.adapters.sqlite_projection.connect import Damaged
from tarazu.adapters.sqlite_projection.hold import alone, put_aside
from tarazu.app.database import database_file
from tarazu.app.database.projector import Projector
from tarazu.app.home import Home

EVERY_S = 0.25
BACKOFF_MAX_S = 30.0


def aside(file: Path) -> Path:
    """Where a damaged database is kept, the last one only: a bad disk is not to be filled with them."""
    return file.with_name(f"{file.name}.damaged")


class ProjectionThread:
    """`on_trouble(False, text)` when the database cannot be written and why, told once for each reason;
    `on_trouble(True, "")` when it shows all of the journal again. Called by this thread, which waits for it."""

    def __init__(
        self,
        home: Home,
        on_trouble: Callable[[bool, str], None],
        every_s: float = EVERY_S,
        retry_s: float = 0.5,
        *,
        on_written: Callable[[int], None] = lambda took_ns: None,
    ) -> None:
        """`on_written` hears how many ns each batch took, folded and on the disk."""
        self._file = database_file(home)
        self._projector = Projector(home.journal, self._file)
        self._on_written = on_written
        self._on_trouble, self._every_s, self._retry_s = on_trouble, every_s, retry_s
        self._trouble = ""
        self._tries = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="projection", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience_s: float = 10.0) -> bool:
        """Show what is there, and end. False when it has not ended in time: then it ends with the process, and nothing
        is lost by that."""
        self._over.set()
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            last = self._over.is_set()
            wait_s = self._turn()
            if last:
                return self._close()
            self._over.wait(wait_s)

    def _turn(self) -> float:
        """Catch up once; how long until the next time."""
        try:
            self._catch_up()
        except Damaged as damaged:
            return self._in_trouble(self._rebuild(damaged))
        except Exception as bad:  # noqa: BLE001 - whatever it is, the desk is told and goes on: the journal is the record
            return self._in_trouble(f"{type(bad).__name__}: {bad}")
        self._tries = 0
        if self._trouble:
            self._trouble = ""
            self._on_trouble(True, "")
        return self._every_s

    def _catch_up(self) -> None:
        began_ns = time.monotonic_ns()

        def told(entries: int) -> None:
            nonlocal began_ns
            now_ns = time.monotonic_ns()
            self._on_written(now_ns - began_ns)
            began_ns = now_ns

        self._projector.catch_up(told)

    def _in_trouble(self, text: str) -> float:
        if text != self._trouble:
            self._trouble = text
            self._on_trouble(False, text)
        self._close()
        self._tries += 1
        return float(min(self._retry_s * 2 ** (self._tries - 1), BACKOFF_MAX_S))

    def _rebuild(self, damaged: Damaged) -> str:
        """Put the file aside; the next turn begins a new one at the journal's first day."""
        self._close()
        name = aside(self._file)
        try:
            with alone(self._file):
                put_aside(self._file, name)
        except Exception as bad:  # noqa: BLE001 - as above
            return f"{damaged}; it cannot be put aside: {bad}"
        return f"{damaged}; it is put aside as {name.name} and made anew from the journal"

    def _close(self) -> None:
        try:
            self._projector.close()
        except Exception as bad:  # noqa: BLE001 - as above
            if not self._trouble:
                self._trouble = f"{type(bad).__name__}: {bad}"
                self._on_trouble(False, self._trouble)
