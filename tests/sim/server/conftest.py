"""A ticker over a handful of rows that tests change by hand: real sockets, no broker, no waiting."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tarazu import reference
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.units import SECOND_NS
from tarazu.sim.faults import Fault, FaultOrder, Faults
from tarazu.sim.front.sessions import App, Sessions
from tarazu.sim.server.listening import bind, port_of
from tarazu.sim.server.ticker import Ticker
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import TICK, TickFrame, decode

WAIT_S = 40.0
START_NS = 1_795_400_000 * SECOND_NS


def _instrument(n: int) -> Instrument:
    return Instrument(
        instrument_token=InstrumentToken(n << 8 | 1),
        exchange=Exchange.NSE,
        tradingsymbol=TradingSymbol(f"STOCK{n}"),
        name=f"STOCK{n}",
        kind=Kind.EQ,
        segment="NSE",
    )


class Rows:
    """A `TickSource` whose rows the test sets."""

    def __init__(self, count: int = 4) -> None:
        self.now_ns = START_NS
        self.faults = Faults(seed=1)
        self.universe = Universe(date(2026, 11, 23), [_instrument(n) for n in range(1, count + 1)])
        self.rows = np.zeros(count, TICK)
        self.rows["token"] = [i.instrument_token for i in self.universe.instruments]
        self.rows["ltp"] = 100_00
        self.rows["exchange_ts"] = START_NS // SECOND_NS

    @property
    def tokens(self) -> list[int]:
        return [int(t) for t in self.rows["token"]]

    def arm(self, kind: str, **order: Any) -> Fault:
        return self.faults.arm(FaultOrder(kind=kind, **order), self.now_ns)


class Stream:
    """A client of the ticker that reads as the official one does: frames, heartbeats, text."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def ask(self, action: str, value: Any) -> None:
        await self.socket.send(json.dumps({"a": action, "v": value}))

    async def frame(self) -> bytes | str:
        async with asyncio.timeout(WAIT_S):
            return await self.socket.recv()

    async def ticks(self) -> dict[int, tuple[int, int]]:
        """The next tick frame as token -> (packet bytes, ltp), heartbeats skipped."""
        async with asyncio.timeout(WAIT_S):
            while True:
                frame = await self.frame()
                if isinstance(frame, bytes) and len(frame) > 1:
                    return read(frame)

    async def text(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            while True:
                frame = await self.frame()
                if isinstance(frame, str):
                    answer: dict[str, Any] = json.loads(frame)
                    return answer


def read(frame: bytes) -> dict[int, tuple[int, int]]:
    out = TickFrame()
    count = decode(frame, out)
    assert out.clean
    return {int(r["token"]): (int(b), int(r["ltp"])) for r, b in zip(out.rows[:count], out.packet_bytes, strict=False)}


class Bench:
    """The ticker under test with its source and sessions."""

    def __init__(self, buffer_bytes_max: int) -> None:
        self.source = Rows()
        self.rules = reference.rules("nse-2026")
        app = App(api_key="kk", api_secret="ss", user_id="TZ0001")
        other = App(api_key="k2", api_secret="s2", user_id="TZ0002")
        self.sessions = Sessions([app, other], seed=1, dies_at=self.rules.token_dies_at)
        self.token = self.sessions.log_in("kk", START_NS).access_token
        self.other_token = self.sessions.log_in("k2", START_NS).access_token
        self.ticker = Ticker(self.source, self.sessions, self.rules, buffer_bytes_max=buffer_bytes_max)
        self._listening = bind(0)
        self.port = port_of(self._listening)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Bench"]:
        await self.ticker.start(self._listening)
        try:
            yield self
        finally:
            await self.ticker.stop()

    @asynccontextmanager
    async def client(self, api_key: str = "kk", token: str | None = None) -> AsyncIterator[Stream]:
        token = self.token if token is None else token
        url = f"ws://127.0.0.1:{self.port}/?api_key={api_key}&access_token={token}"
        async with connect(url, compression=None, ping_interval=None, close_timeout=0.2) as socket:
            yield Stream(socket)

    def step(self, *changed: int) -> None:
        """A market step in which these rows changed; all without any."""
        self.ticker.ship(np.array(changed or range(len(self.source.rows)), np.int64))

    async def until(self, true: Callable[[], bool]) -> None:
        """Let the server run until something is so."""
        async with asyncio.timeout(WAIT_S):
            while not true():
                await asyncio.sleep(0.001)


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Makes one; inside a running loop."""
    return lambda buffer_bytes_max=8 << 20: Bench(buffer_bytes_max)
