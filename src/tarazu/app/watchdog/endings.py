"""Ending a process that hangs, so that its supervisor starts it again: once, and not again and again.

A pid is ended only where the process's own word and the supervisor name the same one; it is held by a descriptor of
the kernel's meanwhile, so that no other process of that number is hit.
"""

import os
import signal
import time
from datetime import date, timedelta
from pathlib import Path

from tarazu.app.home import Home
from tarazu.app.supervision.link import SupervisorRefused
from tarazu.app.supervision.state import State
from tarazu.app.supervision.supervisor import Supervision
from tarazu.model import ist
from tarazu.model.units import MINUTE_NS
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, stamped

STORM_ENDINGS, STORM_NS = 4, 30 * MINUTE_NS
"""So many of one process within this time; a fifth hang is no accident, and starting over heals nothing (RELIABILITY 8,
restart policy)."""
ENDED = "end_hung"
"""In the desk's record."""


def end_hung(home: Home, name: str, pid: int) -> str:
    """SIGKILL; "" once it is sent, else why it was not."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return f"process {pid} is gone"
    except OSError as failed:
        return f"process {pid} cannot be held: {failed}"
    try:
        state = Supervision(home).state(name)
        if state.pid != pid or state.state not in (State.RUNNING, State.STARTING):
            known = f"pid {state.pid}" if state.pid else state.description or "no process"
            return f"its supervisor knows {known} ({state.state}), so nobody would start it again: {_by_hand(pid)}"
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return f"process {pid} is gone"
    except (SupervisorRefused, OSError) as failed:
        return str(failed) or type(failed).__name__
    finally:
        os.close(handle)
    return ""


def _by_hand(pid: int) -> str:
    return f"kill -9 {pid}, then tarazu up"


class Endings:
    """How often each process was ended of late, by the watchdogs and mains of this home; it survives theirs."""

    def __init__(self, home: Home, day_ns: int) -> None:
        """Counts on from the desk's record of the day of `day_ns` and the day before, as far as it reads."""
        self._at_ns: dict[str, list[int]] = {}
        today = ist.day_of(day_ns)
        for day in (today - timedelta(days=1), today):
            self._read(home.desk, day)

    def is_storm(self, name: str) -> bool:
        """Whether another ending of it would be one too many."""
        since_ns = time.time_ns() - STORM_NS
        return sum(at_ns >= since_ns for at_ns in self._at_ns.get(name, [])) >= STORM_ENDINGS

    def count(self, name: str, machine_ns: int | None = None) -> None:
        self._at_ns.setdefault(name, []).append(time.time_ns() if machine_ns is None else machine_ns)

    def _read(self, folder: Path, day: date) -> None:
        try:
            found = stamped(folder, day)
        except (BadDeskRecord, OSError):
            return  # it is the gate's and the audit's to tell; the count begins anew
        for entry in found:
            body = entry.body
            if entry.kind is DeskKind.WATCHDOG and body.get("act") == ENDED:
                self.count(str(body.get("name")), int(body.get("machine_ns") or 0))
