"""Every REST fault of the simulated broker: what we are told, beside what the broker did. Never refused when placed."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from harness.broker_process import broker_process
from harness.in_time import Late, once_in_time
from harness.served import Served
from harness.served_desk import at, placed, resting
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.model.order_request import Cancellation, OrderChange
from tarazu.model.outcome import (
    Accepted,
    Answered,
    Cause,
    OrderOutcome,
    RefusalKind,
    Refused,
    Unavailable,
    Unknown,
)
from tarazu.wire.kite_orders import KiteStatus, OrderRow


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Under the permissive rules: a market that is open and asks for no protection."""
    with broker_process("--rules", "permissive") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults_left(served: Served) -> Iterator[None]:
    yield
    served.admin("DELETE", "/faults")


HASTY_S = 1.5
"""Of one that is to time out."""


def send_under(served: Served, kind: str, params: dict[str, Any], timeout_s: float) -> tuple[OrderOutcome, int]:
    """One order under one fault: what is told, and how many orders the broker has of it."""
    order = resting()

    async def story(broker: KiteBroker) -> OrderOutcome:
        arm = {"kind": kind, "params": params, "count": 1, "match": {"method": "POST"}}
        await asyncio.to_thread(served.admin, "POST", "/faults", arm)
        return await broker.place(order)

    outcome = at(served, story, timeout_s=timeout_s)
    if isinstance(outcome, Refused) and outcome.kind is RefusalKind.NOT_SENT:
        served.admin("DELETE", "/faults")
        raise Late("no connection came to be before the time was over")
    return outcome, placed(served, order)


FAULTS: list[tuple[str, dict[str, Any], Cause | RefusalKind | str, int]] = [
    ("rest.status", {"status": 503}, Cause.SERVER_ERROR, 0),
    ("rest.status", {"status": 503, "after": True}, Cause.SERVER_ERROR, 1),
    ("rest.status", {"status": 500, "after": True}, Cause.SERVER_ERROR, 1),
    ("rest.status", {"status": 502, "after": True}, Cause.SERVER_ERROR, 1),
    ("rest.status", {"status": 504, "after": True}, Cause.SERVER_ERROR, 1),
    ("rest.status", {"status": 408, "after": True}, Cause.AMBIGUOUS, 1),
    ("rest.status", {"status": 400}, RefusalKind.REQUEST, 0),
    ("rest.status", {"status": 403}, RefusalKind.AUTH_LOST, 0),
    ("rest.status", {"status": 428}, RefusalKind.HOLDINGS, 0),
    ("rest.html", {"status": 502}, Cause.SERVER_ERROR, 0),
    ("rest.html", {"status": 502, "after": True}, Cause.SERVER_ERROR, 1),
    ("rest.html", {"status": 200, "after": True}, Cause.NOT_KITE, 1),
    ("rest.html", {"status": 400, "after": True}, Cause.NOT_KITE, 1),
    ("rest.html", {"status": 403, "after": True}, Cause.NOT_KITE, 1),
    ("rest.html", {"status": 429, "after": True}, Cause.NOT_KITE, 1),
    ("rest.garbage", {}, Cause.NOT_KITE, 0),
    ("rest.garbage", {"after": True}, Cause.NOT_KITE, 1),
    ("rest.throttle", {}, RefusalKind.THROTTLED, 0),
    ("rest.timeout", {}, Cause.TIMEOUT, 0),
    ("rest.timeout_after", {}, Cause.TIMEOUT, 1),
    ("rest.timeout", {"hang_s": 0.2}, "ended", 0),
    ("rest.timeout_after", {"hang_s": 0.2}, "ended", 1),
    ("rest.hangup", {}, "ended", 0),
    ("rest.hangup_after", {}, "ended", 1),
    ("rest.latency", {"min_ms": 50, "max_ms": 100}, "accepted", 1),
    ("rest.latency", {"min_ms": 2000, "max_ms": 2500}, Cause.TIMEOUT, 1),
]


@pytest.mark.parametrize(("kind", "params", "told", "orders"), FAULTS, ids=str)
def test_what_is_told_of_an_order_and_what_became_of_it(
    served: Served, kind: str, params: dict[str, Any], told: Any, orders: int
) -> None:
    timeout_s = HASTY_S if told is Cause.TIMEOUT else 30.0
    outcome, truth = once_in_time(lambda: send_under(served, kind, params, timeout_s))
    assert truth == orders
    if told == "accepted":
        assert isinstance(outcome, Accepted)
    elif isinstance(told, RefusalKind):
        assert isinstance(outcome, Refused) and outcome.kind is told
    else:
        assert isinstance(outcome, Unknown) and outcome.bytes_written > 200
        assert outcome.cause in ({Cause.CLOSED, Cause.RESET} if told == "ended" else {told})
    assert not (isinstance(outcome, Refused) and truth), "a refusal of what was placed"


@pytest.mark.parametrize(("kind", "params"), [(kind, params) for kind, params, *_ in FAULTS], ids=str)
def test_a_question_under_the_same_fault_is_at_worst_unavailable(
    served: Served, kind: str, params: dict[str, Any]
) -> None:
    async def story(broker: KiteBroker) -> None:
        arm = {"kind": kind, "params": params, "count": 1, "match": {"path": "/orders"}}
        await asyncio.to_thread(served.admin, "POST", "/faults", arm)
        outcome = await broker.orders()
        assert isinstance(outcome, Answered | Refused | Unavailable)
        while not isinstance(await broker.orders(), Answered):
            await asyncio.sleep(0.1)

    at(served, story, timeout_s=0.5)


@pytest.mark.parametrize("kind", ["rest.hangup_after", "rest.timeout_after"])
def test_a_change_and_a_cancellation_that_get_no_answer_are_unknown_and_were_done(served: Served, kind: str) -> None:
    order = resting()

    async def story(broker: KiteBroker) -> None:
        accepted = await broker.place(order)
        assert isinstance(accepted, Accepted)

        async def row() -> OrderRow:
            history = await broker.order_history(accepted.order_id)
            assert isinstance(history, Answered) and not history.value.odd
            return history.value.rows[-1]

        while (await row()).status is not KiteStatus.OPEN:
            pass
        arm = {"kind": kind, "count": 1}
        await asyncio.to_thread(served.admin, "POST", "/faults", arm | {"match": {"method": "PUT"}})
        changed = await broker.modify(OrderChange(order_id=accepted.order_id, price_paise=100_005, qty=2))
        assert isinstance(changed, Unknown)
        while (await row()).status is not KiteStatus.OPEN:
            pass
        assert ((await row()).price, (await row()).quantity) == (1000.05, 2)
        await asyncio.to_thread(served.admin, "POST", "/faults", arm | {"match": {"method": "DELETE"}})
        assert isinstance(await broker.cancel(Cancellation(order_id=accepted.order_id)), Unknown)
        while (await row()).status is not KiteStatus.CANCELLED:
            pass

    at(served, story, timeout_s=5.0)
