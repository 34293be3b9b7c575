"""`rest.*` faults: what the client sees, and whether the broker acted."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from kiteconnect import exceptions as kite_errors

from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.sim.faults import FaultOrder


@pytest.fixture
def shop(open_shop: Callable[..., Any]) -> Any:
    return open_shop()


def arm(shop: Any, kind: str, **more: Any) -> None:
    shop.broker.faults.arm(FaultOrder(kind=kind, **{"count": 1, **more}), shop.now_ns)


def order_count(shop: Any) -> int:
    return len(shop.broker.orders("TZ0001"))


# fault, parameters, what the official client raises, code, whether the order was taken.
CASES = [
    ("rest.status", {}, kite_errors.NetworkException, 503, 0),
    ("rest.status", {"status": 500}, kite_errors.GeneralException, 500, 0),
    ("rest.status", {"status": 502, "after": True}, kite_errors.DataException, 502, 1),
    ("rest.html", {}, kite_errors.DataException, None, 0),
    ("rest.html", {"after": True}, kite_errors.DataException, None, 1),
    ("rest.garbage", {}, kite_errors.DataException, None, 0),
    ("rest.garbage", {"after": True}, kite_errors.DataException, None, 1),
    ("rest.throttle", {}, kite_errors.NetworkException, 429, 0),
    ("rest.timeout", {}, requests.ConnectionError, None, 0),
    ("rest.timeout_after", {}, requests.ConnectionError, None, 1),
    ("rest.hangup", {}, requests.ConnectionError, None, 0),
    ("rest.hangup_after", {}, requests.ConnectionError, None, 1),
    ("token.kill", {}, kite_errors.TokenException, 403, 0),
]


@pytest.mark.parametrize(("kind", "params", "raised", "code", "taken"), CASES)
def test_a_struck_placement(
    shop: Any, kind: str, params: dict[str, Any], raised: type[Exception], code: int | None, taken: int
) -> None:
    arm(shop, kind, params=params)
    with pytest.raises(raised) as caught:
        shop.kite().place_order("regular", **shop.order())
    assert code is None or caught.value.code == code  # type: ignore[attr-defined]
    assert order_count(shop) == taken


def test_a_fault_strikes_only_what_it_matches(shop: Any) -> None:
    arm(shop, "rest.status", match={"path": "/orders*", "method": "POST"})
    assert shop.call("GET", "/orders").status == 200
    assert shop.call("POST", "/orders/regular", shop.order()).status == 503
    assert shop.call("POST", "/orders/regular", shop.order()).status == 200


def test_a_timeout_hangs_for_its_time(shop: Any) -> None:
    arm(shop, "rest.timeout", params={"hang_s": 12.0})
    answer = shop.call("GET", "/orders").raw
    assert (answer.hangup, answer.delay_ns) == (True, 12 * SECOND_NS)


def test_slow_answers_take_a_seeded_time_within_bounds(open_shop: Callable[..., Any]) -> None:
    def delays() -> list[int]:
        shop = open_shop()
        arm(shop, "rest.latency", count=5, params={"min_ms": 200, "max_ms": 900})
        return [shop.call("GET", "/orders").raw.delay_ns for _ in range(6)]

    first = delays()
    assert first == delays() and len(set(first)) > 3
    assert all(200 * MILLISECOND_NS <= delay <= 900 * MILLISECOND_NS for delay in first[:5]) and first[5] == 0


def test_the_date_header_follows_the_virtual_clock_and_its_skew(shop: Any) -> None:
    def shown_ns() -> int:
        return int(parsedate_to_datetime(shop.call("GET", "/orders").raw.headers["date"]).timestamp()) * SECOND_NS

    assert shown_ns() == shop.now_ns
    arm(shop, "rest.clock_skew", params={"by_s": 90})
    assert shown_ns() == shop.now_ns + 90 * SECOND_NS


def test_a_killed_token_stays_dead_and_a_new_login_lives(shop: Any) -> None:
    arm(shop, "token.kill")
    assert shop.call("GET", "/orders").status == 403
    assert shop.call("GET", "/orders").status == 403
    assert shop.call("GET", "/orders", login=shop.other).status == 200
    assert shop.call("GET", "/orders", login=shop.sessions.log_in("kite1", shop.now_ns)).status == 200


def test_shares_are_sold_only_after_the_depository_agreed(shop: Any) -> None:
    arm(shop, "holdings.unauthorised", count=None)
    sale = shop.order(transaction_type="SELL", price=round(shop.ltp("NSE:INFY") * 1.05))
    assert shop.call("POST", "/orders/regular", sale).status == 428
    assert shop.call("POST", "/portfolio/holdings/authorise", body=b"").status == 200
    assert shop.call("POST", "/orders/regular", sale).status == 200


def test_the_instruments_file_is_late_then_cut_short_then_whole(shop: Any) -> None:
    arm(shop, "instruments.late")
    arm(shop, "instruments.truncated", params={"share": 0.5})
    assert shop.call("GET", "/instruments").error == (404, "GeneralException")
    short, whole = (shop.call("GET", "/instruments").raw.body for _ in range(2))
    assert whole.startswith(short) and len(short) == len(whole) // 2


def test_faults_strike_in_the_order_of_their_table_one_a_request(shop: Any) -> None:
    for kind in ("rest.html", "rest.throttle"):
        arm(shop, kind)
    assert [shop.call("GET", "/orders").status for _ in range(3)] == [429, 502, 200]


def test_a_bug_inside_a_route_reaches_the_server(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(shop.broker), "orders", property())
    with pytest.raises(AttributeError):
        shop.call("GET", "/orders")
