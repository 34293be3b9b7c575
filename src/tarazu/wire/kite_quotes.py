"""Quotes as `GET /quote`, `/quote/ohlc` and `/quote/ltp` show them, from one TICK record.

Kite v3 "Market quotes". Rupees are floats here. Indices have no depth, volume, interest or circuit limits.
"""

from typing import Any

import numpy as np

from tarazu.model import ist
from tarazu.model.instrument import Instrument, Kind, price_divisor
from tarazu.model.units import SECOND_NS


def ltp_quote(row: np.void, instrument: Instrument) -> dict[str, Any]:
    token = instrument.instrument_token
    return {"instrument_token": token, "last_price": int(row["ltp"]) / price_divisor(token)}


def ohlc_quote(row: np.void, instrument: Instrument) -> dict[str, Any]:
    return ltp_quote(row, instrument) | {"ohlc": _ohlc(row, price_divisor(instrument.instrument_token))}


def full_quote(row: np.void, instrument: Instrument, bands: tuple[int, int], ts_ns: int) -> dict[str, Any]:
    """The full quote at `ts_ns`; `bands` are the lower and upper circuit limit in the row's price integers."""
    divisor = price_divisor(instrument.instrument_token)
    head = {
        "instrument_token": instrument.instrument_token,
        "timestamp": ist.stamp(ts_ns),
        "last_price": int(row["ltp"]) / divisor,
        "net_change": _net_change(row, divisor),
        "ohlc": _ohlc(row, divisor),
    }
    if instrument.kind is Kind.INDEX:
        return head
    traded_ns = int(row["last_trade_ts"]) * SECOND_NS
    return head | {
        "last_trade_time": ist.stamp(traded_ns) if traded_ns else None,
        "last_quantity": int(row["last_qty"]),
        "buy_quantity": int(row["buy_qty"]),
        "sell_quantity": int(row["sell_qty"]),
        "volume": int(row["volume"]),
        "average_price": int(row["avg_price"]) / divisor,
        "oi": int(row["oi"]),
        "oi_day_high": int(row["oi_high"]),
        "oi_day_low": int(row["oi_low"]),
        "lower_circuit_limit": int(bands[0]) / divisor,
        "upper_circuit_limit": int(bands[1]) / divisor,
        "depth": {"buy": _levels(row["bids"], divisor), "sell": _levels(row["asks"], divisor)},
    }


def _net_change(row: np.void, divisor: int) -> float:
    """Rupees from yesterday's close; 0 when there is none."""
    close = int(row["close"])
    return (int(row["ltp"]) - close) / divisor if close else 0.0


def _ohlc(row: np.void, divisor: int) -> dict[str, float]:
    return {name: int(row[name]) / divisor for name in ("open", "high", "low", "close")}


def _levels(side: Any, divisor: int) -> list[dict[str, Any]]:
    return [{"price": price / divisor, "quantity": qty, "orders": orders} for qty, price, _, orders in side.tolist()]
