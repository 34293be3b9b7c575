"""An entry that is sent, and what a day has shown so far: what the rules of `bounds` are asked about."""

from typing import TYPE_CHECKING

import msgspec

from tarazu.dst.limits import Purse
from tarazu.dst.market import StillMarket
from tarazu.engine.config import Pilot
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product
from tarazu.model.order_request import NewOrder
from tarazu.orders.intent import OrderIntent

if TYPE_CHECKING:
    from tarazu.dst.life import Life
    from tarazu.dst.world import World

NEAR = 1.1
"""Greeks and scenarios are reckoned here by other formulas, and to a tenth."""
BPS = 10_000
NOWHERE: frozenset[tuple[str, Product]] = frozenset()


class Earlier(msgspec.Struct, frozen=True):
    sent_ns: int
    ref: str
    group: str
    like: tuple[object, ...]


class Seen(msgspec.Struct):
    pilot: Pilot | None
    """That holds by now: a person may have switched one on."""
    earlier: list[Earlier] = []
    cheapest: dict[str, int] = {}
    """By ref, the lowest price it was ever asked to have."""
    stills: list[StillMarket] = []
    """The middles at the last two ticks, this one's not yet among them while it is taken."""
    trips: dict[tuple[str, str], list[int]] = {}
    """Round trips by strategy and key: when each was over."""
    is_blind: bool = False
    """Executions were taken that nobody here was told of."""
    funds: tuple[int, int] | None = None
    """The last that this life was told, and when they were asked for."""
    started_ns: int = 0
    left: frozenset[tuple[str, Product]] = NOWHERE
    """Places that are being left."""
    is_flattening: bool = False


class Asked(msgspec.Struct, frozen=True):
    world: "World"
    life: "Life"
    seen: Seen
    ref: str
    order: NewOrder
    intent: OrderIntent
    instrument: Instrument
    qty: int
    """Of its want, as far as it was sent: all slices."""

    @property
    def purse(self) -> Purse:
        return self.world.plan.purse
