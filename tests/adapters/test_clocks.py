"""The machine's clock, and the simulated broker's followed from outside."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from harness.served import Served
from tarazu.adapters.sim_clock import PublishedClock, SimClock
from tarazu.adapters.system_clock import SystemClock
from tarazu.ports.clock import Clock

S = 1_000_000_000


@pytest.fixture
def clock(broker: Served) -> Iterator[SimClock]:
    yield SimClock(broker["admin_url"])
    broker.admin("PUT", "/clock", {"rate": 1.0, "pause": False})


def virtual_ns(broker: Served) -> int:
    return int(broker.admin("GET", "/clock")["now_ns"])


@pytest.mark.parametrize(
    ("rate", "paused", "virtual"),
    [(1.0, False, 1_010), (60.0, False, 1_600), (0.5, False, 1_005), (60.0, True, 1_000)],
)
def test_virtual_time_is_the_origin_and_what_has_passed_at_its_rate(rate: float, paused: bool, virtual: int) -> None:
    published = PublishedClock(origin_virtual_ns=1_000 * S, origin_real_ns=50 * S, rate=rate, paused=paused, seq=1)
    assert published.wall_ns(60 * S) == virtual * S


def test_both_clocks_are_clocks(clock: SimClock) -> None:
    clocks: list[Clock] = [SystemClock(), clock]
    for c in clocks:
        before_ns, told_ns, after_ns = time.monotonic_ns(), c.mono_ns(), time.monotonic_ns()
        assert before_ns <= told_ns <= after_ns
    before_ns, told_ns, after_ns = time.time_ns(), clocks[0].wall_ns(), time.time_ns()
    assert before_ns <= told_ns <= after_ns


def test_it_tells_the_brokers_time_without_asking_again(clock: SimClock, broker: Served) -> None:
    before, told, after = virtual_ns(broker), clock.wall_ns(), virtual_ns(broker)
    assert before <= told <= after


def test_a_jump_is_seen_at_the_next_refresh_and_leaves_intervals_alone(clock: SimClock, broker: Served) -> None:
    wall_ns, mono_ns = clock.wall_ns(), clock.mono_ns()
    broker.admin("PUT", "/clock", {"advance_s": 3600})
    assert clock.wall_ns() - wall_ns < 1800 * S
    assert clock.refresh()
    assert 3600 * S <= clock.wall_ns() - wall_ns < 5400 * S and clock.mono_ns() - mono_ns < 1800 * S


def test_a_pause_learnt_late_never_turns_time_back(clock: SimClock, broker: Served) -> None:
    broker.admin("PUT", "/clock", {"rate": 100.0})
    clock.refresh()
    broker.admin("PUT", "/clock", {"pause": True})
    ran_ahead_ns = clock.wall_ns()
    clock.refresh()
    assert clock.wall_ns() == ran_ahead_ns >= virtual_ns(broker)


def test_following_brings_changes_by_itself(clock: SimClock, broker: Served) -> None:
    async def scenario() -> None:
        following = asyncio.create_task(clock.follow(every_s=0.01))
        broker.admin("PUT", "/clock", {"pause": True})
        async with asyncio.timeout(40):
            while not clock.published.paused:
                await asyncio.sleep(0.01)
        following.cancel()

    asyncio.run(scenario())


def test_a_broker_that_is_gone_leaves_the_time_running() -> None:
    with pytest.raises(OSError, match="refused"):
        SimClock("http://127.0.0.1:1")
