"""How far an order at the market may go: the broker turns it into a LIMIT order so many hundredths of a percent beyond
the last price (KITE facts 1.6). A test holds the table equal to the rules of the simulated broker.
"""

from tarazu.model.instrument import Instrument
from tarazu.model.order import Side
from tarazu.model.order_request import PROTECTION_AUTO

Slabs = tuple[tuple[int, int], ...]
"""Below this last price, paise: so many hundredths of a percent."""

SHARES_AND_FUTURES: Slabs = ((10_000, 200), (50_000, 100))
SHARES_AND_FUTURES_ABOVE = 50
OPTIONS: Slabs = ((1_000, 500), (10_000, 300), (50_000, 200))
OPTIONS_ABOVE = 100


def automatic_bps(instrument: Instrument, last_paise: int) -> int:
    """Of PROTECTION_AUTO."""
    slabs, above = (OPTIONS, OPTIONS_ABOVE) if instrument.is_option else (SHARES_AND_FUTURES, SHARES_AND_FUTURES_ABOVE)
    return next((bps for below, bps in slabs if last_paise < below), above)


def reaches(instrument: Instrument, side: Side, last_paise: int, protection_bps: int | None) -> float | None:
    """The price an order at the market is protected at, paise; None without protection: who knows how far it goes."""
    if not protection_bps:
        return None
    bps = automatic_bps(instrument, last_paise) if protection_bps == PROTECTION_AUTO else protection_bps
    return last_paise * (10_000 + side.sign * bps) / 10_000
