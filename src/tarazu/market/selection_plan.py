"""What a desk wants to watch, and what came of it: plan, refusal, selection.

A selection carries the centres it was made around and the spots they came from, so that nobody trades on strikes
without knowing where they were counted from.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from tarazu.market.connections import ConnectionLimits
from tarazu.market.feeds import FeedClass
from tarazu.market.listing import nearest
from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Exchange, Instrument


class StreamMode(StrEnum):
    """How much of an instrument is asked for, in Kite's words ("WebSocket streaming", modes)."""

    LTP = "ltp"
    QUOTE = "quote"
    FULL = "full"


# Depth is the desk's business; a full packet of an index or VIX costs 32 bytes and alone carries the exchange's clock.
MODES: Mapping[FeedClass, StreamMode] = dict.fromkeys(FeedClass, StreamMode.FULL)


class UnderlyingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to take of one underlying."""

    key: str
    """Its cash or index row, `NSE:NIFTY 50`."""
    name: str
    """What its contracts are called: `NIFTY`."""
    exchange: Exchange = Exchange.NFO
    """Where its contracts trade."""
    futures: int = 1
    """So many nearest expiries."""
    option_expiries: int = 1
    strikes_each_side: int = 15
    near_each_side: int = 5
    """Strikes this close to the money tick all day; those beyond are given more patience."""


class SelectionPlan(msgspec.Struct, frozen=True, kw_only=True):
    underlyings: tuple[UnderlyingPlan, ...]
    """The more important first."""
    cross_asset: tuple[str, ...] = ()
    """Keys: INDIA VIX, other indices, futures."""
    stocks: tuple[str, ...] = ()
    modes: Mapping[FeedClass, StreamMode] = msgspec.field(default_factory=lambda: MODES)
    connections: ConnectionLimits = ConnectionLimits()
    recentre_strikes: int = 2
    """The money moves this many strikes before the selection does."""


class Refusal(StrEnum):
    UNKNOWN_UNDERLYING = "UNKNOWN_UNDERLYING"
    """Its cash or index row is not in the master."""
    UNKNOWN_INSTRUMENT = "UNKNOWN_INSTRUMENT"
    """A cross-asset or stock key is not in the master."""
    NO_SPOT = "NO_SPOT"
    NO_CONTRACTS = "NO_CONTRACTS"
    """The master has no contract of that name, or none of a kind that was asked for."""
    EXPIRED = "EXPIRED"
    """All its contracts expired before the day: an old master."""
    SPOT_OUTSIDE_STRIKES = "SPOT_OUTSIDE_STRIKES"
    """No strike lies on one side of the spot: one of the two is wrong, or in another unit."""


class SelectionRefused(msgspec.Struct, frozen=True):
    reason: Refusal
    key: str
    text: str


class Centre(msgspec.Struct, frozen=True, kw_only=True):
    """Where the strikes of one underlying were counted from."""

    underlying: str
    spot_paise: int
    """The price it was made from."""
    atm_paise: int
    """The listed strike nearest to it, in the nearest expiry; the lower of two."""
    strikes_paise: tuple[int, ...]
    """All strikes of the nearest expiry, ascending: what distance is measured in."""
    expiries: tuple[date, ...]

    def strikes_away(self, spot_paise: int) -> int:
        """How many strikes the money would move if the spot were this."""
        if not self.strikes_paise:
            return 0
        return nearest(self.strikes_paise, spot_paise) - nearest(self.strikes_paise, self.spot_paise)


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription."""

    instrument: Instrument
    feed: str
    """index, stocks, futures, options or cross_asset."""
    feed_class: FeedClass
    mode: StreamMode
    connection: int
    pinned: bool


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Subscriptions by priority: pinned, spots, futures, cross-asset, stocks, options from the money outwards."""

    day: date
    chosen: tuple[Chosen, ...]
    centres: tuple[Centre, ...]
    left_out: tuple[Instrument, ...]
    """What the connections had no room for, in the same order."""
    missing_pins: tuple[InstrumentToken, ...]
    """Pinned tokens that today's master does not know: an expired contract, or a changed token. Look at them."""

    @property
    def tokens(self) -> tuple[InstrumentToken, ...]:
        return tuple(c.instrument.instrument_token for c in self.chosen)
