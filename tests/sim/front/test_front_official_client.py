"""Every method of the unmodified official client against the front, its requests carried in process."""

import inspect
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from kiteconnect import KiteConnect
from kiteconnect import exceptions as kite_errors

from tarazu.sim.broker.broker import Broker

FROM = datetime(2026, 11, 18, 9, 15)  # noqa: DTZ001  the client takes naive IST


@pytest.fixture
def kite(shop: Any) -> KiteConnect:
    return shop.kite()


def infy(kite: KiteConnect, price: float, **more: Any) -> str:
    order = {"variety": "regular", "transaction_type": "BUY", "quantity": 10, "product": "CNC", "order_type": "LIMIT"}
    return str(kite.place_order(exchange="NSE", tradingsymbol="INFY", price=price, **{**order, **more}))


def status(kite: KiteConnect, order_id: str) -> str:
    return str(kite.order_history(order_id)[-1]["status"])


def test_the_login_flow_from_page_to_logout(open_shop: Callable[..., Any]) -> None:
    shop = open_shop()
    page = shop.call("GET", "/connect/login?v=3&api_key=kite2&redirect_params=a%3D1%26b%3D2", token="")
    assert page.status == 302
    landed = parse_qs(urlsplit(page.raw.headers["location"]).query)
    assert (landed["action"], landed["status"], landed["a"], landed["b"]) == (["login"], ["success"], ["1"], ["2"])
    kite = shop.kite(token="none yet")
    kite.api_key = "kite2"
    session = kite.generate_session(landed["request_token"][0], "secret2")
    assert session["user_id"] == "TZ0002" and isinstance(session["login_time"], datetime)
    assert {"public_token", "enctoken", "refresh_token", "silo", "meta", "exchanges"} <= session.keys()
    first = kite.access_token
    assert kite.renew_access_token(session["refresh_token"], "secret2")["access_token"] == kite.access_token != first
    assert kite.profile()["user_id"] == "TZ0002"
    assert kite.invalidate_access_token() is True
    fired: list[bool] = []
    kite.set_session_expiry_hook(lambda: fired.append(True))
    with pytest.raises(kite_errors.TokenException):
        kite.profile()
    assert fired == [True]


def test_a_refresh_token_can_be_invalidated(open_shop: Callable[..., Any]) -> None:
    shop = open_shop()
    kite = shop.kite()
    kite.api_key = "kite2"
    assert kite.invalidate_refresh_token(shop.other.refresh_token) is True
    with pytest.raises(kite_errors.TokenException):
        kite.renew_access_token(shop.other.refresh_token, "secret2")


def test_profile_and_funds(kite: KiteConnect) -> None:
    assert kite.profile()["user_id"] == "TZ0001"
    assert set(kite.margins()) == {"equity", "commodity"}
    assert kite.margins("equity")["available"]["opening_balance"] == 1_000_000
    assert kite.margins("commodity")["enabled"] is False


def test_an_order_lives_through_place_modify_and_cancel(shop: Any, kite: KiteConnect) -> None:
    order_id = infy(kite, round(shop.ltp("NSE:INFY") * 0.95), tag="spec", algo_id="4444444444440")
    assert status(kite, order_id) == "OPEN"
    assert kite.modify_order("regular", order_id, quantity=12) == order_id
    assert status(kite, order_id) == "OPEN"
    assert kite.cancel_order("regular", order_id) == order_id
    history = kite.order_history(order_id)
    assert (history[-1]["status"], history[-1]["cancelled_quantity"]) == ("CANCELLED", 12)
    assert isinstance(history[0]["order_timestamp"], datetime)
    assert history[0]["tag"] == "spec"


def test_fills_are_read_back_everywhere(shop: Any, kite: KiteConnect) -> None:
    order_id = infy(kite, round(shop.ltp("NSE:INFY") * 1.01), product="MIS")
    shop.later(5)
    assert status(kite, order_id) == "COMPLETE"
    fills = kite.order_trades(order_id)
    assert sum(f["quantity"] for f in fills) == 10 and isinstance(fills[0]["fill_timestamp"], datetime)
    assert isinstance(kite.trades()[0]["order_timestamp"], str), "a bare time of day stays text"
    assert any(p["tradingsymbol"] == "INFY" for p in kite.positions()["day"])
    assert kite.convert_position("NSE", "INFY", "BUY", "day", 10, "MIS", "CNC") is True
    assert order_id in [row["order_id"] for row in kite.orders()]


