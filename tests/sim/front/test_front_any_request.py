"""Whatever is sent, the answer is Kite's envelope, CSV or a redirect, and nothing raises."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarazu.sim.front.front import ROUTES
from tarazu.sim.front.http import FORM, JSON, read_request

NAMES = (
    "exchange", "tradingsymbol", "transaction_type", "quantity", "product", "order_type", "price", "trigger_price",
    "validity", "validity_ttl", "disclosed_quantity", "iceberg_legs", "iceberg_quantity", "market_protection",
    "autoslice", "tag", "algo_id", "variety", "i", "from", "to", "oi", "continuous", "type", "condition", "orders",
    "name", "operator", "rhs_type", "rhs_constant", "lhs_exchange", "lhs_tradingsymbol", "lhs_attribute", "basket",
    "uuid", "isin", "api_key", "access_token", "refresh_token", "request_token", "checksum", "mode",
    "consider_positions", "position_type", "old_product", "new_product", "average_price", "status", "parent_order_id",
)  # fmt: skip
VALUES = (
    "", "0", "1", "-1", "65", "10", "100.05", "1e400", "NaN", "true", "True", "maybe", "NSE", "NFO", "INFY", "NSE:INFY",
    "NIFTY 50", "NSE:NIFTY 50", "408065", "BUY", "SELL", "CNC", "MIS", "NRML", "LIMIT", "MARKET", "SL", "SL-M", "DAY",
    "IOC", "TTL", "regular", "co", "amo", "iceberg", "auction", "minute", "day", "2026-11-19", "2026-11-18 09:15:00",
    "9999-12-31", "0001-01-01", "single", "two-leg", "simple", "ato", "constant", "instrument", "<=", "equity", "buy",
    "LastTradedPrice", "kite1", "secret1", "compact", "overnight", "[]", "{}", "[{}]", '{"items":[{}]}', "1" * 400,
    '{"exchange":"NSE","tradingsymbol":"INFY","trigger_values":[1],"last_price":2}', '{"a":"\\ud800"}', "१", "\x00",
)  # fmt: skip

some_text = st.one_of(st.sampled_from(VALUES), st.text(max_size=12))
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), some_text), max_size=14)
plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), some_text)
objects = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), plain, max_size=12)
bodies = st.one_of(
    st.binary(max_size=60),
    pairs.map(lambda p: "&".join(f"{quoted(n)}={quoted(v)}" for n, v in p).encode()),
    st.lists(objects, max_size=3).map(lambda o: json.dumps(o).encode()),
)
methods = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", ""])


def quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


@st.composite
def paths(draw: st.DrawFn) -> str:
    """A route's path with anything in place of its names, or anything at all."""
    pattern = draw(st.sampled_from([route.pattern for route in ROUTES]))
    parts = [quoted(draw(some_text)) if part.startswith("{") else part for part in pattern.split("/")]
    return draw(st.one_of(st.just("/".join(parts)), st.text(max_size=20).map(quoted)))


@pytest.fixture(scope="module")
def crowded(shop: Any) -> Any:
    """A broker with an order, a position, a trigger and an alert, so that ids in requests may hit."""
    shop.call("POST", "/orders/regular", shop.order())
    shop.call("POST", "/orders/regular", shop.order(price=round(shop.ltp("NSE:INFY") * 1.01)))
    return shop


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(methods, paths(), pairs, bodies, st.sampled_from([FORM, JSON, "text/plain", ""]), st.booleans())
def test_any_request_gets_kites_envelope(
    crowded: Any, method: str, path: str, query: Any, body: bytes, content_type: str, known: bool
) -> None:
    login = crowded.sessions.log_in("kite1", crowded.now_ns)
    headers = {"content-type": content_type}
    if known:
        headers["authorization"] = f"token kite1:{login.access_token}"
    raw_query = "&".join(f"{quoted(n)}={quoted(v)}" for n, v in query).encode()
    answer = crowded.handle(read_request(method, path.encode(), raw_query, headers, body, "127.0.0.1"))
    assert not answer.hangup and "date" in answer.headers
    if answer.content_type == "text/csv" or answer.status == 302:
        return
    envelope = json.loads(answer.body)
    if answer.status == 200:
        assert envelope["status"] == "success" and "data" in envelope
    else:
        assert 400 <= answer.status < 500
        assert envelope["status"] == "error" and envelope["error_type"] and envelope["message"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(objects, min_size=1, max_size=3),
    st.sampled_from(["/margins/orders", "/margins/basket", "/charges/orders"]),
)
def test_any_json_list_gets_kites_envelope(crowded: Any, listed: Any, path: str) -> None:
    answer = crowded.call("POST", path, listed=listed)
    assert answer.status in (200, 400) and answer.json["status"] in ("success", "error")


order_fields = st.dictionaries(
    st.sampled_from(NAMES[:17]),
    st.one_of(st.none(), st.sampled_from(VALUES), st.integers(-5, 3000).map(str)),
    max_size=4,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order_fields, st.sampled_from(["regular", "co", "amo", "iceberg", "auction"]))
def test_an_order_that_is_refused_changes_nothing(crowded: Any, change: dict[str, Any], variety: str) -> None:
    form = crowded.order(**change)
    crowded.now_ns += 15_000_000_000
    crowded.broker.advance(crowded.now_ns)
    crowded.pace_ns = 0
    before = crowded.books()
    reply = crowded.call("POST", f"/orders/{variety}", form)
    crowded.pace_ns = 1_000_000_000
    assert reply.status in (200, 400, 428)
    assert reply.status == 200 or crowded.books() == before
