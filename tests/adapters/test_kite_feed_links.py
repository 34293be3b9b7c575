"""Every fault of a link, with real sockets: what is noticed, how soon, what is said, and that data is back."""

import asyncio
import json
import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from harness.in_time import in_time, once_in_time_async
from tarazu.adapters.kite_feed import events
from tarazu.adapters.kite_feed.events import FrameKind, LinkState, Loss
from tarazu.wire.kite_ticks import FULL_BYTES, LTP_BYTES, QUOTE_BYTES, Mode, TickFrame, decode

Run = Callable[..., None]

DETECTED_WITHIN_S = 5.0
RESUMED_WITHIN_S = 3.0  # after it was noticed


def full(tokens: list[int]) -> dict[int, Mode]:
    return dict.fromkeys(tokens, Mode.FULL)


async def recovers(desk: Any, fault: str, reason: Loss, while_lost: Any = None, **order: Any) -> events.Disconnected:
    """Strike, and see it noticed, told, reconnected, subscribed and ticking; returns the loss."""

    async def story() -> events.Disconnected:
        said, began = len(desk.events), time.monotonic_ns()
        armed = await desk.fault(fault, **order)
        lost: events.Disconnected = await desk.event(events.Disconnected, said)
        assert lost.reason is reason
        await desk.admin("DELETE", f"/faults/{armed['id']}")
        back = await desk.event(events.DataResumed, said, connection=lost.connection)
        kinds = [type(e) for e in desk.events[said : desk.events.index(back) + 1] if e.connection == lost.connection]
        assert kinds[-4:] == [events.Backoff, events.Connected, events.Subscribed, events.DataResumed]
        in_time((lost.mono_ns - began) / 1e9, DETECTED_WITHIN_S + 0.1, f"to notice {fault}")
        in_time((back.mono_ns - lost.mono_ns) / 1e9, RESUMED_WITHIN_S, f"data after {fault}")
        return lost

    return await once_in_time_async(story)


def test_frames_arrive_raw_in_the_modes_asked_for_with_both_times(desk: Run, tokens: list[int]) -> None:
    full, quote, ltp = tokens[-3:]

    async def story(d: Any) -> None:
        await d.until(lambda: d.heard() == {full: FULL_BYTES, quote: QUOTE_BYTES, ltp: LTP_BYTES})
        connection, _, payload, wall_ns, mono_ns = next(f for f in d.frames if f[1] is FrameKind.TICKS)
        decode(payload, out := TickFrame())
        assert connection == d.feed.connection_of(int(out.rows["token"][0]))
        assert 0 <= time.time_ns() - wall_ns < 60e9 and 0 <= time.monotonic_ns() - mono_ns < 60e9

    desk(story, {full: Mode.FULL, quote: Mode.QUOTE, ltp: Mode.LTP})


def test_order_rows_come_as_text_through_the_same_door(desk: Run, tokens: list[int]) -> None:
    async def story(d: Any) -> None:
        await d.event(events.Connected)
        place = d.broker.client().place_order
        terms = {"product": "CNC", "order_type": "MARKET", "market_protection": 2}
        await asyncio.to_thread(place, "regular", "NSE", "INFY", "BUY", 1, **terms)
        texts = await d.until(lambda: [f for f in d.frames if f[1] is FrameKind.TEXT])
        assert json.loads(texts[0][2])["type"] == "order"

    desk(story, {}, connections=1)


def test_without_instruments_one_connection_stays_for_orders_and_beats(desk: Run) -> None:
    async def story(d: Any) -> None:
        await d.until(lambda: any(f[1] is FrameKind.HEARTBEAT for f in d.frames))
        assert [h.state for h in d.feed.health()] == [LinkState.LIVE, LinkState.IDLE, LinkState.IDLE]
        assert d.feed.health()[0].last_data_ns is None and d.feed.health()[0].last_frame_ns is not None

    desk(story, {})


def test_a_frozen_server_is_silent_though_its_kernel_answers_pings(desk: Run, tokens: list[int]) -> None:
    async def story(d: Any) -> None:
        lost = await recovers(d, "ws.freeze", Loss.SILENT)
        assert lost.quiet_ns >= 4.4e9

    desk(story, full(tokens), connections=1)


def test_a_half_open_link_is_found_by_the_ping_it_does_not_answer(desk: Run, tokens: list[int]) -> None:
    async def story(d: Any) -> None:
        await recovers(d, "ws.half_open", Loss.PONG_TIMEOUT)
        late = d.told(events.PongTimeout)
        assert late and all(timeout.waited_ns >= 1e9 for timeout in late)

    desk(story, full(tokens), connections=1)


def test_a_cut_is_told_as_1006(desk: Run, tokens: list[int]) -> None:
    async def story(d: Any) -> None:
        assert (await recovers(d, "ws.drop", Loss.CUT, count=1)).code == 1006

    desk(story, full(tokens), connections=1)


