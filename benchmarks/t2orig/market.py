"""The broker's two sockets in one process on one clock, `python -m t2orig.market SIM`: ticks out, orders in.

`SIM` is the simulated broker's first line, a file. Prints its ports, then obeys JSON commands, a line each, and answers
each with a line:

    {"do": "expect", "who": "power"}    until the ticker of this API key is connected and subscribed
    {"do": "frames", "tokens": [...], "at": 150}    what a frame carries, and which of them decides
    {"do": "serve", "seconds": 2}       answer requests; a calm frame now and then on every ticker
    {"do": "calm", "who": "power"}      as many frames as before an order, none of them decisive
    {"do": "block", "who": "power", "orders": 25}   frames at a steady rate, every fourth to sixth of them decisive;
                                        answers when each of these was sent, and when its order arrived

A frame is stamped just before the socket is given it; an order when `recv` has returned the first byte of its request.
"""

import json
import random
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from feedrig.client import Client, listen
from feedrig.message import Message, websocket_head
from t2orig.endpoint import Endpoint
from t2orig.orders import FIRE_PAISE
from tarazu.adapters.sim_clock import PublishedClock, SimClock
from tarazu.app.broker_address import SimAddress
from tarazu.model.units import SECOND_NS

PAUSE_S = 0.03, 0.05
"""Between frames: some 25 a second."""
CALM = 6, 8
"""Frames before a decisive one: never more than 8 orders a second, as the throttle of ours has it."""
UPDATE_S = 0.005
"""From an order's answer to its update on the ticker."""
QUIET_NS = 2 * SECOND_NS
"""A ticker whose turn it is not gets a frame so often: depth_ws makes links anew that bring no data."""
PATIENCE_NS, START_NS = 5 * SECOND_NS, 60 * SECOND_NS
_TEXT = 0x1


class Frame(Message):
    """One message of the ticker; where it is decisive, the instrument at place `at` has crossed the threshold."""

    def __init__(self, tokens: list[int], at: int, clock: PublishedClock) -> None:
        super().__init__(tokens, 0)
        self._at, self._clock = at, clock
        self.is_decisive = False
        self.sent_ns = 0

    def renew(self, number: int, stamp_ns: int) -> None:
        super().renew(number, stamp_ns)
        self._news["exchange_ts"] = self._clock.wall_ns(time.monotonic_ns()) // SECOND_NS
        if self.is_decisive:
            self._news["ltp"][self._at] = FIRE_PAISE

    def stamp(self, stamp_ns: int) -> None:
        super().stamp(stamp_ns)
        self.sent_ns = stamp_ns


class Ticker(Client):
    last_ns = 0
    """When it was sent a frame."""

    def update(self, row: bytes) -> None:
        said = b'{"type":"order","data":%b}' % row
        self._write(websocket_head(_TEXT, len(said)) + said)


class Market:
    def __init__(self, sim: SimAddress) -> None:
        self._clock = SimClock(sim.admin_url).published
        self.listening = listen()
        self.endpoint = Endpoint(sim.rest_url, f"{sim.api_key}:{sim.access_token}", self._clock)
        self.tickers: dict[str, Ticker] = {}
        self._dice = random.Random(2026)
        self._frame: Frame | None = None

    def expect(self, who: str) -> dict[str, Any]:
        until_ns = time.monotonic_ns() + START_NS
        while who not in self.tickers or not self.tickers[who].tokens:
            assert time.monotonic_ns() < until_ns, f"{who} has not come: see the logs in the run's folder"
            self.serve(0.02)
        self.serve(1.0)  # all of its subscriptions
        return {"tokens": self.tickers[who].tokens}

    def serve(self, seconds: float) -> dict[str, Any]:
        end_ns = time.monotonic_ns() + round(seconds * SECOND_NS)
        while (left_ns := end_ns - time.monotonic_ns()) > 0:
            self.endpoint.serve(min(left_ns, SECOND_NS // 10))
            if select.select([self.listening], [], [], 0)[0]:
                ticker = Ticker(self.listening.accept()[0], 0)
                self.tickers[ticker.key] = ticker
            for ticker in self.tickers.values():
                ticker.hear()
                if ticker.tokens and self._frame is not None and time.monotonic_ns() - ticker.last_ns > QUIET_NS:
                    self._send(ticker, self._frame, is_decisive=False)
        return {}

    def frames(self, tokens: list[int], at: int) -> dict[str, Any]:
        self._frame = Frame(tokens, at, self._clock)
        return {}

    def calm(self, who: str) -> dict[str, Any]:
        assert self._frame is not None
        for _ in range(self._dice.randint(*CALM)):
            self.serve(self._dice.uniform(*PAUSE_S))
            self._send(self.tickers[who], self._frame, is_decisive=False)
        return {}

    def block(self, who: str, orders: int) -> dict[str, Any]:
        to, frame, placed = self.tickers[who], self._frame, self.endpoint.placed_ns
        assert frame is not None
        sent, arrived = [], []
        for _ in range(orders):
            for _ in range(self._dice.randint(*CALM)):
                self._send(to, frame, is_decisive=False)
                self.serve(self._dice.uniform(*PAUSE_S))
            before = len(placed)
            sent.append(self._send(to, frame, is_decisive=True))
            while len(placed) == before and time.monotonic_ns() < sent[-1] + PATIENCE_NS:
                self.endpoint.serve(SECOND_NS // 10)
            assert len(placed) == before + 1, f"{len(placed) - before} orders of {who} for a decisive frame"
            arrived.append(placed[-1])
            self.serve(UPDATE_S)
            to.update(self.endpoint.updates.pop())
            self.serve(self._dice.uniform(*PAUSE_S))
        return {"sent": sent, "arrived": arrived}

    def _send(self, to: Ticker, frame: Frame, *, is_decisive: bool) -> int:
        """Returns the stamp it carries."""
        frame.is_decisive = is_decisive
        to.send(frame)
        to.last_ns = frame.sent_ns
        return frame.sent_ns


def main(sim: str) -> int:
    market = Market(msgspec.json.decode(Path(sim).read_bytes(), type=SimAddress))
    say({"port": market.listening.getsockname()[1], "rest": market.endpoint.port})
    obeys: dict[str, Callable[..., dict[str, Any]]] = {
        name: getattr(market, name) for name in ("expect", "serve", "frames", "calm", "block")
    }
    while line := sys.stdin.readline():
        order = json.loads(line)
        say(obeys[order.pop("do")](**order))
    return 0


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
