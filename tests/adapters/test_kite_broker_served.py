"""At a real simulated broker: its refusals, a lost session, its limits, its books and its clock."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from harness.broker_process import broker_process
from harness.in_time import Late, once_in_time
from harness.served import Served
from harness.served_desk import at, resting
from tarazu.adapters.kite_broker.client import KiteBroker
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.order_request import PROTECTION_AUTO, Cancellation, TradedOrder
from tarazu.model.outcome import (
    Accepted,
    Answered,
    OrderOutcome,
    RefusalKind,
    Refused,
    Unknown,
)
from tarazu.wire.kite_orders import KiteStatus


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Under the permissive rules: a market that is open and asks for no protection."""
    with broker_process("--rules", "permissive") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults_left(served: Served) -> Iterator[None]:
    yield
    served.admin("DELETE", "/faults")


def test_the_brokers_own_refusals_are_refusals(served: Served) -> None:
    async def story(broker: KiteBroker) -> None:
        for order, word in (
            (resting(qty=0), "quantity"),
            (resting(tradingsymbol="NOSUCH"), "does not exist"),
            (resting(tag="x" * 21), "tag"),
        ):
            outcome = await broker.place(order)
            assert isinstance(outcome, Refused) and outcome.kind is RefusalKind.REQUEST
            assert (outcome.status, outcome.error_type) == (400, "InputException") and word in outcome.message
        poor = await broker.place(resting(qty=15_000))
        assert isinstance(poor, Refused) and poor.kind is RefusalKind.MARGIN, poor
        gone = await broker.cancel(Cancellation(order_id="1"))
        assert isinstance(gone, Refused | Unknown)

    at(served, story)


def test_a_lost_session_refuses_orders_and_leaves_what_rests(served: Served) -> None:
    order = resting()
    tokens = [served["access_token"]]

    async def statuses(broker: KiteBroker) -> list[KiteStatus]:
        book = await broker.orders()
        assert isinstance(book, Answered)
        return [row.status for row in book.value.rows if row.tag == order.tag]

    async def story(broker: KiteBroker) -> None:
        assert isinstance(await broker.place(order), Accepted)
        while await statuses(broker) != [KiteStatus.OPEN]:
            pass
        await asyncio.to_thread(served.admin, "POST", "/faults", {"kind": "token.kill", "count": 1})
        for outcome in (await broker.place(resting()), await broker.orders(), await broker.place(resting())):
            assert isinstance(outcome, Refused) and outcome.kind is RefusalKind.AUTH_LOST
            assert outcome.error_type == "TokenException"
        fresh = await asyncio.to_thread(served.admin, "POST", "/access-token", {"user_id": served["user_id"]})
        tokens.append(fresh["access_token"])
        served.hello["access_token"] = fresh["access_token"]
        assert await statuses(broker) == [KiteStatus.OPEN]
        assert isinstance(await broker.place(resting()), Accepted)

    at(served, story, access_token=lambda: tokens[-1])


def test_asking_too_often_is_throttled_and_nothing_of_it_was_placed() -> None:
    def asked_at_once() -> None:
        async def story(broker: KiteBroker) -> list[OrderOutcome]:
            return list(await asyncio.gather(*(broker.place(order) for order in orders)))

        near = round(strict.client().ltp(["NSE:INFY"])["NSE:INFY"]["last_price"] * 0.98) * 100
        orders = [resting(price_paise=near) for _ in range(25)]
        outcomes = at(strict, story)
        refused = [o for o in outcomes if isinstance(o, Refused)]
        assert {o.kind for o in refused} <= {RefusalKind.THROTTLED}
        book = {row["tag"] for row in strict.client().orders()} & {order.tag for order in orders}
        assert book == {o.tag for o, outcome in zip(orders, outcomes, strict=True) if isinstance(outcome, Accepted)}
        if not refused:
            raise Late("they did not go out at once")

    with broker_process() as strict:
        once_in_time(asked_at_once)


def test_the_books_read_as_the_official_client_reads_them(served: Served) -> None:
    market: dict[str, Any] = {"order_type": OrdType.MARKET, "price_paise": None, "protection_bps": PROTECTION_AUTO}
    bought = resting(**market, qty=3, product=Product.MIS)

    async def story(broker: KiteBroker) -> dict[str, Any]:
        accepted = await broker.place(bought)
        assert isinstance(accepted, Accepted)
        while True:
            trades = await broker.trades(accepted.order_id)
            assert isinstance(trades, Answered)
            if trades.value:
                break
        traded = TradedOrder(
            order_id=accepted.order_id,
            exchange="NSE",
            tradingsymbol="INFY",
            side=Side.BUY,
            product=Product.MIS,
            order_type=OrdType.MARKET,
            qty=3,
            average_paise=round(trades.value[0].average_price * 100),
        )
        reads = {
            "orders": broker.orders(),
            "trades": broker.trades(),
            "positions": broker.positions(),
            "holdings": broker.holdings(),
            "margins": broker.margins(),
            "profile": broker.profile(),
            "order_margins": broker.order_margins([resting()]),
            "basket": broker.basket_margins([resting(), resting()]),
            "charges": broker.charges([traded]),
            "raw": broker.get("/quote/ltp?i=NSE:INFY"),
        }
        values: dict[str, Any] = {}
        for name, read in reads.items():
            answered = await read
            assert isinstance(answered, Answered), (name, answered)
            values[name] = answered.value
        return values

    ours, kite = at(served, story), served.client()
    assert [row.order_id for row in ours["orders"].rows] == [row["order_id"] for row in kite.orders()]
    assert not ours["orders"].odd
    assert [row.trade_id for row in ours["trades"]] == [row["trade_id"] for row in kite.trades()]
    held = [(row.tradingsymbol, row.quantity, row.average_price) for row in ours["positions"].net]
    assert held == [(r["tradingsymbol"], r["quantity"], r["average_price"]) for r in kite.positions()["net"]] != []
    assert len(ours["holdings"]) == len(kite.holdings())
    assert ours["margins"].equity.available.cash == kite.margins()["equity"]["available"]["cash"] > 0
    assert ours["profile"].user_id == kite.profile()["user_id"] == served["user_id"]
    assert ours["order_margins"][0].total > 0 and len(ours["basket"].orders) == 2
    assert ours["charges"][0].charges.total > 0
    assert b"NSE:INFY" in bytes(ours["raw"])


def test_the_brokers_clock_is_known_to_half_a_second_and_a_skew_of_it_is_seen(served: Served) -> None:
    async def story(broker: KiteBroker) -> None:
        async def known(skew_ns: float, samples: int) -> bool:
            """A broker that was late itself has told of an earlier moment: the answers after it tell the truth."""
            read = await broker.profile()
            assert isinstance(read, Answered) and read.timing.clock is not None
            offset = read.timing.clock
            return offset.samples >= samples and abs(offset.offset_ns - skew_ns) <= offset.uncertainty_ns + 20e6

        while not (await known(0, 30) and _uncertainty_ns(broker) < 100e6):
            await asyncio.sleep(0.05)
        await asyncio.to_thread(served.admin, "POST", "/faults", {"kind": "rest.clock_skew", "params": {"by_s": 5}})
        while not await known(5e9, 1):
            await asyncio.sleep(0.05)

    at(served, story)


def _uncertainty_ns(broker: KiteBroker) -> int:
    offset = broker.clock_offset()
    assert offset is not None
    return offset.uncertainty_ns
