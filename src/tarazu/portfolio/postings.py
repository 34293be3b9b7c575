"""What the books are kept from beside fills: the opening position, product conversions, charges no order made."""

from enum import StrEnum

import msgspec

from tarazu.model.order import Product, Side
from tarazu.portfolio.charges import Charges


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one instrument and product that were open when the day began. All three signed alike."""

    key: str
    product: Product
    qty: int
    cost_paise: int
    """What they were traded for, on whichever day."""
    close_value_paise: int | None
    """What they were worth at yesterday's close or settlement price; None when nobody can tell."""


class Units(StrEnum):
    """Kite's `position_type`: which of the open units are converted."""

    DAY = "day"
    OVERNIGHT = "overnight"


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """Open units that changed product. Kite keeps no list of them, so the id is of our own making."""

    conversion_id: str
    key: str
    side: Side
    """Of the position: BUY for a long one."""
    units: Units
    qty: int
    """Above 0."""
    old_product: Product
    new_product: Product


class Levy(msgspec.Struct, frozen=True, kw_only=True):
    """A charge that is of no order's turnover: square-off fee, depository fee, tax on an exercise."""

    levy_id: str
    charges: Charges
    key: str = ""
    """Instrument it is for; empty: the account's."""
    product: Product | None = None
    order_id: str = ""
    """Order it was charged for, where there is one."""
