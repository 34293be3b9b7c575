"""Kite's REST answers, read: the envelope, the last prices of `GET /quote/ltp`, and what is held.

Kite v3 "Response structure", "Market quotes", "Portfolio". The other way round is in `kite_errors` and `kite_quotes`.
"""

from collections.abc import Mapping

import msgspec

from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import price_divisor

PRICE_MAX = 0x7FFF_FFFF
"""The ticker's prices are signed 32-bit integers."""


class Declined(msgspec.Struct, frozen=True):
    """The broker's no. Its class decides, also where the HTTP status is 200 (kiteconnect 5.2.2)."""

    error_type: str
    message: str


class Malformed(msgspec.Struct, frozen=True):
    """Not what Kite documents, and none of it was used. `text` quotes nothing but structure and numbers."""

    text: str


class LastPrice(msgspec.Struct, frozen=True):
    token: InstrumentToken
    price: int
    """The wire's integer (`model.instrument.price_divisor`), as ticks carry it."""


class _Envelope(msgspec.Struct):
    status: str = ""
    data: msgspec.Raw = msgspec.Raw()
    error_type: str | None = None
    message: str | None = None


class _Quote(msgspec.Struct):
    instrument_token: int
    last_price: float


class _Position(msgspec.Struct):
    instrument_token: int
    quantity: int


class _Positions(msgspec.Struct):
    net: list[_Position]


_ENVELOPES = msgspec.json.Decoder(_Envelope)
_QUOTES = msgspec.json.Decoder(dict[str, _Quote])
_POSITIONS = msgspec.json.Decoder(_Positions)


def read_envelope(body: bytes) -> msgspec.Raw | Declined | Malformed:
    """The `data` of an answer, still JSON; or why there is none."""
    try:
        envelope = _ENVELOPES.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as bad:
        return Malformed(f"no answer in Kite's shape: {bad}")
    if envelope.error_type is not None or envelope.status == "error":
        return Declined(envelope.error_type or "", envelope.message or "no reason given")
    if envelope.status != "success" or not bytes(envelope.data):
        return Malformed("JSON, but neither a success with data nor an error")
    return envelope.data


def read_last_prices(body: bytes) -> Mapping[str, LastPrice] | Declined | Malformed:
    """By key as it was asked for. What Kite does not know it leaves out."""
    data = read_envelope(body)
    if isinstance(data, Declined | Malformed):
        return data
    try:
        quotes = _QUOTES.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as bad:
        return Malformed(f"last prices: {bad}")
    found = {key: _last_price(quote) for key, quote in quotes.items()}
    wrong = next((key for key, price in found.items() if price is None), None)
    if wrong is not None:
        return Malformed(f"last prices: token or price of {wrong!r} is no 32-bit number")
    return {key: price for key, price in found.items() if price is not None}


def read_held(body: bytes) -> frozenset[InstrumentToken] | Declined | Malformed:
    """Of `GET /portfolio/positions`: the instruments whose net position, of any product, is not zero."""
    data = read_envelope(body)
    if isinstance(data, Declined | Malformed):
        return data
    try:
        positions = _POSITIONS.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as bad:
        return Malformed(f"positions: {bad}")
    return frozenset(InstrumentToken(p.instrument_token) for p in positions.net if p.quantity)


def _last_price(quote: _Quote) -> LastPrice | None:
    """None where token or price lie beyond what the ticker could carry. Rounds: floats of rupees are not exact."""
    exact = quote.last_price * price_divisor(quote.instrument_token)
    if not 0 < quote.instrument_token <= 0xFFFF_FFFF or not abs(exact) <= PRICE_MAX:
        return None
    return LastPrice(InstrumentToken(quote.instrument_token), round(exact))
