"""The blocking client of one account at a real simulated broker: it ends as the other adapter does, and never twice."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from harness.broker_process import broker_process
from harness.broker_truth import asked
from harness.served import Served
from harness.served_desk import placed, resting
from tarazu.adapters.kite_account.client import KiteAccount
from tarazu.app.account.reading import Book, Why, read_account, read_with
from tarazu.app.broker_address import BrokerAddress
from tarazu.model.order_request import Cancellation
from tarazu.model.outcome import Accepted, Answered, Cause, RefusalKind, Refused, Unavailable, Unknown


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    with broker_process("--rules", "permissive") as served:
        yield served


@pytest.fixture
def account(broker: Served) -> Iterator[KiteAccount]:
    broker.admin("DELETE", "/faults")
    with client_of(broker) as made:
        yield made
    broker.admin("DELETE", "/faults")


def client_of(broker: Served, token: str = "", timeout_s: float = 5.0, root: str = "") -> KiteAccount:
    return KiteAccount(
        root or broker["rest_url"], broker["api_key"], lambda: token or broker["access_token"], timeout_s
    )


def address_of(broker: Served, root: str = "") -> BrokerAddress:
    return BrokerAddress(rest_url=root or broker["rest_url"], ws_url=broker["ws_url"], api_key=broker["api_key"])


def strike(broker: Served, kind: str, **order: Any) -> None:
    broker.admin("POST", "/faults", {"kind": kind, **order})


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_an_order_is_placed_found_and_cancelled_and_the_books_are_those_of_the_official_client(
    broker: Served, account: KiteAccount
) -> None:
    order = resting()
    outcome = account.place(order)
    assert isinstance(outcome, Accepted)
    read = read_with(account, 10.0)
    assert not read.failures and read.orders.value is not None and read.positions.value is not None
    assert {row.order_id for row in read.orders.value.rows} == {row["order_id"] for row in broker.client().orders()}
    assert len(read.positions.value.net) == len(broker.client().positions()["net"])
    assert read.positions.started_ns <= read.positions.ended_ns <= read.orders.started_ns
    asked(lambda: _open(broker, outcome.order_id))
    assert isinstance(account.cancel(Cancellation(order_id=outcome.order_id)), Accepted)


def _open(broker: Served, order_id: str) -> None:
    """Raises until the exchange has it."""
    if broker.client().order_history(order_id)[-1]["status"] != "OPEN":
        raise ValueError("not yet")


def test_a_refusal_is_the_brokers_word(account: KiteAccount) -> None:
    outcome = account.place(resting(price_paise=1, qty=10_000_000))
    assert isinstance(outcome, Refused) and outcome.status == 400 and outcome.message


@pytest.mark.parametrize(
    ("kind", "params", "cause", "orders"),
    [
        ("rest.timeout_after", {"hang_s": 20.0}, Cause.TIMEOUT, 1),
        ("rest.timeout", {"hang_s": 20.0}, Cause.TIMEOUT, 0),
        ("rest.hangup_after", {}, None, 1),
        ("rest.hangup", {}, None, 0),
        ("rest.status", {"status": 503}, Cause.SERVER_ERROR, 0),
        ("rest.html", {"status": 502, "after": True}, None, 1),
        ("rest.garbage", {"after": True}, None, 1),
    ],
)
def test_without_a_word_of_the_broker_an_order_is_unknown_and_sent_once(
    broker: Served, account: KiteAccount, kind: str, params: dict[str, Any], cause: Cause | None, orders: int
) -> None:
    assert isinstance(account.orders(), Answered), "the connection is one that has answered"
    order = resting()
    strike(broker, kind, count=1, match={"method": "POST"}, params=params)
    with client_of(broker, timeout_s=1.0) as hasty:
        outcome = hasty.place(order)
    assert isinstance(outcome, Unknown), outcome
    assert cause is None or outcome.cause is cause
    assert placed(broker, order) == orders


def test_what_never_left_this_machine_is_refused_and_not_unknown(broker: Served) -> None:
    with client_of(broker, root=nobody()) as gone:
        outcome = gone.place(resting())
        assert isinstance(outcome, Refused) and outcome.kind is RefusalKind.NOT_SENT
        assert isinstance(gone.orders(), Unavailable)


def test_a_token_that_is_none_is_told_as_that_and_never_shown(broker: Served) -> None:
    for token in ("yesterday-and-gone", "two words"):
        with client_of(broker, token=token) as stranger:
            outcome = stranger.place(resting())
            assert isinstance(outcome, Refused) and outcome.kind is RefusalKind.AUTH_LOST
        read = read_account(address_of(broker), token, 5.0)
        assert read.auth_lost and set(read.failures) == set(Book)
        assert token not in repr(read)
    assert read_account(address_of(broker), None, 5.0).auth_lost


def test_a_broker_that_hangs_takes_the_deadline_and_no_more_and_is_unreachable(broker: Served) -> None:
    strike(broker, "rest.timeout", match={"path": "/portfolio*"}, params={"hang_s": 20.0})
    try:
        read = read_account(address_of(broker), broker["access_token"], 1.5)
        assert read.failures[Book.POSITIONS].why is Why.UNREACHABLE
        assert read.failures.keys() == set(Book), "no time was left for the others, and they are not called empty"
    finally:
        broker.admin("DELETE", "/faults")
    one = read_account(address_of(broker), broker["access_token"], 10.0, (Book.ORDERS,))
    assert not one.failures and one.orders.value is not None
    assert one.trades.failure is not None and one.trades.failure.why is Why.NOT_ASKED


def test_a_page_of_a_proxy_is_odd_and_no_book(broker: Served, account: KiteAccount) -> None:
    strike(broker, "rest.html", count=1, match={"path": "/trades"}, params={"status": 200})
    read = read_with(account, 5.0)
    assert read.failures.keys() == {Book.TRADES} and read.failures[Book.TRADES].why is Why.ODD
