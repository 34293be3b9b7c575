"""The second opinion over REST: when it is asked, when it is judged, and what silence of REST means."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any

import pytest

from harness.broker_process import broker_process
from harness.raw_http import RawHttp, Say, answer
from harness.served import Served
from tarazu.adapters.kite_feed.client import KiteFeed
from tarazu.adapters.kite_feed.events import FrameKind
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.system_clock import SystemClock
from tarazu.app.depth_ws import sentinels as module
from tarazu.app.depth_ws.sentinels import HISTORY_NS, Sentinels
from tarazu.market.sentinel import SentinelLimits
from tarazu.model.ids import InstrumentToken
from tarazu.model.units import SECOND_NS
from tarazu.wire.kite_errors import TOO_MANY_REQUESTS, success
from tarazu.wire.kite_ticks import Mode, TickFrame, decode

INFY, SBIN = InstrumentToken(408065), InstrumentToken(779521)
KEYS = {INFY: "NSE:INFY", SBIN: "NSE:SBIN"}
LIMITS = SentinelLimits()


class HandClock:
    """Seconds since the test began, as it says."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def mono_ns(self) -> int:
        return round(self.now_s * SECOND_NS)

    wall_ns = mono_ns


def quoted(paise: int, token: int = INFY, key: str = "NSE:INFY") -> bytes:
    return answer(success({key: {"instrument_token": token, "last_price": paise / 100}}))


def rest_at(root: str) -> KiteMarketRest:
    return KiteMarketRest(root=root, api_key="key", access_token=lambda: "token", quote_gap_s=0)


class Story:
    """Sentinels beside a broker that answers round by round, and a clock moved by hand."""

    def __init__(self, root: str) -> None:
        self.clock = HandClock()
        self.sentinels = Sentinels(rest_at(root), KEYS, self.clock)

    def shows(self, at_s: float, paise: int, token: int = INFY) -> None:
        self.sentinels.observe(token, round(at_s * SECOND_NS), paise)

    async def round(self, at_s: float) -> bool:
        self.clock.now_s = at_s
        return await self.sentinels.ask_once()

    def judged(self, at_s: float) -> frozenset[int]:
        self.clock.now_s = at_s
        self.sentinels.judge()
        return self.sentinels.disagreeing


def tell(story: Callable[[Story], Awaitable[None]], *answers: bytes) -> None:
    says: list[list[Say]] = [[one] for one in answers]
    with RawHttp(says) as server:

        async def scenario() -> None:
            await story(Story(server.root))

        asyncio.run(scenario())


def test_three_rounds_of_another_price_disagree_once_the_feed_had_time_to_show_it() -> None:
    async def story(s: Story) -> None:
        s.shows(99, 1500_00)
        for second in (100, 101, 102):
            assert await s.round(second)
        assert s.judged(104.9) == frozenset(), "two of three are judged"
        assert s.judged(105) == {INFY}
        health = s.sentinels.health()
        assert (health.instruments, health.asked, health.unanswered) == (2, 3, 0)
        assert health.last_answer_mono_ns == 102 * SECOND_NS and health.disagreeing == (INFY,)

    tell(story, *[quoted(1510_00)] * 3)


def test_a_trade_that_rest_shows_seconds_before_the_feed_is_no_disagreement() -> None:
    async def story(s: Story) -> None:
        s.shows(99, 1500_00)
        for second in range(100, 106):
            await s.round(second)
            s.shows(second + 2.5, 1500_00 + (second - 99) * 10_00)
        assert s.judged(120) == frozenset()

    tell(story, *[quoted(1500_00 + n * 10_00) for n in range(1, 7)])


def test_a_feed_that_stands_still_while_prices_move_disagrees() -> None:
    async def story(s: Story) -> None:
        for second in range(90, 100):
            s.shows(second, 1500_00)
        for second in range(160, 164):
            await s.round(second)
            s.shows(second, 1500_00)
        assert s.judged(170) == {INFY}

    tell(story, *[quoted(1490_00)] * 4)


def test_one_agreement_forgives() -> None:
    async def story(s: Story) -> None:
        s.shows(99, 1500_00)
        for second in (100, 101, 102, 103):
            await s.round(second)
        assert s.judged(105.5) == {INFY}
        assert s.judged(106) == frozenset()

    tell(story, *[quoted(1510_00)] * 3, quoted(1500_00))


def test_what_rest_does_not_say_changes_nothing() -> None:
    async def story(s: Story) -> None:
        s.shows(99, 1500_00)
        for second in (100, 101, 102):
            await s.round(second)
        assert s.judged(105) == {INFY}
        assert not await s.round(106)
        assert await s.round(107)
        assert s.judged(200) == {INFY}, "neither a failure nor a missing key is an agreement"
        assert s.sentinels.health().unanswered == 1

    failed = answer(TOO_MANY_REQUESTS.body(), "429 Too Many Requests")
    tell(story, *[quoted(1510_00)] * 3, failed, quoted(1500_00, SBIN, "NSE:SBIN"))


def test_rest_that_only_fails_is_no_disagreement() -> None:
    async def story(s: Story) -> None:
        s.shows(99, 1500_00)
        for second in range(100, 105):
            assert not await s.round(second)
        assert s.judged(200) == frozenset()
        assert s.sentinels.health().last_answer_mono_ns is None

    tell(story, *[answer(b"<html>", "502 Bad Gateway")] * 5)


def test_a_feed_that_has_shown_nothing_is_not_judged() -> None:
    async def story(s: Story) -> None:
        for second in (100, 101, 102):
            await s.round(second)
        assert s.judged(200) == frozenset()

    tell(story, *[quoted(1510_00)] * 3)


