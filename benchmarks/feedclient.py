"""`feedclient`: from socket to decoded arrays, beside the official KiteTicker. 1,000-packet messages as fast as read.

The flood server, our client and the official one (its reactor starts once) are processes of their own; each client
counts its own CPU seconds from the first message on, so the server's cost and the waiting are in neither figure.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tarazu.ops.bench import Case, against_peer

ROUNDS = 3
# About a second of CPU each.
CASES = {1_000: {"ours": 6_000, "peer": 50}, 10: {"ours": 30_000, "peer": 4_000}}
# Ours: what the client was built for. Small messages are a read from the socket each, for whatever client.
GOALS = {1_000: 100.0, 10: None}


def cases() -> Iterator[Case]:
    for packets, messages in CASES.items():
        with _server(packets) as port:
            rates: dict[str, list[float]] = {"ours": [], "peer": []}
            for _ in range(ROUNDS):
                for who, taken in rates.items():
                    taken.append(_client(who, port, messages[who], packets))
        yield against_peer(
            "feedclient",
            f"{packets:,}-packet messages",
            ours=statistics.median(rates["ours"]),
            peer=statistics.median(rates["peer"]),
            unit="packets/CPU s",
            goal=GOALS[packets],
        )


@contextmanager
def _server(packets: int) -> Iterator[int]:
    server = subprocess.Popen([sys.executable, __file__, "server", str(packets)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline())
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def _client(who: str, port: int, messages: int, packets: int) -> float:
    """Packets a CPU second of one client, over so many messages after the first."""
    argv = [sys.executable, __file__, who, str(port), str(messages)]
    done = json.loads(subprocess.run(argv, stdout=subprocess.PIPE, check=True, timeout=120).stdout)
    assert done["packets"] == messages * packets, "every packet was decoded"
    return float(done["packets"] / done["cpu_s"])


# The processes.


class Tally:
    """Counts from the second message on; the process ends after the last."""

    def __init__(self, messages: int) -> None:
        self._left = messages
        self._packets = 0
        self._start_s: float | None = None

    def add(self, packets: int) -> None:
        if self._start_s is None:
            self._start_s = time.process_time()
            return
        self._packets += packets
        self._left -= 1
        if not self._left:
            json.dump({"packets": self._packets, "cpu_s": time.process_time() - self._start_s}, sys.stdout)
            sys.stdout.flush()
            os._exit(0)


def ours(port: str, messages: str) -> None:
    from tarazu.adapters.kite_feed.client import KiteFeed
    from tarazu.adapters.kite_feed.events import FrameKind
    from tarazu.adapters.system_clock import SystemClock
    from tarazu.wire.kite_ticks import TickFrame, decode

    out, tally = TickFrame(), Tally(int(messages))
    decode(b"\x00\x00", out)

    def take(connection: int, kind: FrameKind, payload: memoryview, wall_ns: int, mono_ns: int) -> None:
        tally.add(decode(payload, out))

    feed = KiteFeed(
        api_key="k",
        access_token="t",
        clock=SystemClock(),
        on_frame=take,
        on_event=lambda event: None,
        root=f"ws://127.0.0.1:{port}",
        connections=1,
    )
    asyncio.run(feed.run())


def peer(port: str, messages: str) -> None:
    from kiteconnect import KiteTicker

    tally = Tally(int(messages))
    ticker = KiteTicker("k", "t", root=f"ws://127.0.0.1:{port}")
    ticker.on_ticks = lambda ws, ticks: tally.add(len(ticks))
    ticker.connect()


def server(packets: str) -> None:
    asyncio.run(_flood(int(packets)))


async def _flood(packets: int) -> None:
    """Send one frame over and over, never faster than it is read."""
    from websockets.asyncio.server import serve
    from websockets.exceptions import ConnectionClosed

    frame = _frame(packets)

    async def pour(socket: Any) -> None:
        try:
            while True:
                await socket.send(frame)
        except ConnectionClosed:
            pass  # it has had enough

    async with serve(pour, "127.0.0.1", 0, compression=None, ping_interval=None) as listening:
        print(listening.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().create_future()


def _frame(packets: int) -> bytes:
    """A full-mode frame of options with every field filled."""
    from tarazu.model.instrument import SegmentByte, token_of
    from tarazu.wire.kite_ticks import TICK, Mode, encode

    rng = np.random.default_rng(2026)
    rows = np.frombuffer(rng.bytes(TICK.itemsize * packets), TICK).copy()
    rows["token"] = [token_of(40_000 + i, SegmentByte.NFO) for i in range(packets)]
    rows["last_trade_ts"] = rows["exchange_ts"] = 1_790_000_000
    return encode(rows, Mode.FULL)


if __name__ == "__main__":
    {"server": server, "ours": ours, "peer": peer}[sys.argv[1]](*sys.argv[2:])
