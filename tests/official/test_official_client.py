"""The unmodified kiteconnect 5.2.2 under the rules of 2026: log in, look, trade, read back."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from kiteconnect import KiteConnect
from kiteconnect import exceptions as kite_errors

from harness.served import Serve, Served

DAY = "2026-11-19"  # A Thursday in force: closing auction, new pre-open.


@pytest.fixture(scope="module")
def broker(serve: Serve) -> Served:
    return serve("--day", DAY, "--at", "10:00")


@pytest.fixture
def kite(broker: Served) -> KiteConnect:
    broker.pass_time(1)
    return broker.client()


@pytest.fixture
def settle(broker: Served) -> Callable[[], None]:
    """Let an order walk from PUT ORDER REQ RECEIVED to where it rests."""
    return lambda: broker.pass_time(2)


def latest(kite: KiteConnect, order_id: str) -> dict[str, Any]:
    return next(row for row in kite.orders() if row["order_id"] == order_id)


def ltp(kite: KiteConnect, key: str) -> float:
    return float(kite.ltp(key)[key]["last_price"])


def infy(kite: KiteConnect, side: str, price: float | None = None, **more: Any) -> str:
    order = {"exchange": "NSE", "tradingsymbol": "INFY", "quantity": 10, "product": "MIS", "order_type": "LIMIT"}
    return str(kite.place_order("regular", transaction_type=side, price=price, **{**order, **more}))


def away(price: float, share: float) -> float:
    """A price off the market by `share`, on a tick that suits every share of the test."""
    return round(price * (1 + share) * 2) / 2


# Session


def test_the_request_token_logs_in_once(broker: Served) -> None:
    token = broker.admin("POST", "/request-token", {"user_id": broker["user_id"]})["request_token"]
    kite = KiteConnect(broker["api_key"], root=broker["rest_url"])
    session = kite.generate_session(token, broker["api_secret"])
    assert session["user_id"] == broker["user_id"]
    assert isinstance(session["login_time"], datetime)
    assert kite.profile()["user_id"] == broker["user_id"]
    with pytest.raises(kite_errors.TokenException):
        kite.generate_session(token, broker["api_secret"])


def test_a_wrong_secret_does_not_log_in(broker: Served) -> None:
    token = broker.admin("POST", "/request-token", {"user_id": broker["user_id"]})["request_token"]
    with pytest.raises(kite_errors.TokenException):
        KiteConnect(broker["api_key"], root=broker["rest_url"]).generate_session(token, "not-the-secret")


def test_a_wrong_token_fires_the_expiry_hook(broker: Served) -> None:
    fired: list[bool] = []
    kite = KiteConnect(broker["api_key"], access_token="stale", root=broker["rest_url"])
    kite.set_session_expiry_hook(lambda: fired.append(True))
    with pytest.raises(kite_errors.TokenException) as caught:
        kite.profile()
    assert fired == [True]
    assert caught.value.code == 403


# Market data


def test_instruments_come_as_the_client_parses_them(kite: KiteConnect) -> None:
    rows = kite.instruments()
    by_key = {(r["exchange"], r["tradingsymbol"]): r for r in rows}
    assert by_key["NSE", "INFY"]["instrument_token"] == 408065
    options = [r for r in kite.instruments("NFO") if r["instrument_type"] == "CE" and r["name"] == "NIFTY"]
    assert options and all(r["lot_size"] == 65 and isinstance(r["expiry"], date) for r in options)
    assert {r["exchange"] for r in kite.instruments("NFO")} == {"NFO"}


def test_quotes_of_each_depth(kite: KiteConnect, broker: Served) -> None:
    full = kite.quote("NSE:INFY", "NSE:NIFTY 50", "NSE:NO SUCH SHARE")
    assert set(full) == {"NSE:INFY", "NSE:NIFTY 50"}, "an unknown key is left out, not refused"
    assert len(full["NSE:INFY"]["depth"]["buy"]) == 5
    assert isinstance(full["NSE:INFY"]["timestamp"], datetime)
    assert full["NSE:INFY"]["lower_circuit_limit"] < full["NSE:INFY"]["last_price"]
    broker.pass_time(1)
    assert kite.ohlc("NSE:INFY")["NSE:INFY"]["ohlc"]["close"] > 0
    broker.pass_time(1)
    assert kite.ltp("408065")["408065"]["instrument_token"] == 408065


def test_candles_of_today_agree_with_the_quote(kite: KiteConnect) -> None:
    quote = kite.quote("NSE:INFY")["NSE:INFY"]
    candles = kite.historical_data(408065, f"{DAY} 09:15:00", f"{DAY} 15:30:00", "minute")
    assert candles[0]["date"].strftime("%H:%M") == "09:15"
    assert max(c["high"] for c in candles) <= quote["ohlc"]["high"]
    assert candles[-1]["close"] == pytest.approx(quote["last_price"], rel=0.01)
    days = kite.historical_data(408065, "2026-10-01", DAY, "day", oi=True)
    assert len(days) > 25 and all(c["low"] <= c["open"] <= c["high"] for c in days)


def test_sixty_days_of_minutes_and_no_more(kite: KiteConnect) -> None:
    with pytest.raises(kite_errors.InputException):
        kite.historical_data(408065, "2026-08-01 09:15:00", f"{DAY} 15:30:00", "minute")


def test_the_quote_family_allows_one_request_a_second(kite: KiteConnect, broker: Served) -> None:
    broker.admin("PUT", "/clock", {"pause": True})
    try:
        with pytest.raises(kite_errors.NetworkException) as caught:
            for _ in range(3):
                kite.ltp("NSE:INFY")
        assert caught.value.code == 429
    finally:
        broker.admin("PUT", "/clock", {"pause": False})


# Orders


def test_a_limit_order_rests_is_modified_and_cancelled(kite: KiteConnect, settle: Callable[[], None]) -> None:
    price = away(ltp(kite, "NSE:INFY"), -0.05)
    order_id = infy(kite, "BUY", price, tag="spec1")
    settle()
    assert latest(kite, order_id)["status"] == "OPEN"
    kite.modify_order("regular", order_id, quantity=15, price=price + 0.5)
    settle()
    row = latest(kite, order_id)
    assert (row["status"], row["quantity"], row["price"], row["modified"]) == ("OPEN", 15, price + 0.5, True)
    kite.cancel_order("regular", order_id)
    settle()
    row = latest(kite, order_id)
    assert (row["status"], row["cancelled_quantity"], row["tag"]) == ("CANCELLED", 15, "spec1")
    assert [r["status"] for r in kite.order_history(order_id)] == [
        "PUT ORDER REQ RECEIVED",
        "VALIDATION PENDING",
        "OPEN PENDING",
        "OPEN",
        "MODIFY VALIDATION PENDING",
        "MODIFY PENDING",
        "MODIFIED",
        "OPEN",
        "CANCEL PENDING",
        "CANCELLED",
    ]


def test_a_market_order_needs_protection_and_becomes_a_limit(kite: KiteConnect, settle: Callable[[], None]) -> None:
    with pytest.raises(kite_errors.InputException, match="without market protection"):
        infy(kite, "BUY", order_type="MARKET")
    order_id = infy(kite, "BUY", order_type="MARKET", market_protection=2)
    settle()
    row = latest(kite, order_id)
    assert (row["order_type"], row["market_protection"], row["status"]) == ("LIMIT", 0, "COMPLETE")
    assert row["tags"] == ["mktp", "mktp:2.00"]
    fills = kite.order_trades(order_id)
    assert sum(f["quantity"] for f in fills) == 10
    assert {f["order_id"] for f in kite.trades()} >= {order_id}
    position = next(p for p in kite.positions()["day"] if p["tradingsymbol"] == "INFY" and p["product"] == "MIS")
    assert position["buy_quantity"] >= 10


def test_automatic_protection(kite: KiteConnect, settle: Callable[[], None]) -> None:
    order_id = infy(kite, "SELL", order_type="MARKET", market_protection=KiteConnect.MARKET_PROTECTION_AUTO)
    settle()
    assert latest(kite, order_id)["status"] == "COMPLETE"


def test_stops_wait_for_their_trigger(kite: KiteConnect, settle: Callable[[], None]) -> None:
    now = ltp(kite, "NSE:INFY")
    limit = infy(kite, "SELL", away(now, -0.06), order_type="SL", trigger_price=away(now, -0.05))
    market = infy(kite, "SELL", order_type="SL-M", trigger_price=away(now, -0.05), market_protection=3)
    settle()
    assert [latest(kite, o)["status"] for o in (limit, market)] == ["TRIGGER PENDING"] * 2
    with pytest.raises(kite_errors.InputException):
        infy(kite, "SELL", away(now, 0.06), order_type="SL", trigger_price=away(now, 0.05))
    for order_id in (limit, market):
        kite.cancel_order("regular", order_id)
    settle()
    assert [latest(kite, o)["status"] for o in (limit, market)] == ["CANCELLED"] * 2


def test_immediate_or_cancel_and_minutes_to_live(kite: KiteConnect, broker: Served) -> None:
    price = away(ltp(kite, "NSE:INFY"), -0.05)
    ioc = infy(kite, "BUY", price, validity="IOC")
    ttl = infy(kite, "BUY", price, validity="TTL", validity_ttl=2)
    broker.pass_time(2)
    assert latest(kite, ioc)["status"] == "CANCELLED"
    assert latest(kite, ttl)["status"] == "OPEN"
    broker.pass_time(130)
    assert latest(kite, ttl)["status"] == "CANCELLED"


def test_an_iceberg_shows_one_leg_at_a_time(kite: KiteConnect, settle: Callable[[], None]) -> None:
    price = away(ltp(kite, "NSE:INFY"), -0.05)
    order = {"exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "product": "CNC"}
    order_id = kite.place_order(
        "iceberg", quantity=100, order_type="LIMIT", price=price, iceberg_legs=5, iceberg_quantity=20, **order
    )
    settle()
    row = latest(kite, order_id)
    assert (row["quantity"], row["meta"]["iceberg"]["total_quantity"]) == (20, 100)
    kite.cancel_order("iceberg", order_id)


def test_a_cover_order_brings_its_stop(kite: KiteConnect, settle: Callable[[], None]) -> None:
    now = ltp(kite, "NSE:INFY")
    order_id = kite.place_order(
        "co",
        "NSE",
        "INFY",
        "BUY",
        5,
        "MIS",
        "LIMIT",
        price=away(now, 0.01),
        trigger_price=away(now, -0.02),
    )
    settle()
    stop = next(row for row in kite.orders() if row["parent_order_id"] == order_id)
    assert (stop["status"], stop["transaction_type"], stop["product"]) == ("TRIGGER PENDING", "SELL", "CO")
    kite.exit_order("co", stop["order_id"], parent_order_id=order_id)
    settle()
    assert latest(kite, stop["order_id"])["status"] in {"COMPLETE", "CANCELLED"}


def test_autoslice_splits_over_the_freeze_quantity(kite: KiteConnect) -> None:
    option = next(
        r
        for r in kite.instruments("NFO")
        if r["name"] == "NIFTY" and r["instrument_type"] == "CE" and r["last_price"] > 20
    )
    price = round(option["last_price"] * 0.7 * 20) / 20
    order = {"exchange": "NFO", "tradingsymbol": option["tradingsymbol"], "transaction_type": "BUY", "product": "NRML"}
    with pytest.raises(kite_errors.InputException):
        kite.place_order("regular", quantity=65 * 30, order_type="LIMIT", price=price, **order)
    placed = kite.place_autoslice_order("regular", quantity=65 * 30, order_type="LIMIT", price=price, **order)
    assert placed["order_id"] and len(placed["children"]) == 2


def test_an_after_market_order_is_refused_in_the_session_and_waits_after_it(serve: Serve) -> None:
    evening = serve("--day", DAY, "--at", "16:30")
    kite = evening.client()
    price = away(ltp(kite, "NSE:INFY"), -0.02)
    order = {"exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 1, "product": "CNC"}
    with pytest.raises(kite_errors.OrderException, match="after market order"):
        kite.place_order("regular", order_type="LIMIT", price=price, **order)
    order_id = kite.place_order("amo", order_type="LIMIT", price=price, **order)
    evening.pass_time(2)
    assert latest(kite, order_id)["status"] == "AMO REQ RECEIVED"
    kite.modify_order("amo", order_id, quantity=2, price=price)
    evening.pass_time(2)
    assert latest(kite, order_id)["quantity"] == 2
    kite.cancel_order("amo", order_id)
    evening.pass_time(2)
    assert latest(kite, order_id)["status"] == "CANCELLED"


def test_the_twenty_sixth_modification_is_refused(kite: KiteConnect, broker: Served) -> None:
    price = away(ltp(kite, "NSE:INFY"), -0.05)
    order_id = infy(kite, "BUY", price)
    broker.pass_time(2)
    for n in range(25):
        kite.modify_order("regular", order_id, price=price - 0.5 * (n % 2))
        broker.pass_time(2)
    with pytest.raises(kite_errors.KiteException, match="Maximum allowed order modifications exceeded"):
        kite.modify_order("regular", order_id, price=price)
    kite.cancel_order("regular", order_id)


# Portfolio, margins, GTT


def test_a_position_is_converted(kite: KiteConnect, settle: Callable[[], None]) -> None:
    infy(kite, "BUY", order_type="MARKET", market_protection=2, quantity=7)
    settle()
    assert kite.convert_position("NSE", "INFY", "BUY", "day", 7, "MIS", "CNC") is True
    assert any(p["product"] == "CNC" and p["quantity"] == 7 for p in kite.positions()["net"])


def test_holdings_funds_and_the_rest_are_readable(kite: KiteConnect) -> None:
    assert kite.holdings() and kite.margins()["equity"]["net"] > 0
    assert kite.margins("equity")["available"]["live_balance"] > 0
    assert kite.get_auction_instruments() == []
    assert kite.mf_orders() == [] and kite.mf_sips() == [] and isinstance(kite.mf_holdings(), list)
    assert kite.mf_instruments()
    assert kite.trigger_range("BUY", "NSE:INFY")["NSE:INFY"]["upper"] > 0


def test_margins_of_an_order_a_basket_and_its_contract_note(kite: KiteConnect, broker: Served) -> None:
    options = [r for r in kite.instruments("NFO") if r["name"] == "NIFTY" and r["instrument_type"] == "CE"]
    near, far = sorted(options, key=lambda r: (r["expiry"], r["strike"]))[:2]
    leg = {"exchange": "NFO", "variety": "regular", "product": "NRML", "order_type": "LIMIT", "quantity": 65}
    short = {**leg, "tradingsymbol": near["tradingsymbol"], "transaction_type": "SELL", "price": near["last_price"]}
    hedge = {**leg, "tradingsymbol": far["tradingsymbol"], "transaction_type": "BUY", "price": far["last_price"]}
    naked = kite.order_margins([short])[0]
    assert naked["span"] > 0 and naked["exposure"] > 0, "a short option is not charged its premium only"
    assert naked["charges"]["brokerage"] == 20
    basket = kite.basket_order_margins([short, hedge], consider_positions=False)
    assert basket["final"]["total"] < basket["initial"]["total"], "a hedge lowers the margin"
    broker.pass_time(1)
    note = kite.get_virtual_contract_note([{**short, "order_id": "111111111", "average_price": near["last_price"]}])
    assert note[0]["charges"]["transaction_tax_type"] == "stt"
    assert note[0]["charges"]["total"] > 20


def test_triggers_of_one_leg_and_two(kite: KiteConnect) -> None:
    now = ltp(kite, "NSE:INFY")
    leg = {"transaction_type": "SELL", "quantity": 1, "order_type": "LIMIT", "product": "CNC"}
    low, high = away(now, -0.05), away(now, 0.05)
    single = kite.place_gtt("single", "INFY", "NSE", [low], now, [{**leg, "price": low}])["trigger_id"]
    oco = kite.place_gtt("two-leg", "INFY", "NSE", [low, high], now, [{**leg, "price": low}, {**leg, "price": high}])
    kite.modify_gtt(single, "single", "INFY", "NSE", [low - 1], now, [{**leg, "price": low - 1}])
    assert kite.get_gtt(single)["condition"]["trigger_values"] == [low - 1]
    assert {g["id"] for g in kite.get_gtts()} >= {single, oco["trigger_id"]}
    assert kite.delete_gtt(single)["trigger_id"] == single
    assert kite.get_gtt(single)["status"] in {"deleted", "cancelled"}


# Bad requests change nothing

REFUSED = [
    ({"quantity": -1}, "InputException"),
    ({"quantity": 0}, "InputException"),
    ({"quantity": "ten"}, "InputException"),
    ({"tradingsymbol": "NOSUCH"}, "InputException"),
    ({"exchange": "NYSE"}, "InputException"),
    ({"price": 1000.013}, "InputException"),
    ({"price": -5}, "InputException"),
    ({"price": 1.0}, "InputException"),
    ({"order_type": "GUESS"}, "InputException"),
    ({"product": "NRML"}, "InputException"),
    ({"validity": "GTC"}, "InputException"),
    ({"tag": "x" * 21}, "InputException"),
    ({"quantity": 50_000}, "MarginException"),
]


@pytest.mark.parametrize(("change", "error_type"), REFUSED)
def test_a_bad_order_gets_kites_error_and_changes_nothing(
    kite: KiteConnect, broker: Served, change: dict[str, Any], error_type: str
) -> None:
    price = away(ltp(kite, "NSE:INFY"), -0.01)
    broker.admin("PUT", "/clock", {"pause": True})
    before = broker.admin("GET", "/state")
    with pytest.raises(kite_errors.KiteException) as caught:
        infy(kite, "BUY", **{"price": price, **change})
    after = broker.admin("GET", "/state")
    broker.admin("PUT", "/clock", {"pause": False})
    expected = getattr(kite_errors, error_type, kite_errors.GeneralException)
    assert type(caught.value) is expected and caught.value.code == 400
    assert after == before


def test_logging_out_ends_the_session(broker: Served) -> None:
    token = broker.admin("POST", "/access-token", {"user_id": broker["user_id"]})["access_token"]
    kite = KiteConnect(broker["api_key"], access_token=token, root=broker["rest_url"])
    assert kite.invalidate_access_token() is True
    with pytest.raises(kite_errors.TokenException):
        kite.profile()
