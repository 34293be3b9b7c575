"""The unmodified KiteTicker: three modes, order updates; and a feed that freezes, drops or is refused."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.in_time import in_time, once_in_time
from harness.served import Serve, Served

INFY, RELIANCE, NIFTY_50 = 408065, 738561, 256265
Event = dict[str, Any]


class Ticker:
    """A KiteTicker process and the queue of what its callbacks said."""

    def __init__(self, broker: Served, groups: dict[str, list[int]], token: str | None = None, tries: int = 50) -> None:
        command = [sys.executable, str(Path(__file__).with_name("ticker_client.py"))]
        token = token or broker["access_token"]
        command += [broker["ws_url"], broker["api_key"], token, json.dumps(groups), str(tries)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._events: queue.Queue[Event] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))

    def until(self, wanted: Callable[[Event], bool], seconds: float = 60) -> list[Event]:
        """Every event up to and including the first wanted one."""
        seen: list[Event] = []
        deadline = time.monotonic() + seconds
        while not (seen and wanted(seen[-1])):
            left = deadline - time.monotonic()
            assert left > 0, f"not seen within {seconds} s; last events: {seen[-5:]}"
            try:
                seen.append(self._events.get(timeout=left))
            except queue.Empty:
                continue
        return seen

    def during(self, seconds: float) -> list[Event]:
        """Every event of the next `seconds`."""
        seen: list[Event] = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                seen.append(self._events.get(timeout=left))
            except queue.Empty:
                break
        return seen

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def named(name: str) -> Callable[[Event], bool]:
    return lambda event: event["event"] == name


@pytest.fixture(scope="module")
def broker(serve: Serve) -> Served:
    return serve("--day", "2026-11-19", "--at", "10:00")


@pytest.fixture
def ticker(broker: Served) -> Iterator[Callable[..., Ticker]]:
    started: list[Ticker] = []

    def start(*args: Any, **more: Any) -> Ticker:
        started.append(Ticker(broker, *args, **more))
        return started[-1]

    yield start
    for each in started:
        each.stop()
    broker.admin("DELETE", "/faults")


def test_three_modes_stream_side_by_side(ticker: Callable[..., Ticker]) -> None:
    feed = ticker({"full": [INFY, NIFTY_50], "quote": [RELIANCE], "ltp": []})
    ticks: dict[int, Event] = {}
    while (
        set(ticks) != {INFY, NIFTY_50, RELIANCE} or ticks[INFY]["mode"] != "full" or ticks[NIFTY_50]["mode"] != "full"
    ):
        ticks |= {t["instrument_token"]: t for t in feed.until(named("ticks"))[-1]["ticks"]}
    assert len(ticks[INFY]["depth"]["buy"]) == 5 and ticks[INFY]["volume_traded"] > 0
    assert ticks[RELIANCE]["mode"] == "quote" and "depth" not in ticks[RELIANCE]
    assert ticks[NIFTY_50]["tradable"] is False and ticks[NIFTY_50]["ohlc"]["high"] >= ticks[NIFTY_50]["ohlc"]["low"]


def test_last_price_mode_carries_the_price_alone(ticker: Callable[..., Ticker]) -> None:
    feed = ticker({"ltp": [INFY]})
    feed.until(named("ticks"))
    last = feed.until(lambda e: e["event"] == "ticks" and e["ticks"][0]["mode"] == "ltp")[-1]["ticks"][0]
    assert set(last) == {"tradable", "mode", "instrument_token", "last_price"}


def test_an_order_shows_up_on_the_ticker(ticker: Callable[..., Ticker], broker: Served) -> None:
    feed = ticker({"ltp": [INFY]})
    feed.until(named("ticks"))
    order_id = broker.client().place_order(
        "regular", "NSE", "INFY", "BUY", 3, "CNC", "MARKET", market_protection=2, tag="seen"
    )
    row = feed.until(lambda e: e["event"] == "order" and e["row"]["status"] == "COMPLETE")[-1]["row"]
    assert (row["order_id"], row["tag"], row["filled_quantity"]) == (order_id, "seen", 3)


def test_a_frozen_feed_tells_the_client_nothing(ticker: Callable[..., Ticker], broker: Served) -> None:
    feed = ticker({"full": [INFY]})

    def story() -> None:
        feed.until(named("ticks"))
        before_s = time.monotonic()
        frozen = broker.admin("POST", "/faults", {"kind": "ws.freeze"})
        feed.during(1)
        silence = feed.during(3)
        broker.admin("DELETE", f"/faults/{frozen['id']}")
        in_time(time.monotonic() - before_s, 5.0, "a silence that the client itself gets over")
        assert silence == [], "no tick, no close, no error: the silence that a desk must notice by itself"
        assert all(e["event"] == "ticks" for e in feed.until(named("ticks"))), "it thaws without a reconnect"

    once_in_time(story)


def test_a_dropped_connection_reconnects_and_resubscribes(ticker: Callable[..., Ticker], broker: Served) -> None:
    feed = ticker({"full": [INFY]})
    feed.until(named("ticks"))
    broker.admin("POST", "/faults", {"kind": "ws.drop", "count": 1})
    events = feed.until(named("connect"))
    close = next(e for e in events if e["event"] == "close")
    assert close["code"] == 1006
    assert not any(e["event"] == "reconnect" for e in events), "the first retry is not announced"
    full = feed.until(lambda e: e["event"] == "ticks" and e["ticks"][0]["mode"] == "full")
    assert full[-1]["ticks"][0]["instrument_token"] == INFY


def test_a_refused_upgrade_is_retried_to_the_end_and_then_given_up(
    ticker: Callable[..., Ticker], broker: Served
) -> None:
    feed = ticker({"full": [INFY]}, token="expired", tries=2)
    events = feed.until(named("noreconnect"), seconds=120)
    closes = [e for e in events if e["event"] == "close"]
    assert closes and all(e["code"] == 1006 and "403" in e["reason"] for e in closes)
    assert not any(e["event"] in {"connect", "ticks"} for e in events)


def test_an_upgrade_refused_in_the_session_is_retried_until_it_is_let_in(
    ticker: Callable[..., Ticker], broker: Served
) -> None:
    feed = ticker({"full": [INFY]})
    feed.until(named("ticks"))
    broker.admin("POST", "/faults", {"kind": "ws.refuse", "count": 1})
    broker.admin("POST", "/faults", {"kind": "ws.drop", "count": 1})
    closes = [e for e in feed.until(named("connect")) if e["event"] == "close"]
    assert [("403" in e["reason"], e["code"]) for e in closes] == [(False, 1006), (True, 1006)]
    full = feed.until(lambda e: e["event"] == "ticks" and e["ticks"][0]["mode"] == "full")
    assert full[-1]["ticks"][0]["instrument_token"] == INFY, "resubscribed after the refusal"
