"""The driver over a real broker: it keeps to the clock, in slices, and what it ships is where the market stands."""

import asyncio
import json
from datetime import date, time
from typing import Any

import numpy as np
from websockets.asyncio.client import connect

from tarazu import reference
from tarazu.model import ist
from tarazu.model.instrument import Kind
from tarazu.model.order import Side
from tarazu.model.units import HOUR_NS, MINUTE_NS, SECOND_NS
from tarazu.sim.broker.broker import Broker, BrokerConfig
from tarazu.sim.front.sessions import App, Sessions
from tarazu.sim.orders import OrderRequest
from tarazu.sim.server.clock import VirtualClock
from tarazu.sim.server.driver import BrokerTicks, Driver
from tarazu.sim.server.listening import bind, port_of
from tarazu.sim.server.postback import Postbacks
from tarazu.sim.server.ticker import Ticker
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.wire.kite_ticks import TickFrame, decode

START_NS = ist.at_ns(date(2026, 11, 23), time(9, 15, 5))


class Box:
    """A broker with driver and ticker on a clock that moves when told."""

    def __init__(self, start_ns: int = START_NS) -> None:
        self.real_ns = 0
        rules = reference.rules("nse-2026")
        self.broker = Broker(
            BrokerConfig(
                seed=1,
                rules=rules,
                calendar=reference.calendar_for(rules),
                charge_rates=reference.charge_rates(),
                scenario=SCENARIOS["quiet"],
                size="tiny",
                start_ns=start_ns,
            )
        )
        self.sessions = Sessions([App(api_key="kk", api_secret="ss", user_id="TZ0001")], 1, rules.token_dies_at)
        self.clock = VirtualClock(start_ns, monotonic_ns=lambda: self.real_ns)
        self.ticker = Ticker(BrokerTicks(self.broker), self.sessions, rules)
        self.driver = Driver(self.broker, self.clock, self.ticker, Postbacks(list), lambda: None)

    def pass_s(self, seconds: float) -> None:
        self.real_ns += round(seconds * SECOND_NS)


def test_the_broker_is_brought_to_the_clock_and_no_further() -> None:
    box = Box()
    for _ in range(20):
        box.pass_s(0.333)
        assert box.driver.reach() == box.clock.now_ns() == box.broker.now_ns
    assert box.driver.lag_ns == 0
    assert box.driver.reach() == box.broker.now_ns


def test_a_long_jump_is_caught_up_in_slices_and_the_lag_is_told() -> None:
    box = Box()
    box.clock.change(jump_to_ns=START_NS + 5 * HOUR_NS)
    box.driver.reach()
    assert 0 < box.driver.lag_ns < 5 * HOUR_NS, "a slice of it, and it says how much is left"
    while box.driver.lag_ns:
        box.driver.reach()
    assert box.broker.now_ns == START_NS + 5 * HOUR_NS


def test_a_night_is_crossed_in_short_stretches_for_one_may_hold_a_morning() -> None:
    box = Box(ist.at_ns(date(2026, 11, 23), time(15, 45)))
    target_ns = ist.at_ns(date(2026, 11, 25), time(9, 20))
    longest_ns = 0
    while box.broker.now_ns < target_ns:
        before_ns, due_ns = box.broker.now_ns, box.driver._due_ns()
        box.driver._step(target_ns)
        if due_ns is None:
            longest_ns = max(longest_ns, box.broker.now_ns - before_ns)
        else:
            assert box.broker.now_ns <= max(due_ns, before_ns), "one market step at a time"
    assert longest_ns == MINUTE_NS
    assert str(box.broker.universe.day) == "2026-11-25", "the 24th is a holiday"


def test_what_is_shipped_is_where_the_market_stands_jump_or_no_jump() -> None:
    async def scenario() -> None:
        box = Box()
        listening = bind(0)
        await box.ticker.start(listening)
        token = box.sessions.log_in("kk", START_NS).access_token
        url = f"ws://127.0.0.1:{port_of(listening)}/?api_key=kk&access_token={token}"
        seen: dict[int, Any] = {}
        tokens = [int(t) for t in box.broker.exchange.market.rows["token"]]
        async with connect(url, compression=None) as socket:
            await socket.send(json.dumps({"a": "subscribe", "v": tokens}))
            await socket.send(json.dumps({"a": "mode", "v": ["full", tokens]}))
            await (await socket.ping())
            for seconds in (1, 1, 600, 1):
                box.pass_s(seconds)
                while box.driver.lag_ns:
                    box.driver.reach()
                await (await socket.ping())
                await _drain(socket, seen)
                rows = box.broker.exchange.market.rows
                assert {t: int(r["ltp"]) for t, r in zip(tokens, rows, strict=True)} == seen
        await box.ticker.stop()

    asyncio.run(scenario())


async def _drain(socket: Any, seen: dict[int, Any]) -> None:
    out = TickFrame()
    while True:
        try:
            async with asyncio.timeout(0.05):
                frame = await socket.recv()
        except TimeoutError:
            return
        if isinstance(frame, bytes) and len(frame) > 2:
            for row in out.rows[: decode(frame, out)]:
                seen[int(row["token"])] = int(row["ltp"])


def test_an_order_of_ours_ships_its_row_before_the_next_market_step() -> None:
    box = Box()
    index = _quiet_row(box)
    instrument = box.broker.universe.instruments[index]
    shipped: list[int] = []
    box.ticker.ship = lambda rows: shipped.extend(np.asarray(rows).tolist())  # type: ignore[method-assign]
    box.broker.place(
        "TZ0001",
        OrderRequest(
            variety="regular",
            exchange=instrument.exchange,
            tradingsymbol=instrument.tradingsymbol,
            transaction_type=Side.BUY,
            order_type="LIMIT",
            product="MIS",
            quantity=10,
            price_paise=int(box.broker.exchange.row(index)["bids"][0]["price"]),
        ),
    )
    due_ns = box.broker.exchange.market.next_ns()
    assert due_ns is not None
    box.pass_s((due_ns - box.clock.now_ns() - 1000) / SECOND_NS)
    box.driver.reach()
    assert [row.status for row in box.broker.orders("TZ0001")] == ["OPEN"]
    assert shipped == [index]


def _quiet_row(box: Box) -> int:
    """Step until some cash share did not change, and return its row."""
    shares = [n for n, i in enumerate(box.broker.universe.instruments) if i.kind is Kind.EQ and i.exchange == "NSE"]
    for _ in range(600):
        box.pass_s(1)
        box.driver.reach()
        for index in shares:
            if not box.broker.exchange.market.changed[index]:
                return index
    raise AssertionError("every share changed in every step")
