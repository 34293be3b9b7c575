"""What is wanted, and why: the thing that is written down, made durable, and then sent once."""

from enum import StrEnum

import msgspec

from tarazu.model.order_request import NewOrder


class Purpose(StrEnum):
    ENTRY = "ENTRY"
    EXIT = "EXIT"
    STOP = "STOP"
    """The protective stop of an entry: rests at the exchange."""
    SQUARE_OFF = "SQUARE_OFF"


class OrderIntent(msgspec.Struct, frozen=True, kw_only=True):
    """One order to be placed, at most once, ever. Wanting it again is another intent with another tag."""

    order: NewOrder
    """Its `tag` is the client order id. `autoslice` stays off: each slice is an intent of its own (`slicing`)."""
    purpose: Purpose
    strategy: str
    covers: str = ""
    """The entry (its tag) a STOP or EXIT belongs to."""
    group: str = ""
    """The multi-leg plan, or the parent of slices."""

    @property
    def ref(self) -> str:
        return self.order.tag

    @property
    def key(self) -> str:
        return f"{self.order.exchange}:{self.order.tradingsymbol}"
