"""A contract note, or the broker's tradebook, as CSV: a line a trade, and lines of charges.

    trade_date,exchange,symbol,trade_type,quantity,price,order_id,trade_id,brokerage,stt,exchange_charges,...
    2026-11-23,NFO,NIFTY26NOV26000CE,buy,75,101.25,241123000001,7001,,,
    2026-11-23,NFO,NIFTY26NOV26000CE,buy,,,241123000001,,20.00,0.00,2.70,...     charges of an order
    ,,,,,,,,40.00,11.00,5.40,...                                                 charges of the day

Prices and charges are rupees. Zerodha's tradebook reads as it is: it names derivatives by `exchange` NSE and `segment`
FO. Columns that are not known are passed over; a figure that does not read ends it all.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from tarazu.app.reconcile.note.contract_note import BadNote, NoteCharges, NoteFill
from tarazu.model.order import Side
from tarazu.model.units import PAISE
from tarazu.portfolio.breaks import MILLIPAISE

NAMES: dict[str, tuple[str, ...]] = {
    "order_id": ("order_id", "order_no", "order no."),
    "trade_id": ("trade_id", "trade_no", "trade no."),
    "exchange": ("exchange",),
    "segment": ("segment",),
    "symbol": ("tradingsymbol", "symbol"),
    "side": ("trade_type", "transaction_type", "side"),
    "qty": ("quantity", "qty"),
    "price": ("price", "average_price", "rate"),
    "day": ("trade_date", "date"),
    "brokerage": ("brokerage",),
    "stt": ("stt", "transaction_tax"),
    "exchange_charges": ("exchange_charges", "exchange_turnover_charge", "transaction_charges"),
    "sebi": ("sebi", "sebi_charges", "sebi_turnover_charge"),
    "stamp": ("stamp", "stamp_duty"),
    "gst": ("gst",),
    "total": ("total", "total_charges"),
}
"""By what we call a column: what it may be called, in lower case."""
TRADE = ("order_id", "trade_id", "exchange", "symbol", "side", "qty", "price")
"""Without these it is no list of trades."""
CHARGES = {
    "brokerage": "brokerage",
    "stt": "stt",
    "exchange_charges": "exchange",
    "sebi": "sebi",
    "stamp": "stamp",
    "gst": "gst",
    "total": "total",
}
_DERIVATIVES = {"NSE": "NFO", "BSE": "BFO"}
Row = Mapping[str, str]


def read_csv(text: str, day: date) -> tuple[tuple[NoteFill, ...], tuple[NoteCharges, ...]]:
    """Raises BadNote, naming the line; also for a trade of another day."""
    fills: list[NoteFill] = []
    charges: dict[str, dict[str, int]] = {}
    for number, row in _rows(text):
        try:
            _same_day(row, day)
            if row.get("trade_id"):
                fills.append(_fill(row))
            for line, millipaise in _charges(row).items():
                of_order = charges.setdefault(row.get("order_id", ""), {})
                of_order[line] = of_order.get(line, 0) + millipaise
        except ValueError as bad:
            raise BadNote(f"line {number}: {bad}") from bad
    if not fills and not charges:
        raise BadNote("it has neither a trade nor a charge")
    return tuple(fills), tuple(NoteCharges(order_id=id_, lines=lines) for id_, lines in sorted(charges.items()))


def _rows(text: str) -> Iterator[tuple[int, Row]]:
    """By our names, without what is empty; line numbers are the file's."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        columns = {ours: header.index(name) for ours, names in NAMES.items() for name in names if name in header}
        missing = [name for name in TRADE if name not in columns]
        if missing:
            raise BadNote(f"line 1 has no column {', '.join(NAMES[name][0] for name in missing)}")
        for cells in reader:
            if len(cells) > len(header):
                raise BadNote(f"line {reader.line_num} has {len(cells)} cells, and the header {len(header)}")
            row = {name: cells[at].strip() for name, at in columns.items() if at < len(cells)}
            if any(row.values()):
                yield reader.line_num, row
    except csv.Error as bad:
        raise BadNote(f"line {reader.line_num}: {bad}") from bad


def _same_day(row: Row, day: date) -> None:
    told = row.get("day", "")
    if told and told[:10] != day.isoformat():
        raise ValueError(f"it is of {told}, and not of {day}")


def _fill(row: Row) -> NoteFill:
    missing = [NAMES[name][0] for name in TRADE if not row.get(name)]
    if missing:
        raise ValueError(f"a trade without {', '.join(missing)}")
    exchange = row["exchange"].upper()
    if row.get("segment", "").upper() in ("FO", "F&O"):
        exchange = _DERIVATIVES.get(exchange, exchange)
    return NoteFill(
        order_id=row["order_id"],
        trade_id=row["trade_id"],
        key=f"{exchange}:{row['symbol']}",
        side=_side(row["side"]),
        qty=_whole(_number(row["qty"]), "quantity"),
        price_paise=_whole(_number(row["price"]) * PAISE, "price in paise"),
    )


def _charges(row: Row) -> dict[str, int]:
    told = {line: row[name] for name, line in CHARGES.items() if row.get(name)}
    return {line: _whole(_number(text) * PAISE * MILLIPAISE, line) for line, text in told.items()}


def _side(text: str) -> str:
    sides = {"b": Side.BUY, "buy": Side.BUY, "s": Side.SELL, "sell": Side.SELL}
    if text.lower() not in sides:
        raise ValueError(f"{text!r} is neither buy nor sell")
    return str(sides[text.lower()])


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation as bad:
        raise ValueError(f"{text!r} is no number") from bad
    if not number.is_finite() or not 0 <= number < 10**12:
        raise ValueError(f"{text!r} is no amount")
    return number


def _whole(number: Decimal, what: str) -> int:
    if number != number.to_integral_value():
        raise ValueError(f"{what} {number} is no whole number")
    return int(number)
