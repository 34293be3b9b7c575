"""The recording process: KiteFeed into Intake, as depth_ws has them. `python -m feedrig.desk` with an `Order` on stdin.

Prints `ready` once it dials. At the end of its stdin it stops, closes the log and writes what it saw, a row a message:
when it was sent, received, and in the state (all CLOCK_MONOTONIC ns), with its sender and number.
"""

import asyncio
import gc
import json
import os
import sys
import time
from datetime import date
from pathlib import Path

import msgspec
import numpy as np

from feedrig.message import number, sender, stamp_ns, tokens_of
from tarazu.adapters.kite_feed.client import KiteFeed
from tarazu.adapters.kite_feed.events import FrameKind, LinkEvent
from tarazu.adapters.kite_feed.stream import OnFrame
from tarazu.adapters.system_clock import SystemClock
from tarazu.app.depth_ws.intake import Intake
from tarazu.market.arrivals import Arrivals
from tarazu.market.state import MarketState
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment_file import WrittenSegment
from tarazu.wire.kite_ticks import Mode

DAY = date(2026, 11, 23)
SEEN = np.dtype([("sender", "<i4"), ("number", "<i4"), ("sent_ns", "<i8"), ("received_ns", "<i8"), ("state_ns", "<i8")])
SEEN_MAX = 1_000_000


class Order(msgspec.Struct, kw_only=True):
    port: int
    feed: str
    """The feed folder; the day's log is made in it."""
    instruments: int
    connections: int
    out: str
    """Prefix of the files written at the end."""
    sync_delay_s: float = 0.0
    """A slow disk: every sync takes so much longer."""


class Desk:
    def __init__(self, order: Order) -> None:
        self.order = order
        tokens = tokens_of(order.instruments)
        self.log = FeedLog.open(Path(order.feed), DAY)
        self.state = MarketState(bytearray(MarketState.layout(len(tokens))), tokens)
        self.intake = Intake(self.log, Arrivals(tokens), self.state)
        self.events: list[LinkEvent] = []
        self.seen = np.zeros(SEEN_MAX, SEEN)
        self.count = 0

    async def follow(self, on_frame: OnFrame) -> None:
        """Until the end of stdin, or of the process."""
        feed = KiteFeed(
            api_key="ours",
            access_token="t",
            clock=SystemClock(),
            on_frame=on_frame,
            on_event=self.events.append,
            root=f"ws://127.0.0.1:{self.order.port}",
            connections=self.order.connections,
        )
        feed.set_subscriptions(dict.fromkeys(tokens_of(self.order.instruments), Mode.FULL))
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._heed, feed)
        print("ready", flush=True)
        await feed.run()

    def take(self, connection: int, kind: FrameKind, payload: memoryview, wall_ns: int, mono_ns: int) -> None:
        self.intake.on_frame(connection, kind, payload, wall_ns, mono_ns)
        if kind is FrameKind.TICKS and self.count < SEEN_MAX:
            state_ns = time.monotonic_ns()
            self.seen[self.count] = (sender(payload), number(payload), stamp_ns(payload), mono_ns, state_ns)
            self.count += 1

    def write(self) -> None:
        stats, out = self.log.stats, self.order.out
        self.log.close()
        np.save(out + ".seen.npy", self.seen[: self.count])
        np.save(out + ".volumes.npy", np.array([self.state.rows["token"], self.state.rows["volume"]], np.int64).T)
        Path(out + ".json").write_bytes(
            msgspec.json.encode(
                {
                    "frames": self.intake.frames,
                    "packets": self.intake.packets,
                    "damaged_frames": self.intake.damaged_frames,
                    "too_long": self.intake.too_long,
                    "counters": self.state.counters,
                    "log": stats,
                    "cpu_s": time.process_time(),
                    "events": [e.__struct_config__.tag for e in self.events],
                }
            )
        )

    def _heed(self, feed: KiteFeed) -> None:
        if not os.read(sys.stdin.fileno(), 1 << 16):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            feed.stop()


def slow_disk(delay_s: float) -> None:
    """From now on each sync takes so much longer."""
    sync = WrittenSegment.sync

    def late(segment: WrittenSegment) -> None:
        time.sleep(delay_s)
        sync(segment)

    WrittenSegment.sync = late  # type: ignore[method-assign]


def main() -> int:
    order = msgspec.convert(json.loads(sys.stdin.readline()), Order)
    if order.sync_delay_s:
        slow_disk(order.sync_delay_s)
    desk = Desk(order)
    gc.collect()
    gc.freeze()
    asyncio.run(desk.follow(desk.take))
    desk.write()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
