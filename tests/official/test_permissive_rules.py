"""The same client under `permissive`: open at any hour, the limits its authors assumed, plain market orders."""

import pytest
from kiteconnect import KiteConnect
from kiteconnect import exceptions as kite_errors

from harness.served import Serve, Served


@pytest.fixture(scope="module")
def broker(serve: Serve) -> Served:
    return serve("--rules", "permissive", "--day", "2026-11-22", "--at", "03:00")


@pytest.fixture(scope="module")
def kite(broker: Served) -> KiteConnect:
    return broker.client()


def test_a_plain_market_order_fills_on_a_sunday_night(kite: KiteConnect, broker: Served) -> None:
    order_id = kite.place_order("regular", "NSE", "INFY", "BUY", 10, "CNC", "MARKET")
    broker.pass_time(2)
    assert kite.order_history(order_id)[-1]["status"] == "COMPLETE"


def test_the_older_candle_limits(kite: KiteConnect) -> None:
    assert kite.historical_data(408065, "2026-11-01", "2026-11-20", "minute")
    assert kite.historical_data(408065, "2026-11-01", "2026-11-20", "hour"), (
        "undocumented, but the client's tests use it"
    )
    with pytest.raises(kite_errors.InputException):
        kite.historical_data(408065, "2026-10-01", "2026-11-20", "minute")


def test_no_rate_limit(kite: KiteConnect) -> None:
    for _ in range(30):
        kite.ltp("NSE:INFY")  # the second within a second is one too many elsewhere


def test_every_read_has_something_to_show(kite: KiteConnect) -> None:
    assert kite.orders() and kite.trades() and kite.positions()["net"] and kite.holdings() and kite.instruments()
