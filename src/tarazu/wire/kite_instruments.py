"""Kite's instrument master: the CSV of `GET /instruments`, both ways, and of `GET /mf/instruments`.

Kite v3 "Instruments". Prices are rupees as decimals in the text and integers of the instrument's divisor inside (paise,
except in the currency and NCO segments; see `model.instrument.price_divisor`).
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind, price_divisor

COLUMNS = (
    "instrument_token",
    "exchange_token",
    "tradingsymbol",
    "name",
    "last_price",
    "expiry",
    "strike",
    "tick_size",
    "lot_size",
    "instrument_type",
    "segment",
    "exchange",
)
INDEX_SEGMENT = "INDICES"

# kiteconnect 5.2.2, _parse_mf_instruments: the numbers may not be empty, the two flags are 0 or 1.
MF_COLUMNS = (
    "tradingsymbol",
    "amc",
    "name",
    "purchase_allowed",
    "redemption_allowed",
    "minimum_purchase_amount",
    "purchase_amount_multiplier",
    "minimum_additional_purchase_amount",
    "minimum_redemption_quantity",
    "redemption_quantity_multiplier",
    "dividend_type",
    "scheme_type",
    "plan",
    "settlement_type",
    "last_price",
    "last_price_date",
)

_EXCHANGES = {str(e): e for e in Exchange}
_KINDS = {str(k): k for k in (Kind.EQ, Kind.FUT, Kind.CE, Kind.PE)}
_TOKEN_MAX = 0xFFFF_FFFF


class InstrumentMaster(msgspec.Struct, frozen=True):
    """One day's dump, in the file's order."""

    instruments: tuple[Instrument, ...]
    """`freeze_qty`, `underlying` and `fno_underlying` are not in the file and have their defaults."""
    last_prices: tuple[int, ...]
    """Beside `instruments`, in the same integers as their other prices."""
    foreign_rows: int
    """Rows left out because their exchange is none of ours (NSEIX, GLOBAL)."""


class BadCsv(msgspec.Struct, frozen=True):
    """The dump is not usable, and none of it was used: the first thing wrong, by line (the header is 1) and column."""

    line: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"instruments CSV, line {self.line}, {self.column}: {self.text}"


class MfInstrument(msgspec.Struct, frozen=True, kw_only=True):
    """One mutual fund; amounts and NAV in paise, quantities in thousandths of a unit."""

    tradingsymbol: str
    """The fund's ISIN."""
    amc: str
    name: str
    purchase_allowed: bool = True
    redemption_allowed: bool = True
    minimum_purchase_paise: int = 100_00
    purchase_multiplier_paise: int = 1_00
    minimum_additional_purchase_paise: int = 100_00
    minimum_redemption_milliunits: int = 1
    redemption_multiplier_milliunits: int = 1
    dividend_type: str = "growth"
    scheme_type: str = "equity"
    plan: str = "direct"
    settlement_type: str = "T3"
    last_price_paise: int
    last_price_date: date


def encode_csv(instruments: Iterable[tuple[Instrument, int]]) -> bytes:
    """The dump of these instruments, each with its last price."""
    return _csv(COLUMNS, (_row(instrument, last_price) for instrument, last_price in instruments))


def encode_mf_csv(funds: Iterable[MfInstrument]) -> bytes:
    return _csv(MF_COLUMNS, (_mf_row(fund) for fund in funds))


def decode_csv(dump: bytes) -> InstrumentMaster | BadCsv:
    """The instruments of a dump, all of them or none.

    A dump cut between two lines, or right at the end of one, is a shorter dump: nothing in the file says how long it
    should be.
    """
    try:
        text = dump.decode("utf-8")
    except UnicodeDecodeError as bad:
        return BadCsv(dump.count(b"\n", 0, bad.start) + 1, "-", "not UTF-8")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return _read(reader, whole=text.endswith("\n"))
    except csv.Error as bad:
        return BadCsv(reader.line_num, "-", str(bad))


class _BadField(ValueError):
    """A field that does not read; `decode_csv` says where."""


