"""The operator of a demo: does every step of a runbook, agrees where one is asked, and reads the two prices."""

from collections.abc import Callable, Mapping

from tarazu.app.runbook.book.model import Step
from tarazu.app.runbook.runs.attendance import Choice

Prices = Callable[[], Mapping[str, float]]
"""What `pre-open`'s step `eyeball` compares, by its names: NIFTY by Kite's quote, and by the desk's feed; rupees."""


class Operator:
    """Implements `runs.attendance.Attendance`. `begins` is told each step before it is done."""

    is_there = True

    def __init__(self, begins: Callable[[Step], None], tell: Callable[[str], None], prices: Prices) -> None:
        self._begins, self._tell, self._prices = begins, tell, prices

    def choose(self, step: Step) -> Choice:
        self._begins(step)
        return Choice.DO

    def agrees(self, step: Step, question: str) -> bool | None:
        self._tell(f"{question} yes")
        return True

    def numbers(self, step: Step) -> Mapping[str, float] | None:
        found = self._prices()
        self._tell("  ".join(f"{name} {found[name]:,.2f}" for name in step.record if name in found))
        return found if all(name in found for name in step.record) else None
