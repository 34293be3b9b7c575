"""A real simulated broker in its own process, and a feed client that writes down what it is told."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

import pytest

from harness.served import Served
from tarazu.adapters.kite_feed.client import KiteFeed
from tarazu.adapters.kite_feed.events import DataResumed, FrameKind, LinkEvent
from tarazu.adapters.system_clock import SystemClock
from tarazu.wire.kite_ticks import Mode, TickFrame, decode

PATIENCE_S = 40.0

Frame = tuple[int, FrameKind, bytes, int, int]


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    flags = ["--seed", "7", "--size", "tiny", "--day", "2026-11-19", "--at", "10:00", "--step-ms", "200"]
    command = [sys.executable, "-m", "tarazu", "sim", "serve", "--log-level", "error", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the broker said nothing and ended with {process.wait()}"
    yield Served(json.loads(line), process)
    process.terminate()
    assert process.wait(timeout=60) == 0


class Desk:
    """A consumer. Everything it is told, in order."""

    def __init__(self, broker: Served, **options: Any) -> None:
        self.broker = broker
        self.events: list[LinkEvent] = []
        self.frames: list[Frame] = []
        self._told = asyncio.Event()
        settings: dict[str, Any] = {
            "api_key": broker["api_key"],
            "access_token": broker["access_token"],
            "root": broker["ws_url"],
            "clock": SystemClock(),
            "dice": Random(7),
        }
        self.feed = KiteFeed(**settings | options, on_frame=self.take, on_event=self.note)

    def take(self, connection: int, kind: FrameKind, payload: memoryview, wall_ns: int, mono_ns: int) -> None:
        self.frames.append((connection, kind, bytes(payload), wall_ns, mono_ns))
        self._told.set()

    def note(self, event: LinkEvent) -> None:
        self.events.append(event)
        self._told.set()

    async def until(self, true: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
        """Wait until `true()` is, looking again whenever something is told, and ten times a second in any case."""
        async with asyncio.timeout(seconds):
            while not (answer := true()):
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._told.wait(), 0.1)
                self._told.clear()
        return answer

    async def event(self, kind: type[LinkEvent], since: int = 0, seconds: float = PATIENCE_S, **facts: Any) -> Any:
        """The first event of this kind, with these facts, after the first `since`."""
        return await self.until(lambda: next(iter(self.told(kind, since, **facts)), None), seconds)

    def told(self, kind: type[LinkEvent], since: int = 0, **facts: Any) -> list[Any]:
        return [
            e
            for e in self.events[since:]
            if isinstance(e, kind) and all(getattr(e, name) == value for name, value in facts.items())
        ]

    def heard(self, since: int = 0, connection: int | None = None) -> dict[int, int]:
        """Packet lengths by token in the tick frames after the first `since`, decoded."""
        out, lengths = TickFrame(), {}
        for origin, kind, payload, *_ in self.frames[since:]:
            if kind is FrameKind.TICKS and connection in (None, origin):
                count = decode(payload, out)
                tokens = out.rows["token"][:count].tolist()
                lengths |= dict(zip(tokens, out.packet_bytes[:count].tolist(), strict=True))
        return lengths

    async def ticks(self, tokens: set[int], seconds: float = PATIENCE_S) -> None:
        """Wait until a tick of each of these has come, from now on."""
        since = len(self.frames)
        await self.until(lambda: tokens <= self.heard(since).keys(), seconds)

    async def admin(self, method: str, path: str, body: Any = None) -> Any:
        return await asyncio.to_thread(self.broker.admin, method, path, body)

    async def fault(self, kind: str, **order: Any) -> Any:
        return await self.admin("POST", "/faults", {"kind": kind, **order})

    async def sockets(self) -> int:
        """As the server counts them."""
        return len((await self.admin("GET", "/status"))["connections"])


Story = Callable[[Desk], Any]


@pytest.fixture
def desk(broker: Served) -> Iterator[Callable[..., None]]:
    """`desk(story, modes, **options)` runs `story(desk)` on a feed that follows `modes` and is up.

    With faults to arm `first` it is merely started.
    """

    @asynccontextmanager
    async def running(modes: dict[int, Mode], first: list[Any], options: dict[str, Any]) -> AsyncIterator[Desk]:
        desk = Desk(broker, **options)
        for fault in first:
            await desk.fault(**fault)
        desk.feed.set_subscriptions(modes)
        life = asyncio.create_task(desk.feed.run())
        if modes and not first:
            await desk.ticks(set(modes))
            up = {desk.feed.connection_of(token) for token in modes}
            await desk.until(lambda: up == {e.connection for e in desk.told(DataResumed)})
        yield desk
        desk.feed.stop()
        async with asyncio.timeout(PATIENCE_S):
            await life
        async with asyncio.timeout(PATIENCE_S):
            while await desk.sockets():
                pass

    def run(story: Story, modes: dict[int, Mode], first: Sequence[Any] = (), **options: Any) -> None:
        async def scenario() -> None:
            async with running(modes, list(first), options) as desk:
                await story(desk)

        asyncio.run(scenario())

    yield run
    broker.admin("DELETE", "/faults")


@pytest.fixture(scope="module")
def tokens(broker: Served) -> list[int]:
    """Nine of the tiny universe, one of each kind among them."""
    rows = broker.client().instruments()
    return [r["instrument_token"] for r in rows if r["segment"] in ("INDICES", "NSE", "NFO-FUT")][:9]
