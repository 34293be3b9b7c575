"""What `GET /instruments/historical/{instrument_token}/{interval}` asks for, and the rows it gets."""

from typing import Any

import msgspec

from tarazu.model import ist
from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Exchange, Instrument, Kind, price_divisor
from tarazu.model.units import DAY_NS, SECOND_NS
from tarazu.sim.candles import Candle
from tarazu.sim.front.forms import Form
from tarazu.sim.universe import Universe
from tarazu.wire.kite_errors import Refusal

DATE_CHARS = len("2026-11-19")
CONTINUOUS_EXCHANGES = (Exchange.NFO, Exchange.MCX)


class CandleQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Both ends count. Times are UTC ns."""

    instrument: Instrument
    interval: str
    from_ns: int
    to_ns: int
    with_oi: bool


def read_query(
    form: Form, token: str, interval: str, universe: Universe, candle_days: dict[str, int]
) -> CandleQuery | Refusal:
    """The query, or why not; `candle_days` are the most days of one request by interval."""
    instrument = _instrument(token, universe)
    if instrument is None:
        return Refusal("Invalid `instrument_token`.")
    if interval not in candle_days:
        return Refusal(f"Invalid `interval`. It should be one of: {', '.join(candle_days)}.")
    from_ns, to_ns = _moment(form, "from"), _moment(form, "to", ends_day=True)
    if form.flag("continuous") and not _is_continuous(instrument, interval):
        form.refuse("Continuous data is available for day candles of NFO and MCX futures only.")
    with_oi = form.flag("oi")
    if form.refusal is not None:
        return form.refusal
    if to_ns < from_ns:
        return Refusal("Invalid `from` and `to`: the from date cannot be after the to date.")
    days = (ist.day_of(to_ns) - ist.day_of(from_ns)).days
    if days > candle_days[interval]:
        return Refusal(f"interval exceeds max limit: {candle_days[interval]} days")
    return CandleQuery(instrument=instrument, interval=interval, from_ns=from_ns, to_ns=to_ns, with_oi=with_oi)


def rows_of(query: CandleQuery, candles: list[Candle]) -> list[list[Any]]:
    """Kite's rows: IST stamp with zone, open, high, low, close in rupees, volume, and interest where asked."""
    divisor = price_divisor(query.instrument.instrument_token)
    return [
        [
            ist.stamp_iso(c.ts_ns),
            c.open / divisor,
            c.high / divisor,
            c.low / divisor,
            c.close / divisor,
            c.volume,
            *((c.oi,) if query.with_oi else ()),
        ]
        for c in candles
    ]


def _instrument(token: str, universe: Universe) -> Instrument | None:
    if not (token.isascii() and token.isdigit() and len(token) < 12):
        return None
    index = universe.index_of_token.get(InstrumentToken(int(token)))
    return None if index is None else universe.instruments[index]


def _moment(form: Form, name: str, ends_day: bool = False) -> int:
    """A stamp, or a bare date: its first second, or its last."""
    text = form.text(name)
    ts_ns = ist.parse_stamp(text)
    if ts_ns is None:
        form.refuse(f"Invalid `{name}`: it should be yyyy-mm-dd hh:mm:ss or yyyy-mm-dd.")
        return 0
    return ts_ns + DAY_NS - SECOND_NS if ends_day and len(text) <= DATE_CHARS else ts_ns


def _is_continuous(instrument: Instrument, interval: str) -> bool:
    return interval == "day" and instrument.kind is Kind.FUT and instrument.exchange in CONTINUOUS_EXCHANGES
