"""What a master may list besides what trades: a master is a file of a morning, and has what expired a month ago in it
still, which may even look quoted. The broker knows it no more.
"""

from datetime import date

from tarazu.dst.market import INDEX, LOT, SimMarket
from tarazu.dst.strategy import SHARE
from tarazu.market.touch import Middles, Touch
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind

EXPIRED = Instrument(
    instrument_token=InstrumentToken(1003 << 8 | 2),
    exchange=Exchange.NFO,
    tradingsymbol=TradingSymbol("NIFTY26OCTFUT"),
    name="NIFTY",
    kind=Kind.FUT,
    segment="NFO-FUT",
    lot_size=LOT,
    freeze_qty=1_800,
    expiry=date(2026, 10, 27),
    underlying=INDEX,
)


class StaleQuotes:
    """`tarazu.market.touch.Quotes` of the market, and of what has expired: quoted as the share is, so that in every
    other respect it is an instrument like the others."""

    def __init__(self, market: SimMarket) -> None:
        self._market = market

    def touch(self, key: str) -> Touch | None:
        return self._market.touch(quoted_as(key))

    def changed(self) -> tuple[str, ...]:
        return self._market.changed()

    def still(self) -> Middles:
        return _Still(self._market.still())


class _Still:
    def __init__(self, still: Middles) -> None:
        self._still = still

    def middle(self, key: str) -> float | None:
        return self._still.middle(quoted_as(key))


def quoted_as(key: str) -> str:
    return SHARE if key == EXPIRED.key else key
