"""What the reads beside the official client show, candle limits and candles of any day, rate limits at the front."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest

from tarazu.model import ist
from tarazu.model.units import DAY_NS, SECOND_NS
from tarazu.sim.front.archive import CandleArchive

CANDLES = "/instruments/historical/408065"


def candles(shop: Any, interval: str, start: str, end: str, more: str = "") -> Any:
    return shop.call("GET", f"{CANDLES}/{interval}?from={start}&to={end}{more}")


def test_the_documented_only_reads(shop: Any) -> None:
    assert {"pan", "dp_ids", "bank_accounts", "user_id"} <= shop.call("GET", "/user/profile/full").data.keys()
    summary = shop.call("GET", "/portfolio/holdings/summary").data
    rows = shop.call("GET", "/portfolio/holdings").data
    assert summary["invested_amount"] == pytest.approx(sum(r["average_price"] * r["quantity"] for r in rows))
    assert shop.call("GET", "/portfolio/holdings/compact").data[0].keys() >= {"tradingsymbol", "quantity"}
    fund = shop.call("GET", "/mf/holdings").data[0]
    assert shop.call("GET", f"/mf/holdings/{fund['tradingsymbol']}").data[0]["quantity"] == fund["quantity"]
    assert shop.call("GET", "/mf/allotments").data == []
    assert shop.call("GET", "/margins/equity").data[0]["mis_multiplier"] == 5
    assert shop.call("GET", "/margins/futures").data[0]["nrml_margin"] > 0
    assert shop.call("GET", "/margins/currency").data == []


def test_a_basket_counts_positions_when_asked(open_shop: Callable[..., Any]) -> None:
    shop = open_shop()
    shop.call("POST", "/orders/regular", shop.order(product="MIS", price=round(shop.ltp("NSE:INFY") * 1.01)))
    shop.later(5)
    sale = {**shop.order(product="MIS", transaction_type="SELL"), "variety": "regular"}
    alone, exits = (
        shop.call("POST", f"/margins/basket?consider_positions={flag}", listed=[sale]).data["final"]["total"]
        for flag in (False, True)
    )
    assert exits < alone


def test_the_depository_is_told_which_shares_may_go(open_shop: Callable[..., Any]) -> None:
    shop = open_shop()
    first, second = shop.call("GET", "/portfolio/holdings").data[:2]
    greedy = {"isin": first["isin"], "quantity": first["quantity"] + 1}
    assert shop.call("POST", "/portfolio/holdings/authorise", greedy).status == 400
    pairs = f"isin={first['isin']}&quantity=3&isin={second['isin']}&quantity=4".encode()
    assert shop.call("POST", "/portfolio/holdings/authorise", body=pairs).data["request_id"]
    shown = {r["isin"]: r["authorised_quantity"] for r in shop.call("GET", "/portfolio/holdings").data}
    assert (shown[first["isin"]], shown[second["isin"]]) == (3, 4)
    assert shop.call("POST", "/portfolio/holdings/authorise", body=b"").status == 200
    rows = shop.call("GET", "/portfolio/holdings").data
    assert all(r["authorised_quantity"] == r["quantity"] for r in rows)


@pytest.mark.parametrize(
    ("interval", "days"), [("minute", 60), ("5minute", 100), ("30minute", 200), ("60minute", 400), ("day", 2000)]
)
def test_a_request_spans_its_intervals_days_and_not_one_more(shop: Any, interval: str, days: int) -> None:
    last = date(2026, 11, 18)
    assert candles(shop, interval, str(last - timedelta(days)), str(last)).data["candles"]
    refused = candles(shop, interval, str(last - timedelta(days + 1)), str(last))
    assert refused.json["message"] == f"interval exceeds max limit: {days} days"


def test_a_bare_date_means_the_whole_day(shop: Any) -> None:
    whole = candles(shop, "minute", "2026-11-18", "2026-11-18").data
    assert whole == candles(shop, "minute", "2026-11-18+00:00:00", "2026-11-18+23:59:59").data
    assert len(whole["candles"]) > 300


def test_interest_comes_when_asked(shop: Any) -> None:
    assert {len(c) for c in candles(shop, "day", "2026-11-02", "2026-11-18").data["candles"]} == {6}
    assert {len(c) for c in candles(shop, "day", "2026-11-02", "2026-11-18", "&oi=1").data["candles"]} == {7}


def test_nothing_of_the_future_is_known(shop: Any) -> None:
    assert candles(shop, "day", "2026-11-20", "2026-12-31").data["candles"] == []
    today = candles(shop, "minute", "2026-11-19", "2026-11-19").data["candles"]
    assert today[0][0] == "2026-11-19T09:15:00+0530"
    assert today[-1][0] <= ist.stamp_iso(shop.now_ns)


def test_past_days_keep_the_candles_that_traded(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(day=date(2026, 11, 17), at=time(15, 0))
    shop.later(60 * 60)
    traded = candles(shop, "minute", "2026-11-17", "2026-11-17").data["candles"]
    shop.later(2 * DAY_NS / SECOND_NS)
    shop.login = shop.sessions.log_in("kite1", shop.now_ns)
    again = candles(shop, "minute", "2026-11-17", "2026-11-18").data["candles"]
    assert again[: len(traded)] == traded
    assert len(again) > len(traded) + 300, "the day nobody looked at is there too"


def test_an_archive_without_room_forgets_its_oldest_days(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(day=date(2026, 11, 17))
    infy = shop.broker.universe.find("NSE:INFY")
    small = CandleArchive(shop.broker.desk, 7, bytes_max=0)
    roomy = CandleArchive(shop.broker.desk, 7)
    start_ns = shop.now_ns
    shop.later(2 * DAY_NS / SECOND_NS)

    def days(archive: CandleArchive) -> list[str]:
        return [ist.stamp(c.ts_ns)[:10] for c in archive.candles(infy, start_ns, shop.now_ns, "day")]

    assert days(roomy) == ["2026-11-17", "2026-11-18", "2026-11-19"]
    assert days(small) == ["2026-11-18", "2026-11-19"]


def test_the_front_counts_by_account_and_calendar_second(open_shop: Callable[..., Any]) -> None:
    shop = open_shop()
    shop.pace_ns = 0
    assert [shop.call("GET", "/quote/ltp?i=NSE:INFY").status for _ in range(2)] == [200, 429]
    assert shop.call("GET", "/quote?i=NSE:INFY").error == (429, "NetworkException")
    assert shop.call("GET", "/quote?i=NSE:INFY", login=shop.other).status == 200
    assert [shop.call("GET", "/orders").status for _ in range(11)] == [200] * 10 + [429]
    assert [candles(shop, "day", "2026-11-18", "2026-11-18").status for _ in range(4)] == [200] * 3 + [429]
    shop.later(1)
    assert shop.call("GET", "/quote?i=NSE:INFY").status == 200


def test_refused_placements_count(open_shop: Callable[..., Any]) -> None:
    shop = open_shop()
    shop.pace_ns = 0
    assert [shop.call("POST", "/orders/regular", {}).status for _ in range(11)] == [400] * 10 + [429]
    assert shop.call("POST", "/orders/regular", shop.order()).status == 429
    assert shop.broker.orders("TZ0001") == []


def test_tokens_die_at_six_through_the_front(open_shop: Callable[..., Any]) -> None:
    shop = open_shop()
    shop.later((ist.at_ns(date(2026, 11, 20), time(6)) - shop.now_ns) / SECOND_NS - 2)
    assert shop.call("GET", "/user/profile").status == 200
    assert shop.call("GET", "/user/profile").error == (403, "TokenException")


def test_the_same_requests_give_the_same_bytes(open_shop: Callable[..., Any]) -> None:
    def played() -> list[bytes]:
        shop = open_shop()
        shop.call("POST", "/orders/regular", shop.order(price=round(shop.ltp("NSE:INFY") * 1.01)))
        paths = ("/orders", "/trades", "/portfolio/positions", "/quote?i=NSE:INFY", "/instruments", "/mf/holdings")
        return [shop.call("GET", path).raw.body for path in paths]

    assert played() == played()


def test_the_instruments_file_stays_the_same_through_the_day(open_shop: Callable[..., Any]) -> None:
    shop = open_shop()
    morning = shop.call("GET", "/instruments").raw
    shop.later(3600)
    assert shop.call("GET", "/instruments").raw.body == morning.body and morning.content_type == "text/csv"
    shop.later(DAY_NS / SECOND_NS)
    shop.login = shop.sessions.log_in("kite1", shop.now_ns)
    assert shop.call("GET", "/instruments").raw.body != morning.body