def test_a_key_that_is_another_instrument_there_disagrees_at_the_same_price() -> None:
    async def story(s: Story) -> None:
        s.shows(99, 1500_00)
        for second in (100, 101, 102):
            await s.round(second)
        assert s.judged(110) == {INFY}

    tell(story, *[quoted(1500_00, token=738561)] * 3)


def test_history_is_bounded_in_time_and_number_and_keeps_the_price_before_it() -> None:
    sentinels = Sentinels(rest_at("http://127.0.0.1:1"), KEYS, HandClock())
    for n in range(100):
        sentinels.observe(INFY, n * SECOND_NS, 1500_00 + n)
        sentinels.observe(INFY, n * SECOND_NS + 1, 1500_00 + n)
        sentinels.observe(12345, n * SECOND_NS, 1)
    kept = sentinels._shown[INFY]
    assert [s.ts_ns for s in kept] == [n * SECOND_NS for n in range(79, 100)]
    assert kept[0].ts_ns <= 99 * SECOND_NS - HISTORY_NS
    for n in range(10_000):
        sentinels.observe(INFY, 100 * SECOND_NS + n, n)
    assert len(kept) == module.CHANGES_MAX
    assert set(sentinels._shown) == set(KEYS)


# Against a simulated broker.


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    with broker_process("--rules", "permissive") as served:
        yield served


def client_of(broker: Served) -> KiteMarketRest:
    return KiteMarketRest(
        root=broker["rest_url"],
        api_key=broker["api_key"],
        access_token=lambda: str(broker["access_token"]),
        quote_gap_s=0,
    )


def test_rounds_only_while_open_slower_while_rest_fails_and_one_at_a_time(
    broker: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FAILING_EVERY_S", 0.6)
    is_open = False

    async def story() -> None:
        nonlocal is_open
        sentinels = Sentinels(client_of(broker), KEYS, SystemClock())
        life = asyncio.create_task(sentinels.run(is_open=lambda: is_open, every_s=0.05))

        async def rounds(many: int) -> tuple[int, float]:
            """Until so many were asked: how many of them were not answered, and in how many seconds."""
            before, clock = sentinels.health(), asyncio.get_running_loop().time
            began_s = clock()
            async with asyncio.timeout(60):
                while sentinels.health().asked < before.asked + many:
                    await asyncio.sleep(0.01)
            return sentinels.health().unanswered - before.unanswered, clock() - began_s

        await asyncio.sleep(0.3)
        assert sentinels.health().asked == 0
        is_open = True
        unanswered, quick_s = await rounds(20)
        assert unanswered == 0
        await asyncio.to_thread(broker.admin, "POST", "/faults", {"kind": "rest.status"})
        unanswered, slow_s = await rounds(4)
        assert unanswered >= 2 and slow_s >= 2 * 0.6, "each failure is waited after"
        await asyncio.to_thread(broker.admin, "DELETE", "/faults")
        await rounds(3)
        late = {"kind": "rest.latency", "params": {"min_ms": 400, "max_ms": 400}}
        await asyncio.to_thread(broker.admin, "POST", "/faults", late)
        _, late_s = await rounds(5)
        assert late_s >= 3 * 0.4, "the next is asked when one is answered"
        await asyncio.to_thread(broker.admin, "DELETE", "/faults")
        print(f"20 rounds in {quick_s:.2f} s; while REST fails 4 in {slow_s:.2f} s")
        assert sentinels.disagreeing == frozenset()
        life.cancel()

    asyncio.run(story())


def test_beside_the_real_ticker_rest_agrees_and_a_feed_that_lies_is_found_out(broker: Served) -> None:
    """The lie: from some moment on the feed's prices are 0.5 % too high, on time and moving."""
    rows = broker.client().instruments()
    keys = {
        InstrumentToken(r["instrument_token"]): f"{r['exchange']}:{r['tradingsymbol']}"
        for r in rows
        if r["tradingsymbol"] in ("NIFTY 50", "INDIA VIX", "INFY", "NIFTY26NOVFUT")
    }
    assert len(keys) == 5, "INFY is listed on two exchanges"
    limits = SentinelLimits(slack_ns=SECOND_NS)
    lie = 1.0

    async def story() -> None:
        nonlocal lie
        clock, frame = SystemClock(), TickFrame(100)
        sentinels = Sentinels(client_of(broker), keys, clock, limits)

        def take(connection: int, kind: FrameKind, payload: memoryview, wall_ns: int, mono_ns: int) -> None:
            if kind is FrameKind.TICKS:
                count = decode(payload, frame)
                for token, ltp in zip(
                    frame.rows["token"][:count].tolist(), frame.rows["ltp"][:count].tolist(), strict=True
                ):
                    sentinels.observe(token, mono_ns, round(ltp * lie))

        feed = feed_of(broker, clock, take)
        feed.set_subscriptions(dict.fromkeys(keys, Mode.FULL))
        tasks = [asyncio.create_task(feed.run()), asyncio.create_task(sentinels.run(lambda: True, every_s=0.2))]
        async with asyncio.timeout(60):
            while sentinels.health().asked <= 10 or not any(sentinels._shown.values()):
                await asyncio.sleep(0.1)
            health = sentinels.health()
            assert health.unanswered == 0 and health.disagreeing == ()
            lie = 1.005
            while set(sentinels.health().disagreeing) != set(keys):
                await asyncio.sleep(0.1)
        feed.stop()
        await tasks[0]
        tasks[1].cancel()

    asyncio.run(story())


def feed_of(broker: Served, clock: SystemClock, take: Any) -> KiteFeed:
    return KiteFeed(
        api_key=broker["api_key"],
        access_token=broker["access_token"],
        root=broker["ws_url"],
        clock=clock,
        dice=Random(7),
        on_frame=take,
        on_event=lambda event: None,
    )
