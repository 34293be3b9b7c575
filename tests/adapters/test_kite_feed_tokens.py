"""Three connections, one access token: it dies, it is replaced, and there are never more than three sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from harness.in_time import in_time, once_in_time_async
from harness.served import Served
from tarazu.adapters.kite_feed import events
from tarazu.adapters.kite_feed.events import LinkState, Loss
from tarazu.wire.kite_ticks import Mode

Run = Callable[..., None]
THREE_WAYS = {"tokens_max": 3}


@pytest.fixture
def modes(tokens: list[int]) -> dict[int, Mode]:
    return dict.fromkeys(tokens, Mode.FULL)


@pytest.fixture(autouse=True)
def _a_living_token(broker: Served) -> None:
    broker.hello["access_token"] = fresh_token(broker)


def fresh_token(broker: Served) -> str:
    return str(broker.admin("POST", "/access-token", {"user_id": broker["user_id"]})["access_token"])


async def kill_tokens(d: Any) -> None:
    """The fault strikes at the next REST request, whose token dies with all others of the user."""
    await d.fault("token.kill", count=1)
    with pytest.raises(Exception, match="Incorrect"):
        await asyncio.to_thread(d.broker.client().profile)


def knocks_apart(d: Any) -> list[tuple[Any, Any]]:
    """Each refused dial after the first of its connection, with the one before."""
    by_link = ([e for e in d.told(events.ConnectFailed) if e.connection == link] for link in range(3))
    return [(later, earlier) for knocks in by_link for earlier, later in pairwise(knocks)]


@asynccontextmanager
async def counting_sockets(d: Any) -> AsyncIterator[list[int]]:
    """How many connections the server had, asked all the while."""
    counts: list[int] = []

    async def count() -> None:
        while True:
            counts.append(await d.sockets())

    task = asyncio.create_task(count())
    yield counts
    task.cancel()


def test_instruments_spread_over_three_sockets_and_all_tick(desk: Run, modes: dict[int, Mode]) -> None:
    async def story(d: Any) -> None:
        assert await d.sockets() == 3
        assert [h.tokens for h in d.feed.health()] == [3, 3, 3]
        heard = [d.heard(connection=i).keys() for i in range(3)]
        assert set().union(*heard) == set(modes) and sum(map(len, heard)) == len(modes)

    desk(story, modes, **THREE_WAYS)


def test_a_change_of_instruments_sends_only_the_difference(desk: Run, modes: dict[int, Mode]) -> None:
    async def story(d: Any) -> None:
        first, *rest = modes
        said = len(d.events)
        d.feed.set_subscriptions(dict.fromkeys(rest, Mode.FULL))
        told = await d.event(events.Subscribed, said)
        assert (told.connection, told.tokens, told.added, told.removed, told.remoded) == (0, 2, 0, 1, 0)
        d.feed.set_subscriptions(dict.fromkeys(rest, Mode.FULL) | {first: Mode.LTP, rest[0]: Mode.QUOTE})
        await d.event(events.Subscribed, said, connection=0, added=1)
        await d.event(events.Subscribed, said, connection=1, remoded=1)
        since = len(d.frames)
        await d.until(lambda: d.heard(since).get(first) == 8)
        assert not d.told(events.Disconnected)

    desk(story, modes, **THREE_WAYS)


def test_a_connection_without_instruments_is_closed_and_comes_back_with_some(desk: Run, modes: dict[int, Mode]) -> None:
    async def story(d: Any) -> None:
        on_two = [t for t in modes if d.feed.connection_of(t) == 2]
        d.feed.set_subscriptions({t: m for t, m in modes.items() if t not in on_two})
        await d.event(events.Disconnected, connection=2, reason=Loss.NOT_NEEDED)
        await d.until(lambda: d.feed.health()[2].state is LinkState.IDLE)
        d.feed.set_subscriptions(modes)
        await d.ticks(set(on_two))

    desk(story, modes, **THREE_WAYS)


def test_a_new_token_moves_the_links_one_after_another_with_never_a_fourth_socket(
    desk: Run, modes: dict[int, Mode]
) -> None:
    async def story(d: Any) -> None:
        await once_in_time_async(lambda: moved(d))

    async def moved(d: Any) -> None:
        said = len(d.events)
        async with counting_sockets(d) as counts:
            d.feed.set_access_token(fresh_token(d.broker))
            await d.until(lambda: len(d.told(events.DataResumed, said)) == 3)
        moves = [e for e in d.events[said:] if isinstance(e, events.Disconnected | events.Connected)]
        assert [(type(e), e.connection) for e in moves] == [
            (kind, i) for i in range(3) for kind in (events.Disconnected, events.Connected)
        ]
        assert all(e.reason is Loss.TOKEN_ROLLOVER for e in d.told(events.Disconnected, said))
        assert not d.told(events.ConnectFailed) and max(counts) <= 3
        for back in d.told(events.DataResumed, said):
            in_time(back.gap_ns / 1e9, 3.0, "data by the new token")

    desk(story, modes, **THREE_WAYS)


def test_a_bad_token_costs_one_link_and_a_good_one_mends_it(desk: Run, modes: dict[int, Mode]) -> None:
    async def story(d: Any) -> None:
        d.feed.set_access_token("not a token")
        await d.event(events.AuthLost, connection=0)
        await d.ticks({t for t in modes if d.feed.connection_of(t) != 0})
        states = [h.state for h in d.feed.health()]
        assert states == [LinkState.AUTH_LOST, LinkState.LIVE, LinkState.LIVE]
        said = len(d.events)
        d.feed.set_access_token(fresh_token(d.broker))
        await d.until(lambda: len(d.told(events.DataResumed, said)) == 3)

    desk(story, modes, **THREE_WAYS)


def test_a_dead_token_is_auth_lost_without_hammering_until_there_is_a_new_one(
    desk: Run, modes: dict[int, Mode]
) -> None:
    async def story(d: Any) -> None:
        await kill_tokens(d)
        await d.until(lambda: all(h.state is LinkState.AUTH_LOST for h in d.feed.health()))
        await asyncio.sleep(1.2)
        assert all(a.mono_ns - b.mono_ns >= 5e9 for a, b in knocks_apart(d)), "nobody knocks again before 5 s"
        said = len(d.events)
        d.feed.set_access_token(fresh_token(d.broker))
        await d.until(lambda: len(d.told(events.DataResumed, said)) == 3)
        assert not d.told(events.ConnectFailed, said)

    desk(story, modes, **THREE_WAYS)


def test_the_token_is_in_nothing_that_is_told(desk: Run, modes: dict[int, Mode]) -> None:
    async def story(d: Any) -> None:
        d.feed.set_access_token("s3cret")
        await d.event(events.AuthLost)
        assert "s3cret" not in repr((d.events, d.feed.health(), d.feed))

    desk(story, modes, **THREE_WAYS)


def test_a_storm_of_drops_and_data_is_back_within_three_seconds_each_time(desk: Run, modes: dict[int, Mode]) -> None:
    async def story(d: Any) -> None:
        async def struck() -> None:
            said = len(d.events)
            await d.fault("ws.drop", count=3)
            await d.until(lambda: len(d.told(events.DataResumed, said)) >= 3)
            assert [e.reason for e in d.told(events.Disconnected, said)] == [Loss.CUT] * 3
            for back in d.told(events.DataResumed, said):
                in_time(back.gap_ns / 1e9, 3.0, "data after a drop")

        async with counting_sockets(d) as counts:
            for _ in range(7):
                await once_in_time_async(struck)
        gaps_s = sorted(e.gap_ns / 1e9 for e in d.told(events.DataResumed) if e.gap_ns is not None)
        print(f"no data after {len(gaps_s)} drops: median {gaps_s[10]:.2f} s, longest {gaps_s[-1]:.2f} s")
        assert len(gaps_s) >= 21 and max(counts) <= 3

    desk(story, modes, **THREE_WAYS)