def test_autoslice_answers_with_parent_and_children(kite: KiteConnect) -> None:
    option = next(r for r in kite.instruments("NFO") if r["name"] == "NIFTY" and r["instrument_type"] == "CE")
    placed = kite.place_autoslice_order(
        "regular",
        "NFO",
        option["tradingsymbol"],
        "BUY",
        option["lot_size"] * 28,
        "NRML",
        "LIMIT",
        price=max(1.0, round(option["last_price"] * 0.8)),
    )
    assert placed["order_id"] and len(placed["children"]) == 2
    assert all(child.keys() <= {"order_id", "error"} for child in placed["children"])


def test_a_cover_order_is_placed_and_exited(shop: Any, kite: KiteConnect) -> None:
    now = shop.ltp("NSE:INFY")
    order_id = infy(kite, round(now * 0.97), variety="co", product="MIS", trigger_price=round(now * 0.95))
    assert status(kite, order_id) == "OPEN"
    assert kite.exit_order("co", order_id, parent_order_id=None) == order_id


def test_holdings_and_auctions(kite: KiteConnect) -> None:
    assert {row["tradingsymbol"] for row in kite.holdings()} >= {"INFY"}
    assert kite.get_auction_instruments() == []


def test_a_listed_holding_is_offered_in_the_auction(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(at=time(14, 5), day=date(2026, 11, 20))
    kite = shop.kite()
    listed = kite.get_auction_instruments()
    assert listed and listed[0].keys() - kite.holdings()[0].keys() == {"auction_number"}
    row = listed[0]
    order_id = kite.place_order(
        "auction",
        "NSE",
        row["tradingsymbol"],
        "SELL",
        row["quantity"],
        "CNC",
        "LIMIT",
        price=round(row["close_price"]),
        auction_number=row["auction_number"],
    )
    shop.later(1)
    assert status(kite, order_id) == "OPEN"
    assert kite.orders()[-1]["auction_number"] == row["auction_number"]


def test_mutual_funds_are_read_and_never_placed(kite: KiteConnect) -> None:
    assert kite.mf_orders() == [] and kite.mf_sips() == []
    assert kite.mf_holdings()[0]["quantity"] > 0
    funds = kite.mf_instruments()
    assert isinstance(funds[0]["last_price_date"], date) and funds[0]["purchase_allowed"] is True
    for refused in (
        lambda: kite.place_mf_order("INF000T01011", "BUY", amount=5000),
        lambda: kite.cancel_mf_order("1"),
        lambda: kite.place_mf_sip("INF000T01011", 1000, 12, "monthly"),
        lambda: kite.modify_mf_sip("1", amount=2000),
        lambda: kite.cancel_mf_sip("1"),
    ):
        with pytest.raises(kite_errors.InputException, match="cannot be placed"):
            refused()


def test_the_permissive_rules_show_rows_wherever_one_can_read(open_shop: Callable[..., Any]) -> None:
    kite = open_shop("permissive", at=time(3), day=date(2026, 11, 22)).kite()
    for listed in (
        kite.mf_orders(),
        kite.mf_sips(),
        kite.mf_holdings(),
        kite.holdings(),
        kite.get_auction_instruments(),
    ):
        assert listed
    assert kite.mf_orders(kite.mf_orders()[0]["order_id"])["status"] == "COMPLETE"
    assert kite.mf_sips(kite.mf_sips()[0]["sip_id"])["status"] == "ACTIVE"
    assert isinstance(kite.mf_orders()[0]["order_timestamp"], datetime)


def test_instruments_come_as_the_client_parses_them(shop: Any, kite: KiteConnect) -> None:
    rows = kite.instruments()
    assert len(rows) == len(shop.broker.universe)
    assert {r["exchange"] for r in kite.instruments("NFO")} == {"NFO"}
    assert next(r for r in rows if r["tradingsymbol"] == "INFY")["instrument_token"] == 408065
    assert kite.instruments("MCX") == []


def test_quotes_of_each_depth_leave_unknown_keys_out(kite: KiteConnect) -> None:
    full = kite.quote("NSE:INFY", "NSE:NIFTY 50", "NSE:NOSUCH", "408065", "99")
    assert set(full) == {"NSE:INFY", "NSE:NIFTY 50", "408065"}
    assert len(full["NSE:INFY"]["depth"]["sell"]) == 5 and isinstance(full["NSE:INFY"]["timestamp"], datetime)
    assert kite.ohlc(["NSE:INFY"])["NSE:INFY"]["ohlc"]["close"] > 0
    assert kite.ltp("NSE:INFY")["NSE:INFY"]["last_price"] > 0


def test_trigger_ranges_of_both_sides(shop: Any, kite: KiteConnect) -> None:
    now = shop.ltp("NSE:INFY")
    buy, sell = (kite.trigger_range(side, "NSE:INFY")["NSE:INFY"] for side in ("BUY", "SELL"))
    assert buy["lower"] < buy["upper"] <= now * 1.01 and sell["upper"] > sell["lower"] >= now * 0.99


def test_triggers_of_one_leg_and_two(shop: Any, kite: KiteConnect) -> None:
    now = shop.ltp("NSE:INFY")
    low, high = round(now * 0.95), round(now * 1.05)
    leg = {"transaction_type": "SELL", "quantity": 1, "order_type": "LIMIT", "product": "CNC"}
    single = kite.place_gtt("single", "INFY", "NSE", [low], now, [{**leg, "price": low}])["trigger_id"]
    pair = kite.place_gtt("two-leg", "INFY", "NSE", [low, high], now, [{**leg, "price": p} for p in (low, high)])
    assert kite.modify_gtt(single, "single", "INFY", "NSE", [low - 1], now, [{**leg, "price": low}])
    assert kite.get_gtt(single)["condition"]["trigger_values"] == [low - 1]
    assert {g["id"] for g in kite.get_gtts()} >= {single, pair["trigger_id"]}
    assert kite.delete_gtt(single)["trigger_id"] == single


def test_margins_and_charges_before_the_trade(kite: KiteConnect) -> None:
    option = next(r for r in kite.instruments("NFO") if r["name"] == "NIFTY" and r["instrument_type"] == "PE")
    order = {
        "exchange": "NFO",
        "tradingsymbol": option["tradingsymbol"],
        "transaction_type": "SELL",
        "variety": "regular",
        "product": "NRML",
        "order_type": "LIMIT",
        "quantity": option["lot_size"],
        "price": option["last_price"],
    }
    margin = kite.order_margins([order])[0]
    assert margin["span"] > 0 and margin["charges"]["brokerage"] == 20
    basket = kite.basket_order_margins([order, {**order, "transaction_type": "BUY"}], consider_positions=False)
    assert {"initial", "final", "orders", "charges"} <= basket.keys()
    compact = kite.basket_order_margins([order], mode="compact")
    assert set(compact["initial"]) == {"type", "tradingsymbol", "exchange", "total"}
    note = kite.get_virtual_contract_note([{**order, "order_id": "1", "average_price": option["last_price"]}])
    assert note[0]["charges"]["total"] > 20


def test_candles_are_parsed_with_their_zone(kite: KiteConnect) -> None:
    minutes = kite.historical_data(408065, FROM, "2026-11-19 15:30:00", "minute", oi=True)
    assert minutes[0]["date"].isoformat() == "2026-11-18T09:15:00+05:30" and "oi" in minutes[0]
    assert minutes[-1]["date"].date() == date(2026, 11, 19), "today's running candle is included"
    future = next(r for r in kite.instruments("NFO") if r["instrument_type"] == "FUT")
    assert kite.historical_data(future["instrument_token"], "2026-10-01", "2026-11-18", "day", continuous=True)


def test_no_method_of_the_client_goes_untried() -> None:
    """Every public call appears in this file, so that a new client release shows what is missing."""
    source = inspect.getsource(inspect.getmodule(test_no_method_of_the_client_goes_untried))  # type: ignore[arg-type]
    offline = {"login_url", "set_access_token"}
    public = {n for n, _ in inspect.getmembers(KiteConnect, inspect.isfunction) if not n.startswith("_")} - offline
    assert {name for name in public if f"kite.{name}(" not in source} == set()


def test_the_broker_is_the_real_one(shop: Any) -> None:
    assert type(shop.broker) is Broker
