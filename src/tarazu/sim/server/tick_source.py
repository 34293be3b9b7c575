"""What the ticker sees of the broker."""

from typing import Any, Protocol

from numpy.typing import NDArray

from tarazu.sim.faults import Faults
from tarazu.sim.universe import Universe


class TickSource(Protocol):
    """Time, faults and rows; `sim.server.driver.BrokerTicks` gives a broker's."""

    faults: Faults

    @property
    def now_ns(self) -> int: ...
    @property
    def universe(self) -> Universe: ...
    @property
    def rows(self) -> NDArray[Any]:
        """TICK records, one per instrument of the universe."""
        ...
