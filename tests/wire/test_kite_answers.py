"""Kite's REST answers, read back: what is an answer, what is a no, what is neither."""

import msgspec
import pytest

from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import SegmentByte, token_of
from tarazu.wire.kite_answers import Declined, LastPrice, Malformed, read_envelope, read_last_prices
from tarazu.wire.kite_errors import BAD_TOKEN, success

INFY = InstrumentToken(408065)


def test_the_data_of_a_success_is_still_json() -> None:
    assert read_envelope(success([1, 2])) == msgspec.Raw(b"[1,2]")


def test_a_no_is_a_no_whatever_else_it_carries() -> None:
    assert read_envelope(BAD_TOKEN.body()) == Declined("TokenException", "Incorrect `api_key` or `access_token`.")
    told = b'{"status":"success","data":{"a":1},"error_type":"NetworkException","message":"slow"}'
    assert read_envelope(told) == Declined("NetworkException", "slow")
    assert read_envelope(b'{"status":"error"}') == Declined("", "no reason given")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"3", b"{}", b'{"status":"success"}', b'{"data":{}}', b"\xff{"]
)
def test_what_is_neither_is_malformed(body: bytes) -> None:
    assert isinstance(read_envelope(body), Malformed)


def test_prices_are_the_integers_of_the_ticker() -> None:
    dollar = token_of(1111, SegmentByte.CDS)
    quotes = {
        "NSE:INFY": {"instrument_token": INFY, "last_price": 1074.35},
        "CDS:USDINR26NOVFUT": {"instrument_token": dollar, "last_price": 83.1225},
        "NSE:SBIN": {"instrument_token": 779521, "last_price": 800},
    }
    assert read_last_prices(success(quotes)) == {
        "NSE:INFY": LastPrice(INFY, 1074_35),
        "CDS:USDINR26NOVFUT": LastPrice(dollar, 831_225_000),
        "NSE:SBIN": LastPrice(InstrumentToken(779521), 800_00),
    }


def test_every_price_of_the_ticker_survives_the_float_of_rupees() -> None:
    for paise in (1, 5, 29, 1074_35, 26_120_05, 2**31 - 1):
        body = success({"k": {"instrument_token": INFY, "last_price": paise / 100}})
        assert read_last_prices(body) == {"k": LastPrice(INFY, paise)}


@pytest.mark.parametrize(
    "quote",
    [
        {"instrument_token": INFY},
        {"last_price": 1.0},
        {"instrument_token": INFY, "last_price": "1.0"},
        {"instrument_token": INFY, "last_price": None},
        {"instrument_token": 0, "last_price": 1.0},
        {"instrument_token": 2**32, "last_price": 1.0},
        {"instrument_token": INFY, "last_price": 2.0**31},
        [1],
    ],
)
def test_a_quote_that_is_none_spoils_the_answer(quote: object) -> None:
    good = {"instrument_token": INFY, "last_price": 1.0}
    assert isinstance(read_last_prices(success({"NSE:SBIN": good, "NSE:INFY": quote})), Malformed)


def test_a_refusal_is_no_price() -> None:
    assert isinstance(read_last_prices(BAD_TOKEN.body()), Declined)
    assert isinstance(read_last_prices(success([])), Malformed)
