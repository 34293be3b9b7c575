"""One process at a time does a step of a day's close: its word of what it writes and its own entry belong together.

A second one is told so. The lock is in `run/`, and ends with its holder, however that dies.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import date

from tarazu.app.home import Home
from tarazu.app.verdict import Check, Exit, Status, Verdict, answer
from tarazu.runtime.alone import PATIENCE_S, Held, alone
from tarazu.runtime.desk_record import DeskKind


@contextlib.contextmanager
def step_alone(home: Home, day: date, kind: DeskKind, patience_s: float | None = None) -> Iterator[None]:
    """From before its word to after its entry; of a step that only writes, a second one has the patience to wait.

    Raises Held, OSError."""
    with alone(home.run / f"{kind}-{day}.lock", PATIENCE_S if patience_s is None else patience_s):
        yield


def done_alone(
    home: Home, command: str, day: date, kind: DeskKind, now_ns: int, step: Callable[[], Verdict]
) -> Verdict:
    """What `step` comes to; REFUSED where another process is at it, and nothing was done."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(step_alone(home, day, kind, patience_s=0))
        except Held:
            hint = "wait until it has ended, and do it again"
            check = Check(id="close.alone", status=Status.CRIT, code="BUSY", detail=_busy(day), hint=hint)
            return _nothing(home, command, day, now_ns, "REFUSED", Exit.REFUSED, check)
        except OSError as failed:
            hint = "make room, or see to the folder's rights, and do it again"
            check = Check(id="close.alone", status=Status.CRIT, code="NOT_WRITTEN", detail=str(failed), hint=hint)
            return _nothing(home, command, day, now_ns, "CRIT", Exit.CRIT, check)
        return step()


def _busy(day: date) -> str:
    return f"another process does this step of {day} just now"


def _nothing(home: Home, command: str, day: date, now_ns: int, word: str, exit_code: Exit, check: Check) -> Verdict:
    return answer(command, word, exit_code, home, now_ns, f"{day}: nothing was done", (check,), facts={"day": day})
