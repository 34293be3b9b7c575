"""What the books answer to a movement: what it changed, or why it was not booked."""

from enum import StrEnum

import msgspec

from tarazu.model.order import Product


class Booked(msgspec.Struct, frozen=True, gc=False):
    """What a fill changed."""

    key: str
    product: Product
    qty_before: int
    qty: int
    realised_paise: int
    """Closed by this fill at the running average; meaningless where the position's P&L is not known."""


class Why(StrEnum):
    """Why nothing was booked."""

    REPEATED = "REPEATED"
    """Booked before, and the same: harmless."""
    CONTRADICTS = "CONTRADICTS"
    """Its id was booked with another content. One of the two is wrong: for a human."""
    OTHER_DAY = "OTHER_DAY"
    """It did not happen on the day of these books."""
    NOT_OPEN = "NOT_OPEN"
    """A conversion of more units than are open of that kind."""


class Unbooked(msgspec.Struct, frozen=True):
    """The books are as they were."""

    why: Why


class Converted(msgspec.Struct, frozen=True):
    """Units changed product. `value_paise` is what they moved for in Kite's way of counting."""

    value_paise: int
