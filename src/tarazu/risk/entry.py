"""What the gate weighs: an order that would be added or made larger, with everything it is weighed against."""

from datetime import date

import msgspec

from tarazu.market.touch import Touch
from tarazu.model.calendar import TradingSession
from tarazu.model.instrument import Instrument
from tarazu.model.order import OrdType, Product, Side, Validity
from tarazu.orders.throttle import Held
from tarazu.risk.limits import RiskLimits
from tarazu.risk.market_protection import reaches


class Resting(msgspec.Struct, frozen=True, gc=False):
    """An order of ours, or of our account, that rests or may rest on the other side."""

    ref: str
    price_paise: int
    """0: MARKET, or not known."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """Frozen, and true of one moment: `wall_ns` by the exchange's day, everything that is an age by the steady time."""

    # What is asked.
    strategy: str
    key: str
    side: Side
    qty: int
    """Units that are new."""
    whole_qty: int
    """Of the whole order: more than `qty` where a resting one is made larger."""
    product: Product
    order_type: OrdType
    price_paise: int | None
    validity: Validity
    protection_bps: int | None
    limits: RiskLimits

    # The day.
    entries: str
    """Why entries are not taken now; empty when they are."""
    instrument: Instrument | None
    tradable: Instrument | None
    """The same, where an order in it can be made; `checks_order.instrument` says no where none can."""
    is_stock_option: bool
    day: date
    session: TradingSession | None
    wall_ns: int
    band: tuple[int, int] | None

    # The market.
    touch: Touch | None
    middle_paise: float | None
    """Of the touch: the reference."""
    feeds_fresh: bool
    """Whether all are that are required, and those that may hold this instrument."""
    before_paise: float | None
    """The middle a second ago."""
    worst_paise: float | None
    """The worst price it may be filled at; None where that takes a market and there is none."""

    # The desk.
    far: int
    """Units there may be on this side at the worst, over all products of the instrument (`orders.exposure`)."""
    qty_max: int
    """0: no limit is configured."""
    first_reference_paise: int | None
    """The most careful middle our entries on this side were weighed against within the collar's window."""
    sent_again_ns: int | None
    """How long ago the same was sent; None: not within the window, or it is no new order."""
    round_trips: int
    resting: tuple[Resting, ...]
    is_blocked: bool
    is_leaving: bool
    lacks_stop: str
    """Why no protective stop could be placed; empty when one can, or none is required."""
    held: Held | None


def market_worst_paise(
    instrument: Instrument | None, side: Side, touch: Touch | None, protection_bps: int | None
) -> float | None:
    """Of an order at the market: as far as its protection lets it go."""
    if touch is None or instrument is None:
        return None
    from_paise = touch.last_paise or (touch.ask_paise if side is Side.BUY else touch.bid_paise)
    return reaches(instrument, side, from_paise, protection_bps) if from_paise else None
