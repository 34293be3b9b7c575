"""What was sent and not answered, or answered with nonsense: looked for by its tag, never sent again.

The broker's clock runs at twenty times the speed of life and everything goes by it: three minutes are nine seconds.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from harness.in_time import Late, once_in_time
from harness.scenario_desk import CALL, ENGINE, FAST, PUT, ScenarioDesk, trading_desk
from tarazu.engine.messages import Answered
from tarazu.model.units import SECOND_NS
from tarazu.orders.messages import Moved

QUARANTINE_NS = 180 * SECOND_NS
PLACING = {"method": "POST", "path": "/orders*"}


@pytest.fixture(scope="module")
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioDesk]:
    with trading_desk(tmp_path_factory.mktemp("desk"), ENGINE, *FAST) as made:
        yield made


@pytest.fixture(autouse=True)
def flat(trading: ScenarioDesk) -> Iterator[None]:
    """Every test ends with the broker's books equal to ours, and flat."""
    yield
    trading.calm()
    trading.leave(CALL, PUT)
    trading.until_flat(CALL, PUT)
    trading.agree()


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("rest.timeout_after", {"hang_s": 20.0}),
        ("rest.hangup_after", {}),
        ("rest.status", {"status": 503, "after": True}),
        ("rest.html", {"status": 200, "after": True}),
        ("rest.garbage", {"after": True}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_order_that_was_taken_without_an_answer_is_found_by_its_tag_and_adopted(
    trading: ScenarioDesk, kind: str, params: dict[str, Any]
) -> None:
    trading.strike(kind, count=1, match=PLACING, params=params)
    tag = trading.buy()
    trading.until_order(tag, "FILLED")
    trading.until_protected(tag)
    answered = trading.until(lambda: [a for a in trading.told.messages(Answered) if a.ref == tag])
    assert [a.answer.kind for a in answered] == ["NO_ANSWER"], "nobody said that it was taken"
    truth = trading.agree()
    assert [row["status"] for row in truth.of_tag(tag)] == ["COMPLETE"], "one order, and it filled"
    assert sum(sent.ref == tag for sent in trading.told.sends()) == 1
    assert "none that can be believed" in trading.why(tag)


@pytest.mark.control("C14")
@pytest.mark.parametrize("kind", ["rest.timeout", "rest.hangup"])
def test_an_order_that_never_came_to_be_counts_until_its_quarantine_and_two_reads_are_over(
    trading: ScenarioDesk, kind: str
) -> None:
    trading.strike(kind, count=1, match=PLACING, **({"params": {"hang_s": 20.0}} if kind == "rest.timeout" else {}))
    tag = trading.buy(PUT)
    unknown = trading.until_order(tag, "UNKNOWN")
    exposure = trading.told.state.exposure(PUT, unknown.product)
    assert exposure.buy.unknown == unknown.qty, "it counts in full"
    order = trading.until_order(tag, "ABSENT")
    told = trading.told
    assert told.way_ns(tag, "ABSENT") - told.way_ns(tag, "UNKNOWN") >= QUARANTINE_NS
    assert len(order.absent_reads) >= 2 and min(order.absent_reads) >= order.unknown_ns + QUARANTINE_NS
    assert not trading.agree().of_tag(tag), "nothing of it at the broker"
    assert sum(sent.ref == tag for sent in told.sends()) == 1, "and it was not sent again"
    assert "ABSENT" in trading.why(tag)


def test_a_cancellation_without_an_answer_is_seen_by_its_effect(trading: ScenarioDesk) -> None:
    tag = trading.rest()
    trading.until_order(tag, "WORKING")
    trading.strike("rest.hangup_after", count=1, match={"method": "DELETE"})
    trading.cancel(tag)
    trading.until_order(tag, "CANCELED")
    assert [row["status"] for row in trading.agree().of_tag(tag)] == ["CANCELLED"]


@pytest.mark.control("C11")
def test_a_burst_of_429_refuses_entries_for_certain_and_delays_an_exit_that_then_is_done(trading: ScenarioDesk) -> None:
    held = trading.buy()
    trading.until_protected(held)
    burst = trading.strike("rest.throttle", match={"account": trading.served["user_id"]})
    refused = once_in_time(lambda: _refused(trading))
    trading.leave()
    trading.pass_time(20)
    assert trading.told.state.blotter.orders[held].status == "FILLED"
    trading.served.admin("DELETE", f"/faults/{burst}")
    trading.until_flat()
    assert not trading.agree().of_tag(refused)
    assert "429" in trading.why(refused) or "THROTTLED" in trading.why(refused)


@pytest.mark.control("C18")
def test_no_send_ever_went_out_twice(trading: ScenarioDesk) -> None:
    sent = [said.ref for said in trading.told.sends()]
    assert len(sent) == len(set(sent)) > 5
    assert all(m.was != "UNKNOWN" or m.status != "IN_FLIGHT" for m in trading.told.outputs(Moved))


def _refused(trading: ScenarioDesk) -> str:
    """The tag of an entry whose answer was a 429. One that came after the timeout is none, and is found absent."""
    tag = trading.buy(PUT)
    if trading.until_order(tag, "REJECTED", "ABSENT").status == "ABSENT":
        raise Late("a 429, which is a judgement,")
    return tag
