"""A person's leave before an entry, and the pilot's small limits: both can be switched on while running, neither off.

Exits, stops and cancellations never ask for leave.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tarazu.engine.run import Run
from tarazu.risk.denial import Denial
from tarazu.strategy.wants import EntryWant, SpreadWant

if TYPE_CHECKING:
    from tarazu.engine.weighing import Adding


def denials(run: Run, adding: Sequence["Adding"]) -> Iterable[Denial]:
    """PILOT."""
    return ()


def holds(run: Run, want: EntryWant | SpreadWant) -> bool:
    """Whether the want waits for leave now; what waits is in the record."""
    return False


def approved(run: Run) -> Sequence[EntryWant | SpreadWant]:
    """The want that this message gives leave to: once, in time, and to what was shown."""
    return ()


def watch(run: Run) -> None:
    """A person switches a guard on or refuses a want; what has waited too long ends."""