@pytest.mark.parametrize("code", [1000, 1011, 1013, 4001])
def test_a_close_is_told_with_its_code_whatever_it_is(desk: Run, tokens: list[int], code: int) -> None:
    async def story(d: Any) -> None:
        assert (await recovers(d, "ws.close", Loss.CLOSED, count=1, params={"code": code})).code == code

    desk(story, full(tokens), connections=1)


def test_a_pong_that_answers_no_ping_changes_nothing(desk: Run, tokens: list[int]) -> None:
    async def story(d: Any) -> None:
        said = len(d.events)
        await d.fault("ws.pong")
        rtt_of = lambda: d.feed.health()[0].rtt_ns  # noqa: E731
        await d.until(rtt_of)
        await d.ticks(set(tokens))
        await d.until(lambda: rtt_of() < 1e9)
        assert d.events[said:] == []

    desk(story, full(tokens), connections=1)


def test_duplicates_are_delivered_as_they_come(desk: Run, tokens: list[int]) -> None:
    async def story(d: Any) -> None:
        said = len(d.events)
        await d.fault("ws.duplicate", count=1)
        await d.until(lambda: any(a[2] == b[2] for a, b in zip(d.frames, d.frames[1:], strict=False) if len(a[2]) > 1))
        await d.ticks(set(tokens))
        assert d.events[said:] == []

    desk(story, full(tokens), connections=1)


@pytest.mark.parametrize("how", ["truncate", "length"])
def test_a_broken_frame_is_delivered_raw_and_the_link_is_none_the_worse(desk: Run, tokens: list[int], how: str) -> None:
    def broken(frame: bytes) -> bool:
        decode(frame, out := TickFrame(64))
        return not out.clean and not out.heartbeat

    async def story(d: Any) -> None:
        said = len(d.events)
        await d.fault("ws.garble", count=1, params={"how": how})
        await d.until(lambda: any(broken(f[2]) for f in d.frames if f[1] is FrameKind.TICKS))
        await d.ticks(set(tokens))
        assert d.events[said:] == []

    desk(story, full(tokens), connections=1)


def test_heartbeats_without_data_keep_the_link_and_the_consumer_may_have_it_made_anew(
    desk: Run, tokens: list[int]
) -> None:
    async def story(d: Any) -> None:
        said = len(d.events)
        armed = await d.fault("ws.freeze_ticks")
        since = len(d.frames)
        await d.until(lambda: sum(f[1] is FrameKind.HEARTBEAT for f in d.frames[since:]) >= 2)
        health = d.feed.health()[0]
        assert d.events[said:] == [] and health.last_frame_ns - health.last_data_ns > 1e9
        await d.admin("DELETE", f"/faults/{armed['id']}")
        d.feed.reconnect(0, "no tick for a second")
        lost = await d.event(events.Disconnected, said)
        assert (lost.reason, lost.detail) == (Loss.ASKED, "no tick for a second")
        await d.event(events.DataResumed, said)

    desk(story, full(tokens), connections=1)


def test_429_waits_longer_than_a_cut(desk: Run, tokens: list[int]) -> None:
    async def story(d: Any) -> None:
        await d.event(events.Throttled)
        wait = await d.event(events.Backoff)
        assert 4e9 <= wait.delay_ns <= 8e9
        d.feed.reconnect(0, "there is no link to make anew, and this is no way to hurry")
        await asyncio.sleep(0)
        assert d.feed.health()[0].state is LinkState.BACKOFF
        await d.event(events.DataResumed)

    desk(story, full(tokens), first=[refusal(429)], connections=1, dice=Random(139))  # a short wait of those


def test_a_closed_market_has_no_hurry_until_it_opens(desk: Run, tokens: list[int]) -> None:
    async def story(d: Any) -> None:
        d.feed.set_market_open(False)
        wait = await d.event(events.Backoff)
        assert wait.delay_ns >= 10e9
        d.feed.set_market_open(True)
        back = await d.event(events.DataResumed)
        assert back.mono_ns - wait.mono_ns < wait.delay_ns, "it does not wait that long any more"

    desk(story, full(tokens), first=[refusal(503)], connections=1)


def test_any_other_refusal_is_tried_again_soon(desk: Run, tokens: list[int]) -> None:
    async def story(d: Any) -> None:
        assert (await d.event(events.ConnectFailed)).status == 503
        wait = await d.event(events.Backoff)
        assert wait.delay_ns <= RESUMED_WITHIN_S * 1e9
        await d.event(events.DataResumed)

    desk(story, full(tokens), first=[refusal(503)], connections=1)


def refusal(status: int) -> dict[str, Any]:
    return {"kind": "ws.refuse", "count": 1, "params": {"status": status}}
