"""How the desk has behaved lately: what the controls on repetition, refusals and ratios are counted from. A value.

`engine.carry_out` tells it of everything that goes out and comes back, live and in recovery alike.
"""

import msgspec

from tarazu.model.execution import Fill
from tarazu.orders.intent import OrderIntent
from tarazu.orders.messages import Moved


class Conduct(msgspec.Struct, kw_only=True):
    placed: int = 0
    """Of the day, as are all counts here."""
    changed: int = 0
    cancelled: int = 0
    trades: int = 0

    def intended(self, intent: OrderIntent, now_ns: int) -> None:
        self.placed += 1

    def asked_change(self, now_ns: int) -> None:
        self.changed += 1

    def asked_cancel(self, now_ns: int) -> None:
        self.cancelled += 1

    def filled(self, fill: Fill, strategy: str, now_ns: int) -> None:
        """`strategy` is empty for a stranger's order."""
        self.trades += 1

    def moved(self, moved: Moved, now_ns: int) -> None:
        """An order of ours came into another state."""
