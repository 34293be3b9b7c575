"""Leave before an entry, through the real process: what waits is shown, and sent once by a person's word alone."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.broker_truth import BrokerTruth
from harness.desk import PATIENCE_S, TRADING, Desk, desk
from harness.served import serving
from tarazu.app.supervision.waiting import until
from tarazu.app.verdict import Exit
from tarazu.model.order import Product, Side
from tarazu.ops.approvals import approvals
from tarazu.strategy.wants import EntryWant, StopPlan

FUTURE = "NFO:NIFTY26NOVFUT"
GUARDED = TRADING.replace("settle_s = 0", "settle_s = 0\napprovals = true\napproval_s = 600")


@pytest.fixture
def desk_(tmp_path: Path) -> Iterator[Desk]:
    with (
        serving("--day", "2026-11-19", "--at", "10:00", "--step-ms", "200") as served,
        desk(tmp_path, served, GUARDED) as made,
    ):
        yield made


def waits(at: Desk) -> str:
    """A want that every control lets pass, at the price of the moment; its name."""
    answers: list[dict[str, Any]] = []

    def waiting() -> bool:
        ask = round(at.quote(FUTURE)["depth"]["sell"][0]["price"] * 100)
        stop = StopPlan(distance_paise=30_000, width_paise=2_000)
        want = {"strategy": "hand", "key": FUTURE, "side": Side.BUY, "qty": 65, "product": Product.NRML}
        answers.append(at.want(EntryWant(**want, price_paise=(ask + 500) // 5 * 5, stop=stop)))
        return bool(answers[-1]["accepted"])

    assert until(waiting, PATIENCE_S), answers[-1]
    assert not answers[-1]["refs"], "nothing is sent yet"
    (ref,) = (act["ref"] for act in answers[-1]["acts"] if act["type"] == "HoldWant")
    return str(ref)


def sent_with_leave(at: Desk, ref: str) -> str:
    """Leave; where the market of that very second says no, what was wanted is wanted and approved anew."""
    for _ in range(10):
        answer = at.order("APPROVE", ref=ref)
        if answer["accepted"]:
            (tag,) = answer["refs"]
            return str(tag)
        assert answer["denials"], answer
        ref = waits(at)
    raise AssertionError(answer)


def test_an_entry_waits_is_shown_and_goes_out_once_with_leave_and_its_stop_without(desk_: Desk) -> None:
    desk_.trading()
    ref = waits(desk_)
    desk_.until_main(lambda h: [held.ref for held in h.guards.waiting] == [ref])
    shown = approvals(desk_.home, time.monotonic_ns())
    assert shown.exit_code == Exit.WARN and f"BUY 65 {FUTURE} at " in shown.text()
    tag = sent_with_leave(desk_, ref)
    desk_.until_main(lambda h: h.orders is not None and h.orders.stops == 1 and not h.guards.waiting)
    assert len(BrokerTruth(desk_.served).of_tag(tag)) == 1
    again = desk_.order("APPROVE", ref=ref)
    assert not again["accepted"] and not again["refs"]
    refused = waits(desk_)
    assert desk_.order("REFUSE", ref=refused)["accepted"]
    dropped = waits(desk_)
    desk_.stop_main()
    assert desk_.trading().guards.approvals and not desk_.main_health.guards.waiting, "a start drops what waited"
    assert not desk_.order("APPROVE", ref=dropped)["accepted"]
    assert len(BrokerTruth(desk_.served).of_tag(tag)) == 1
    assert sum(order["transaction_type"] == "BUY" for order in BrokerTruth(desk_.served).orders.values()) == 1
