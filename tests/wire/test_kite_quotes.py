import msgspec
import numpy as np

from tarazu.model import ist
from tarazu.model.ids import TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind, SegmentByte, token_of
from tarazu.wire.kite_quotes import full_quote, ltp_quote, ohlc_quote
from tarazu.wire.kite_ticks import TICK

NOON_NS = ist.parse_stamp("2026-11-23 12:00:00")
assert NOON_NS is not None
TRADED_S = NOON_NS // 10**9 - 2


def instrument(segment: SegmentByte, kind: Kind) -> Instrument:
    return Instrument(
        instrument_token=token_of(1594, segment),
        exchange=Exchange.NSE,
        tradingsymbol=TradingSymbol("INFY"),
        name="INFOSYS",
        kind=kind,
        segment="NSE",
    )


def row() -> np.void:
    rows = np.zeros(1, TICK)
    rows[0]["bids"]["price"] = [1432_00 - 5 * i for i in range(5)]
    rows[0]["asks"]["price"] = [1432_05 + 5 * i for i in range(5)]
    rows[0]["bids"]["qty"], rows[0]["asks"]["qty"] = range(10, 15), range(20, 25)
    rows[0]["bids"]["orders"], rows[0]["asks"]["orders"] = range(1, 6), range(6, 11)
    values = {
        "token": 408065,
        "ltp": 1432_05,
        "last_qty": 3,
        "avg_price": 1430_17,
        "volume": 4_000_000_000,
        "buy_qty": 60,
        "sell_qty": 110,
        "open": 1420_00,
        "high": 1440_00,
        "low": 1415_50,
        "close": 1425_00,
        "last_trade_ts": TRADED_S,
        "oi": 7,
        "oi_high": 9,
        "oi_low": 5,
    }
    for name, value in values.items():
        rows[0][name] = value
    return rows[0]


def test_a_full_quote_has_kites_fields_in_rupees() -> None:
    assert full_quote(row(), instrument(SegmentByte.NSE, Kind.EQ), (1282_50, 1567_50), NOON_NS) == {
        "instrument_token": 408065,
        "timestamp": "2026-11-23 12:00:00",
        "last_trade_time": "2026-11-23 11:59:58",
        "last_price": 1432.05,
        "last_quantity": 3,
        "buy_quantity": 60,
        "sell_quantity": 110,
        "volume": 4_000_000_000,
        "average_price": 1430.17,
        "oi": 7,
        "oi_day_high": 9,
        "oi_day_low": 5,
        "net_change": 7.05,
        "lower_circuit_limit": 1282.5,
        "upper_circuit_limit": 1567.5,
        "ohlc": {"open": 1420.0, "high": 1440.0, "low": 1415.5, "close": 1425.0},
        "depth": {
            "buy": [
                {"price": 1432.0, "quantity": 10, "orders": 1},
                {"price": 1431.95, "quantity": 11, "orders": 2},
                {"price": 1431.9, "quantity": 12, "orders": 3},
                {"price": 1431.85, "quantity": 13, "orders": 4},
                {"price": 1431.8, "quantity": 14, "orders": 5},
            ],
            "sell": [
                {"price": 1432.05, "quantity": 20, "orders": 6},
                {"price": 1432.1, "quantity": 21, "orders": 7},
                {"price": 1432.15, "quantity": 22, "orders": 8},
                {"price": 1432.2, "quantity": 23, "orders": 9},
                {"price": 1432.25, "quantity": 24, "orders": 10},
            ],
        },
    }


def test_an_index_has_no_depth_volume_or_circuit_limits() -> None:
    quote = full_quote(row(), instrument(SegmentByte.INDICES, Kind.INDEX), (0, 0), NOON_NS)
    assert quote.keys() == {"instrument_token", "timestamp", "last_price", "net_change", "ohlc"}


def test_what_never_traded_has_no_trade_time_and_no_close_no_change() -> None:
    untraded = row()
    untraded["last_trade_ts"] = untraded["close"] = 0
    quote = full_quote(untraded, instrument(SegmentByte.NSE, Kind.EQ), (0, 0), NOON_NS)
    assert (quote["last_trade_time"], quote["net_change"]) == (None, 0.0)


def test_short_quotes_are_parts_of_the_full_one() -> None:
    infy = instrument(SegmentByte.NSE, Kind.EQ)
    full = full_quote(row(), infy, (0, 0), NOON_NS)
    assert ltp_quote(row(), infy) == {name: full[name] for name in ("instrument_token", "last_price")}
    assert ohlc_quote(row(), infy) == {name: full[name] for name in ("instrument_token", "last_price", "ohlc")}


def test_the_segments_divisor_makes_rupees() -> None:
    divided = {s: ltp_quote(row(), instrument(s, Kind.FUT))["last_price"] for s in SegmentByte}
    fine = {SegmentByte.CDS: 0.0143205, SegmentByte.BCD: 14.3205, SegmentByte.NCO: 14.3205}
    assert divided == {s: fine.get(s, 1432.05) for s in SegmentByte}


def test_bands_may_come_from_an_array() -> None:
    bands = np.array([[1282_50, 1567_50]], np.int32)[0]
    quote = full_quote(row(), instrument(SegmentByte.NSE, Kind.EQ), bands, NOON_NS)
    assert msgspec.json.decode(msgspec.json.encode(quote))["upper_circuit_limit"] == 1567.5
