"""A client that counts so many messages after the first and ends.

    python -m feedrig.count WHO PORT INSTRUMENTS MESSAGES FEED

`ours` records and keeps the market as depth_ws does, in a log in the folder FEED; `official` keeps the latest tick of
each instrument. Prints packets, and CPU and wall seconds, background threads and the log's last sync included.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from feedrig.message import tokens_of


class Tally:
    def __init__(self, messages: int, packets: Callable[[], int], finish: Callable[[], None]) -> None:
        self._left = messages
        self._packets, self._finish = packets, finish
        self._start: tuple[float, float, int] | None = None

    def message(self) -> None:
        """One has been taken in. The process ends at the last."""
        if self._start is None:
            self._start = time.process_time(), time.perf_counter(), self._packets()
            return
        self._left -= 1
        if not self._left:
            cpu_s, wall_s, before = self._start
            self._finish()
            spent = {"cpu_s": time.process_time() - cpu_s, "wall_s": time.perf_counter() - wall_s}
            print(json.dumps({"packets": self._packets() - before, **spent}), flush=True)
            os._exit(0)


def ours(port: int, tokens: list[int], messages: int, feed: str) -> None:
    from feedrig.desk import Desk, Order

    desk = Desk(Order(port=port, feed=feed, instruments=len(tokens), connections=1, out=""))
    intake = desk.intake

    def finish() -> None:
        kept = desk.log.stats
        desk.log.close()
        assert (kept.frames, kept.not_recorded) == (intake.frames, 0), "all of it was recorded"
        assert desk.state.counters["packets"] == intake.packets, "every packet brought news"

    tally = Tally(messages, lambda: intake.packets, finish)

    def take(*frame: Any) -> None:
        intake.on_frame(*frame)
        tally.message()

    asyncio.run(desk.follow(take))


def official(port: int, tokens: list[int], messages: int, feed: str) -> None:
    from kiteconnect import KiteTicker

    latest: dict[int, dict[str, Any]] = {}
    packets = 0
    ticker = KiteTicker("peer", "t", root=f"ws://127.0.0.1:{port}", reconnect=False)
    tally = Tally(messages, lambda: packets, lambda: None)

    def on_connect(ws: Any, response: Any) -> None:
        ws.subscribe(tokens)
        ws.set_mode(ws.MODE_FULL, tokens)

    def on_ticks(ws: Any, ticks: list[dict[str, Any]]) -> None:
        nonlocal packets
        for tick in ticks:
            latest[tick["instrument_token"]] = tick
        packets += len(ticks)
        tally.message()

    ticker.on_connect, ticker.on_ticks = on_connect, on_ticks
    ticker.connect()


def main(who: str, port: str, instruments: str, messages: str, feed: str) -> int:
    {"ours": ours, "official": official}[who](int(port), tokens_of(int(instruments)), int(messages), feed)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
