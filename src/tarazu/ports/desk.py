"""What the engine's shell needs done: requests to the broker, reads of its books, and to be told of every step."""

from typing import Protocol

from tarazu.engine.acts import Step
from tarazu.engine.messages import Stamped, What
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder

Request = SendOrder | ModifyOrder | CancelOrder


class Desk(Protocol):
    """Nothing here waits, raises for what a broker or a network can do, or calls back before it has returned: what
    comes of it comes as messages (`Answered`, `OrdersRead`, `ReadFailed`...)."""

    def request(self, request: Request) -> None:
        """Send it, now, and once."""
        ...

    def read(self, what: What) -> None: ...

    def told(self, sequence: int, stamped: Stamped, step: Step) -> None:
        """The step is journalled under `sequence` and performed."""
        ...