def _read(reader: Iterator[list[str]], whole: bool) -> InstrumentMaster | BadCsv:
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        return BadCsv(1, "header", f"expected {','.join(COLUMNS)}")
    instruments, last_prices, foreign, foreign_line, line = [], [], 0, 0, 1
    for line, fields in enumerate(reader, start=2):
        if len(fields) != len(COLUMNS):
            return BadCsv(line, "-", f"{len(fields)} fields instead of {len(COLUMNS)}")
        if fields[-1] not in _EXCHANGES:
            foreign, foreign_line = foreign + 1, line
            continue
        try:
            instrument, last_price = _parse(fields)
        except _BadField as bad:
            return BadCsv(line, *bad.args)
        instruments.append(instrument)
        last_prices.append(last_price)
    if foreign_line == line and not whole:
        return BadCsv(line, "exchange", "the dump breaks off")
    return InstrumentMaster(tuple(instruments), tuple(last_prices), foreign)


def _parse(fields: list[str]) -> tuple[Instrument, int]:
    token, _, symbol, name, last_price, expiry, strike, tick_size, lot_size, kind, segment, exchange = fields
    number = _whole("instrument_token", token, _TOKEN_MAX)
    divisor = price_divisor(number)
    if not symbol:
        raise _BadField("tradingsymbol", "empty")
    if kind not in _KINDS:
        raise _BadField("instrument_type", f"unknown: {kind!r}")
    instrument = Instrument(
        instrument_token=InstrumentToken(number),
        exchange=_EXCHANGES[exchange],
        tradingsymbol=TradingSymbol(symbol),
        name=name,
        kind=Kind.INDEX if segment == INDEX_SEGMENT else _KINDS[kind],
        segment=segment,
        tick_size_paise=_price("tick_size", tick_size, divisor),
        lot_size=_whole("lot_size", lot_size, _TOKEN_MAX),
        expiry=_day(expiry) if expiry else None,
        strike_paise=_price("strike", strike, divisor),
    )
    return instrument, _price("last_price", last_price, divisor)


def _whole(column: str, text: str, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most:
        return int(text)
    raise _BadField(column, f"not a whole number up to {most}: {text!r}")


def _price(column: str, text: str, divisor: int) -> int:
    """Rupees to integers; a price between two integers is refused, not rounded."""
    try:
        exact = float(text) * divisor
        price = round(exact)
    except (ValueError, OverflowError):
        raise _BadField(column, f"not a price: {text!r}") from None
    if price < 0 or abs(exact - price) > 1e-3:
        raise _BadField(column, f"not a multiple of 1/{divisor} rupee: {text!r}")
    return price


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _BadField("expiry", f"not a date: {text!r}") from None


def _row(i: Instrument, last_price: int) -> tuple[object, ...]:
    divisor = price_divisor(i.instrument_token)
    return (
        i.instrument_token,
        i.exchange_token,
        i.tradingsymbol,
        i.name,
        _decimal(last_price, divisor),
        i.expiry or "",
        _decimal(i.strike_paise, divisor),  # "0" where there is none: the official client refuses an empty strike
        _decimal(i.tick_size_paise, divisor),
        i.lot_size,
        Kind.EQ if i.kind is Kind.INDEX else i.kind,
        i.segment,
        i.exchange,
    )


def _mf_row(f: MfInstrument) -> tuple[object, ...]:
    return (
        f.tradingsymbol,
        f.amc,
        f.name,
        int(f.purchase_allowed),
        int(f.redemption_allowed),
        _decimal(f.minimum_purchase_paise, 100),
        _decimal(f.purchase_multiplier_paise, 100),
        _decimal(f.minimum_additional_purchase_paise, 100),
        _decimal(f.minimum_redemption_milliunits, 1000),
        _decimal(f.redemption_multiplier_milliunits, 1000),
        f.dividend_type,
        f.scheme_type,
        f.plan,
        f.settlement_type,
        _decimal(f.last_price_paise, 100),
        f.last_price_date,
    )


def _decimal(value: int, divisor: int) -> str:
    """The shortest text of `value / divisor`: `0`, `26000`, `0.05`."""
    return f"{value / divisor:.15g}"


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
