"""All that is held and may become held, as one portfolio: its limits stand beside the gate."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tarazu.engine.run import Run
from tarazu.risk.denial import Denial

if TYPE_CHECKING:
    from tarazu.engine.weighing import Adding


def denials(run: Run, adding: Sequence["Adding"]) -> Iterable[Denial]:
    """GROSS, GREEKS, SCENARIO, UNEXECUTED, MARGIN: of everything there is, with `adding` all added to it."""
    return ()


def watch(run: Run) -> None:
    """Once a second: the broker's margins are read, and what is over a limit without having been entered is told."""
