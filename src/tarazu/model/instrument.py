"""What is traded: one instrument of one exchange on one day."""

from datetime import date
from enum import IntEnum, StrEnum

import msgspec

from tarazu.model.ids import InstrumentToken, TradingSymbol


class Exchange(StrEnum):
    NSE = "NSE"
    BSE = "BSE"
    NFO = "NFO"
    BFO = "BFO"
    CDS = "CDS"
    BCD = "BCD"
    MCX = "MCX"
    NCO = "NCO"


class SegmentByte(IntEnum):
    """Low byte of an instrument token. Kite v3 "WebSocket streaming", and kiteconnect 5.2.2's EXCHANGE_MAP."""

    NSE = 1
    NFO = 2
    CDS = 3
    BSE = 4
    BFO = 5
    BCD = 6
    MCX = 7
    MCXSX = 8
    INDICES = 9
    NCO = 12


# Price divisor by segment byte; every other segment is quoted in paise. kiteconnect 5.2.2, KiteTicker._parse_binary.
PRICE_DIVISOR = {SegmentByte.CDS: 10_000_000, SegmentByte.BCD: 10_000, SegmentByte.NCO: 10_000}
PAISE_DIVISOR = 100


class Kind(StrEnum):
    """What an instrument is. Kite's `instrument_type` says EQ for indices too; we do not."""

    EQ = "EQ"
    INDEX = "INDEX"
    FUT = "FUT"
    CE = "CE"
    PE = "PE"


_OPTIONS = (Kind.CE, Kind.PE)
_DERIVATIVES = (Kind.FUT, *_OPTIONS)


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the day's instrument master. Prices in paise (divisor-100 segments), quantities in units."""

    instrument_token: InstrumentToken
    exchange: Exchange
    tradingsymbol: TradingSymbol
    name: str
    """Underlying's name for derivatives (`NIFTY`), company or index name otherwise."""
    kind: Kind
    segment: str
    """Kite's segment text: NSE, BSE, INDICES, NFO-FUT, NFO-OPT, BFO-FUT, BFO-OPT."""
    tick_size_paise: int = 5
    lot_size: int = 1
    freeze_qty: int = 0
    """Largest quantity of one order; 0 where the exchange sets none."""
    expiry: date | None = None
    strike_paise: int = 0
    underlying: str = ""
    """Key (`EXCHANGE:TRADINGSYMBOL`) of the underlying's cash or index row; empty for cash and indices."""
    fno_underlying: bool = False
    """A cash share with derivatives on it: sliding 10 % range, closing auction from 3 Aug 2026."""

    @property
    def exchange_token(self) -> int:
        return self.instrument_token >> 8

    @property
    def key(self) -> str:
        """`NSE:INFY`, as quotes and orders name it."""
        return self.exchange + ":" + self.tradingsymbol  # a fifth of what formatting an enum's member costs

    @property
    def is_option(self) -> bool:
        return self.kind in _OPTIONS

    @property
    def is_derivative(self) -> bool:
        return self.kind in _DERIVATIVES


def token_of(exchange_token: int, segment: SegmentByte) -> InstrumentToken:
    return InstrumentToken(exchange_token << 8 | segment)


def price_divisor(token: int) -> int:
    """What the wire's integer price is divided by to give rupees."""
    return PRICE_DIVISOR.get(token & 0xFF, PAISE_DIVISOR)  # type: ignore[call-overload, no-any-return]
