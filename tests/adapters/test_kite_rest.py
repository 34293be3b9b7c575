"""Instruments and last prices from a real simulated broker, and every REST fault it knows."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness.broker_process import broker_process
from harness.served import Served
from tarazu.adapters.kite_rest.client import LTP_KEYS_MAX, KiteMarketRest
from tarazu.adapters.kite_rest.errors import (
    BadAnswer,
    BrokerFailed,
    RestError,
    Throttled,
    TokenRefused,
    Unreachable,
)
from tarazu.adapters.kite_rest.pace import Pace
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv

INFY = "NSE:INFY"


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    with broker_process("--rules", "permissive") as served:
        yield served


@pytest.fixture
def rest(broker: Served) -> Iterator[KiteMarketRest]:
    broker.admin("DELETE", "/faults")
    client = client_of(broker)
    yield client
    client.close()


def client_of(broker: Served, **options: Any) -> KiteMarketRest:
    settings: dict[str, Any] = {"quote_gap_s": 0, "access_token": lambda: broker["access_token"]}
    return KiteMarketRest(root=broker["rest_url"], api_key=broker["api_key"], **settings | options)


def test_instruments_are_the_days_file(rest: KiteMarketRest) -> None:
    master = decode_csv(rest.instruments())
    assert isinstance(master, InstrumentMaster)
    assert INFY in {i.key for i in master.instruments}


def test_last_prices_are_the_integers_that_the_official_client_shows_as_rupees(
    broker: Served, rest: KiteMarketRest
) -> None:
    broker.admin("PUT", "/clock", {"pause": True})
    keys = [INFY, "NSE:NIFTY 50", "NSE:INDIA VIX"]
    prices, official = rest.last_prices([*keys, "NSE:NOSUCH"]), broker.client().ltp(keys)
    broker.admin("PUT", "/clock", {"pause": False})
    assert set(prices) == set(keys), "what Kite does not know is left out"
    for key in keys:
        assert prices[key].token == official[key]["instrument_token"]
        assert prices[key].price == round(official[key]["last_price"] * 100)


def test_what_is_held_are_the_net_positions_that_are_not_flat(broker: Served, rest: KiteMarketRest) -> None:
    kite, token = broker.client(), rest.last_prices([INFY])[INFY].token
    order = {"exchange": "NSE", "tradingsymbol": "INFY", "quantity": 3, "product": "MIS", "order_type": "MARKET"}
    assert rest.held() == frozenset()
    for side, held in (("BUY", {token}), ("SELL", set())):
        kite.place_order(variety="regular", transaction_type=side, market_protection=5, **order)
        broker.pass_time(2.0)
        assert rest.held() == held
    assert kite.positions()["net"], "flat, and still a row"


def test_no_keys_are_no_question_and_too_many_are_our_mistake(rest: KiteMarketRest) -> None:
    assert rest.last_prices([]) == {}
    most = [INFY, *(f"NSE:NOSUCH{n}" for n in range(LTP_KEYS_MAX - 1))]
    assert set(rest.last_prices(most)) == {INFY}
    with pytest.raises(ValueError, match="1001 keys"):
        rest.last_prices([*most, "NSE:ONEMORE"])


FAULTS = [
    ("rest.status", {"status": 503}, BrokerFailed, "503 NetworkException"),
    ("rest.status", {"status": 500}, BrokerFailed, "500 GeneralException"),
    ("rest.status", {"status": 403}, TokenRefused, "log in"),
    ("rest.status", {"status": 429}, Throttled, "Something went wrong"),
    ("rest.html", {"status": 502}, BrokerFailed, "502: an HTML page"),
    ("rest.html", {"status": 200}, BadAnswer, "HTML page"),
    ("rest.throttle", {}, Throttled, "Too many requests"),
    ("rest.garbage", {}, BadAnswer, "JSON"),
    ("rest.hangup", {}, Unreachable, "look at the network"),
    ("token.kill", {}, TokenRefused, "Incorrect .*log in"),
    ("instruments.late", {}, BrokerFailed, "404 .*not available yet"),
]
HELD_FAULTS = [fault for fault in FAULTS if fault[0] in ("rest.html", "rest.garbage", "rest.throttle", "token.kill")]


@pytest.mark.parametrize(("kind", "params", "error", "told"), FAULTS)
def test_each_fault_has_its_error_and_the_next_question_is_answered(
    broker: Served, rest: KiteMarketRest, kind: str, params: dict[str, Any], error: type[RestError], told: str
) -> None:
    ask = rest.instruments if kind.startswith("instruments") else lambda: rest.last_prices([INFY])
    ask()
    # A cut looks like an idle connection's end, and is tried once more: it takes two.
    broker.admin("POST", "/faults", {"kind": kind, "params": params, "count": 2 if kind == "rest.hangup" else 1})
    with pytest.raises(error, match=told):
        ask()
    if kind == "token.kill":
        fresh = broker.admin("POST", "/access-token", {"user_id": broker["user_id"]})
        broker.hello["access_token"] = fresh["access_token"]
    assert ask()


@pytest.mark.parametrize(("kind", "params", "error", "told"), HELD_FAULTS)
def test_books_that_do_not_read_are_no_empty_books(
    broker: Served, rest: KiteMarketRest, kind: str, params: dict[str, Any], error: type[RestError], told: str
) -> None:
    broker.admin("POST", "/faults", {"kind": kind, "params": params, "count": 1})
    with pytest.raises(error, match=told):
        rest.held()
    if kind == "token.kill":
        fresh = broker.admin("POST", "/access-token", {"user_id": broker["user_id"]})
        broker.hello["access_token"] = fresh["access_token"]
    assert rest.held() == frozenset()


def test_a_page_instead_of_the_file_is_no_file(broker: Served, rest: KiteMarketRest) -> None:
    for kind, params in (("rest.html", {"status": 200}), ("rest.garbage", {})):
        broker.admin("POST", "/faults", {"kind": kind, "params": params, "count": 1})
        with pytest.raises(BadAnswer, match=r"/instruments: .* instead of the file"):
            rest.instruments()


def test_no_answer_in_time_is_unreachable_when_the_time_is_over(broker: Served, rest: KiteMarketRest) -> None:
    hasty = client_of(broker, timeout_s=0.5)
    broker.admin("POST", "/faults", {"kind": "rest.timeout", "params": {"hang_s": 30}, "count": 1})
    start = time.monotonic()
    with pytest.raises(Unreachable, match="in time"):
        hasty.last_prices([INFY])
    assert 0.4 < time.monotonic() - start < 25, "and not when the broker lets go"
    assert hasty.last_prices([INFY])


def test_close_ends_what_is_under_way_and_nothing_is_asked_after_it(broker: Served, rest: KiteMarketRest) -> None:
    broker.admin("POST", "/faults", {"kind": "rest.timeout", "params": {"hang_s": 30}, "count": 1})
    ended: list[Exception] = []

    def ask() -> None:
        try:
            rest.last_prices([INFY])
        except RestError as bad:
            ended.append(bad)

    thread = threading.Thread(target=ask)
    thread.start()
    while not rest._in_use:
        time.sleep(0.001)
    time.sleep(0.2)  # until the question is on the wire
    rest.close()
    thread.join(25)
    assert [type(bad) for bad in ended] == [Unreachable]
    with pytest.raises(Unreachable, match="closed"):
        rest.last_prices([INFY])


def test_a_wrong_token_is_refused_and_never_shown(broker: Served) -> None:
    wrong = client_of(broker, access_token=lambda: "s3cr3t-wrong-token")
    for token in ("s3cr3t-wrong-token", "", "two words", "line\nbreak", "rupee₹"):
        wrong = client_of(broker, access_token=lambda token=token: token)
        with pytest.raises(TokenRefused, match="log in") as refused:
            wrong.last_prices([INFY])
        shown = f"{refused.value!r} {refused.value.__cause__!r} {wrong!r} {vars(refused.value)}"
        assert not token or token not in shown


def test_another_token_is_used_from_the_next_question_on(broker: Served) -> None:
    tokens = ["wrong"]
    rest = client_of(broker, access_token=lambda: tokens[-1])
    with pytest.raises(TokenRefused):
        rest.last_prices([INFY])
    tokens.append(broker["access_token"])
    assert rest.last_prices([INFY])


def test_several_threads_ask_at_once(rest: KiteMarketRest) -> None:
    answers: list[int] = []

    def ask() -> None:
        for _ in range(10):
            answers.append(rest.last_prices([INFY])[INFY].token)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == 60 and len(set(answers)) == 1


def test_asking_as_fast_as_it_lets_us_never_meets_kites_limit() -> None:
    with broker_process() as strict:
        rest = client_of(strict, quote_gap_s=1.0)
        for _ in range(4):
            assert rest.last_prices([INFY])
        hasty = client_of(strict)
        with pytest.raises(Throttled):
            for _ in range(3):
                hasty.last_prices([INFY])


def test_threads_get_their_turns_a_gap_apart_and_a_stop_ends_the_wait() -> None:
    stopped = threading.Event()
    pace, turns = Pace(0.1, stopped), []

    def take() -> None:
        pace.wait()
        turns.append(time.monotonic())

    began, threads = time.monotonic(), [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(turn - began >= 0.099 * nth for nth, turn in enumerate(sorted(turns))), "late maybe, and never early"
    pace = Pace(60, stopped)
    pace.wait()
    stopped.set()
    start = time.monotonic()
    pace.wait()
    assert time.monotonic() - start < 50


def test_nobody_there_is_unreachable() -> None:
    rest = KiteMarketRest(root="http://127.0.0.1:1", api_key="key", access_token=lambda: "s3cr3t")
    with pytest.raises(Unreachable, match="refused"):
        rest.instruments()


@pytest.mark.parametrize(
    "root", ["api.kite.trade", "ftp://x", "https://", "https://a:b@x", "https://x/oms", "http://x:y"]
)
def test_an_address_that_is_none_is_refused_at_once(root: str) -> None:
    with pytest.raises(ValueError):
        KiteMarketRest(root=root, api_key="key", access_token=lambda: "s3cr3t")
