"""The instrument master both ways: against the official client, and line by line when something is wrong."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kiteconnect import KiteConnect

from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind, SegmentByte, price_divisor, token_of
from tarazu.wire.kite_instruments import (
    BadCsv,
    InstrumentMaster,
    MfInstrument,
    decode_csv,
    encode_csv,
    encode_mf_csv,
)

OFFICIAL = KiteConnect("api_key")
HEADER = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,"
    "tick_size,lot_size,instrument_type,segment,exchange"
)

INFY = Instrument(
    instrument_token=InstrumentToken(408065),
    exchange=Exchange.NSE,
    tradingsymbol=TradingSymbol("INFY"),
    name="INFOSYS",
    kind=Kind.EQ,
    segment="NSE",
)
NIFTY = Instrument(
    instrument_token=InstrumentToken(256265),
    exchange=Exchange.NSE,
    tradingsymbol=TradingSymbol("NIFTY 50"),
    name="NIFTY 50",
    kind=Kind.INDEX,
    segment="INDICES",
    tick_size_paise=0,
    lot_size=0,
)
CALL = Instrument(
    instrument_token=token_of(48001, SegmentByte.NFO),
    exchange=Exchange.NFO,
    tradingsymbol=TradingSymbol("NIFTY26NOV26000CE"),
    name="NIFTY",
    kind=Kind.CE,
    segment="NFO-OPT",
    lot_size=65,
    expiry=date(2026, 11, 23),
    strike_paise=26_000_00,
)

SEGMENTS = {
    SegmentByte.NSE: (Exchange.NSE, "NSE", (Kind.EQ,)),
    SegmentByte.INDICES: (Exchange.BSE, "INDICES", (Kind.INDEX,)),
    SegmentByte.NFO: (Exchange.NFO, "NFO-OPT", (Kind.CE, Kind.PE)),
    SegmentByte.BFO: (Exchange.BFO, "BFO-FUT", (Kind.FUT,)),
    SegmentByte.CDS: (Exchange.CDS, "CDS-FUT", (Kind.FUT,)),
    SegmentByte.BCD: (Exchange.BCD, "BCD-OPT", (Kind.CE,)),
    SegmentByte.NCO: (Exchange.NCO, "NCO-FUT", (Kind.FUT,)),
}


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    segment_byte = draw(st.sampled_from(list(SEGMENTS)))
    exchange, segment, kinds = SEGMENTS[segment_byte]
    text = st.text(string.ascii_letters + string.digits + " &-,\"'éहि", min_size=1)
    return Instrument(
        instrument_token=token_of(draw(st.integers(1, 2**24 - 1)), segment_byte),
        exchange=exchange,
        tradingsymbol=TradingSymbol(draw(text)),
        name=draw(text | st.just("")),
        kind=draw(st.sampled_from(kinds)),
        segment=segment,
        tick_size_paise=draw(st.integers(0, 10_000)),
        lot_size=draw(st.integers(0, 2**31)),
        expiry=draw(st.none() | st.dates(date(2026, 1, 1), date(2032, 12, 31))),
        strike_paise=draw(st.integers(0, 2**31)),
    )


rows = st.lists(st.tuples(instruments(), st.integers(0, 2**31)), max_size=8)


def test_the_dump_is_kites_header_and_a_line_an_instrument() -> None:
    assert encode_csv([(INFY, 1432_05), (NIFTY, 0), (CALL, 12_10)]).decode() == (
        f"{HEADER}\n"
        "408065,1594,INFY,INFOSYS,1432.05,,0,0.05,1,EQ,NSE,NSE\n"
        "256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE\n"
        "12288258,48001,NIFTY26NOV26000CE,NIFTY,12.1,2026-11-23,26000,0.05,65,CE,NFO-OPT,NFO\n"
    )


@given(rows)
def test_the_official_client_reads_the_dump(listed: list[tuple[Instrument, int]]) -> None:
    for official, (ours, last_price) in zip(OFFICIAL._parse_instruments(encode_csv(listed)), listed, strict=True):
        divisor = price_divisor(ours.instrument_token)
        assert official == {
            "instrument_token": ours.instrument_token,
            "exchange_token": str(ours.exchange_token),
            "tradingsymbol": ours.tradingsymbol,
            "name": ours.name,
            "last_price": last_price / divisor,
            "expiry": ours.expiry or "",
            "strike": ours.strike_paise / divisor,
            "tick_size": ours.tick_size_paise / divisor,
            "lot_size": ours.lot_size,
            "instrument_type": "EQ" if ours.kind is Kind.INDEX else ours.kind,
            "segment": ours.segment,
            "exchange": ours.exchange,
        }


@given(rows)
def test_a_dump_comes_back_as_the_instruments_it_was_made_of(listed: list[tuple[Instrument, int]]) -> None:
    master = decode_csv(encode_csv(listed))
    assert isinstance(master, InstrumentMaster)
    assert list(zip(master.instruments, master.last_prices, strict=True)) == listed


def test_kites_own_spellings_of_numbers_and_names_read_too() -> None:
    line = '12288258,48001,NIFTY26NOV26000CE,"NIFTY",12.10000,2026-11-23,26000.0,0.05,65,CE,NFO-OPT,NFO'
    master = decode_csv(f"{HEADER}\r\n{line}\r\n".encode())
    assert master == InstrumentMaster((CALL,), (12_10,), 0)


def test_rows_of_exchanges_that_are_not_ours_are_left_out_and_counted() -> None:
    foreign = "1,0,GIFT NIFTY,GIFT NIFTY,0,,0,0,0,EQ,INDICES,NSEIX"
    master = decode_csv(encode_csv([(INFY, 0)]) + f"{foreign}\n".encode())
    assert master == InstrumentMaster((INFY,), (0,), 1)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("x,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE", "instrument_token"),
        ("-1,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE", "instrument_token"),
        ("4294967296,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE", "instrument_token"),
        ("408065,1594,,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE", "tradingsymbol"),
        ("408065,1594,INFY,INFOSYS,nan,,0,0.05,1,EQ,NSE,NSE", "last_price"),
        ("408065,1594,INFY,INFOSYS,inf,,0,0.05,1,EQ,NSE,NSE", "last_price"),
        ("408065,1594,INFY,INFOSYS,0,23-11-2026,0,0.05,1,EQ,NSE,NSE", "expiry"),
        ("408065,1594,INFY,INFOSYS,0,,,0.05,1,EQ,NSE,NSE", "strike"),
        ("408065,1594,INFY,INFOSYS,0,,-5,0.05,1,EQ,NSE,NSE", "strike"),
        ("408065,1594,INFY,INFOSYS,0,,0,0.0033,1,EQ,NSE,NSE", "tick_size"),
        ("408065,1594,INFY,INFOSYS,0,,0,0.05,1.5,EQ,NSE,NSE", "lot_size"),
        ("408065,1594,INFY,INFOSYS,0,,0,0.05,1,XX,NSE,NSE", "instrument_type"),
        ("408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ", "-"),
    ],
)
def test_one_bad_field_refuses_the_dump_and_is_named(line: str, column: str) -> None:
    bad = decode_csv(encode_csv([(INFY, 0), (NIFTY, 0)]) + f"{line}\n".encode())
    assert isinstance(bad, BadCsv)
    assert (bad.line, bad.column) == (4, column)
    assert column in str(bad) and "line 4" in str(bad)


def test_a_dump_without_kites_header_is_refused() -> None:
    for dump in (b"", b"\n", b"instrument_token\n1\n", b"<html>502 Bad Gateway</html>"):
        bad = decode_csv(dump)
        assert isinstance(bad, BadCsv) and bad.line == 1


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_crash_the_reader(noise: bytes, after_a_header: bool) -> None:
    result = decode_csv(encode_csv([(INFY, 0)]) + noise if after_a_header else noise)
    assert isinstance(result, InstrumentMaster | BadCsv)


def test_a_dump_cut_within_a_line_is_refused() -> None:
    dump = encode_csv([(INFY, 0), (NIFTY, 0), (CALL, 12_10)])
    ends = {at + done for at in range(len(dump)) if dump[at : at + 1] == b"\n" for done in (0, 1)}
    for size in range(len(dump)):
        assert isinstance(decode_csv(dump[:size]), InstrumentMaster if size in ends else BadCsv), dump[:size]


def test_the_official_client_reads_the_mutual_funds() -> None:
    fund = MfInstrument(
        tradingsymbol="INF846K01DP8",
        amc="AXISMUTUALFUND_MF",
        name="Axis ELSS, direct",
        redemption_allowed=False,
        minimum_purchase_paise=500_00,
        last_price_paise=98_7654 // 100,
        last_price_date=date(2026, 11, 20),
    )
    (official,) = OFFICIAL._parse_mf_instruments(encode_mf_csv([fund]))
    assert official == {
        "tradingsymbol": "INF846K01DP8",
        "amc": "AXISMUTUALFUND_MF",
        "name": "Axis ELSS, direct",
        "purchase_allowed": True,
        "redemption_allowed": False,
        "minimum_purchase_amount": 500.0,
        "purchase_amount_multiplier": 1.0,
        "minimum_additional_purchase_amount": 100.0,
        "minimum_redemption_quantity": 0.001,
        "redemption_quantity_multiplier": 0.001,
        "dividend_type": "growth",
        "scheme_type": "equity",
        "plan": "direct",
        "settlement_type": "T3",
        "last_price": 98.76,
        "last_price_date": date(2026, 11, 20),
    }
