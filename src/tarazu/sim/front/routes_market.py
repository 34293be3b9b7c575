"""Market data over REST: the instruments file, quotes, candles, trigger ranges."""

from collections.abc import Callable
from typing import Any

from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Exchange, Instrument
from tarazu.model.order import Side
from tarazu.model.units import rupees
from tarazu.sim.front.call import Call, Route
from tarazu.sim.front.candle_query import read_query, rows_of
from tarazu.sim.front.forms import query_form, values
from tarazu.sim.front.http import Response, csv, data
from tarazu.sim.front.limits import Family
from tarazu.wire.kite_errors import ErrorType, Refusal
from tarazu.wire.kite_quotes import full_quote, ltp_quote, ohlc_quote

NOT_YET_DUMPED = Refusal("The instruments file is not available yet.", ErrorType.GENERAL, 404)
NO_KEYS = Refusal("Missing or empty field `i`.")

Answered = Callable[[Call, int, Instrument], dict[str, Any]]


def instruments(call: Call) -> Response | Refusal:
    """`GET /instruments[/{exchange}]`; the faults `instruments.late` and `instruments.truncated` strike here."""
    name = call.path.get("exchange")
    exchange = next((e for e in Exchange if e.value == name), None)
    if name is not None and exchange is None:
        return Refusal(f"Invalid `exchange`. It should be one of: {', '.join(Exchange)}.")
    faults, subject = call.broker.faults, {"path": call.request.path, "account": call.user_id}
    if faults.strike("instruments.late", call.now_ns, **subject):
        return NOT_YET_DUMPED
    file = call.dump.file(call.broker, exchange)
    broken = faults.strike("instruments.truncated", call.now_ns, **subject)
    return csv(file[: int(len(file) * broken.number("share"))] if broken else file)


def quotes(call: Call) -> Response | Refusal:
    return _quoted(call, call.broker.config.rules.quote_keys, _full)


def ohlc_quotes(call: Call) -> Response | Refusal:
    return _quoted(call, call.broker.config.rules.ohlc_keys, _ohlc)


def ltp_quotes(call: Call) -> Response | Refusal:
    return _quoted(call, call.broker.config.rules.ltp_keys, _ltp)


def trigger_ranges(call: Call) -> Response | Refusal:
    """`GET /instruments/trigger_range/{buy|sell}`: where a cover order's stop may lie, LTP to band."""
    side = next((s for s in Side if s.value.lower() == call.path["transaction_type"].lower()), None)
    if side is None:
        return Refusal("Invalid `transaction_type`. It should be one of: buy, sell.")
    return _quoted(call, call.broker.config.rules.ohlc_keys, _buy_range if side is Side.BUY else _sell_range)


def candles(call: Call) -> Response | Refusal:
    """`GET /instruments/historical/{token}/{interval}`: `[[stamp, open, high, low, close, volume(, oi)], …]`."""
    query = read_query(
        query_form(call.request),
        call.path["instrument_token"],
        call.path["interval"],
        call.broker.universe,
        call.broker.config.rules.candle_days,
    )
    if isinstance(query, Refusal):
        return query
    found = call.archive.candles(query.instrument, query.from_ns, query.to_ns, query.interval)
    return data({"candles": rows_of(query, found)})


def _quoted(call: Call, keys_max: int, answer: Answered) -> Response | Refusal:
    """One answer for each key that exists, under the key as it was given; the others are left out."""
    keys = values(call.request.query, "i")
    if not keys:
        return NO_KEYS
    if len(keys) > keys_max:
        return Refusal(f"Too many instruments: at most {keys_max} in a request.")
    universe = call.broker.universe
    found = {key: index for key in keys if (index := index_of(call, key)) is not None}
    return data({key: answer(call, index, universe.instruments[index]) for key, index in found.items()})


def index_of(call: Call, key: str) -> int | None:
    """The market row of `NSE:INFY`, or of an instrument token in decimal."""
    universe = call.broker.universe
    if key.isascii() and key.isdigit():
        return universe.index_of_token.get(InstrumentToken(int(key[:18])))
    return universe.index_of_key.get(key)


def _full(call: Call, index: int, instrument: Instrument) -> dict[str, Any]:
    exchange = call.broker.exchange
    return full_quote(exchange.row(index), instrument, exchange.bands(index), call.now_ns)


def _ohlc(call: Call, index: int, instrument: Instrument) -> dict[str, Any]:
    return ohlc_quote(call.broker.exchange.row(index), instrument)


def _ltp(call: Call, index: int, instrument: Instrument) -> dict[str, Any]:
    return ltp_quote(call.broker.exchange.row(index), instrument)


def _buy_range(call: Call, index: int, instrument: Instrument) -> dict[str, Any]:
    ltp = int(call.broker.exchange.row(index)["ltp"])
    return _range(instrument, call.broker.exchange.bands(index)[0], ltp - instrument.tick_size_paise)


def _sell_range(call: Call, index: int, instrument: Instrument) -> dict[str, Any]:
    ltp = int(call.broker.exchange.row(index)["ltp"])
    return _range(instrument, ltp + instrument.tick_size_paise, call.broker.exchange.bands(index)[1])


def _range(instrument: Instrument, lower_paise: int, upper_paise: int) -> dict[str, Any]:
    return {
        "instrument_token": instrument.instrument_token,
        "lower": rupees(int(lower_paise)),
        "upper": rupees(int(upper_paise)),
    }


ROUTES = (
    Route("GET", "/instruments", instruments),
    Route("GET", "/instruments/{exchange}", instruments),
    Route("GET", "/instruments/trigger_range/{transaction_type}", trigger_ranges),
    Route("GET", "/instruments/historical/{instrument_token}/{interval}", candles, Family.HISTORICAL),
    Route("GET", "/quote", quotes, Family.QUOTE),
    Route("GET", "/quote/ohlc", ohlc_quotes, Family.QUOTE),
    Route("GET", "/quote/ltp", ltp_quotes, Family.QUOTE),
)
