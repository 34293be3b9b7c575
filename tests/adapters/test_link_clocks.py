"""When a link is taken for dead, on a timeline. Seconds; the link is up at 0 and looked at every 0.2 s."""

import pytest

from tarazu.adapters.kite_feed.clocks import Deadlines, LinkClocks
from tarazu.adapters.kite_feed.events import Loss
from tarazu.model.units import SECOND_NS

START_NS = 1_000 * SECOND_NS
LOOK_MS = 200


def fate(
    seconds: float, frames_until: float = 1e9, pongs_until: float = 1e9, asleep: tuple[float, float] = (0, 0)
) -> tuple[Loss, float] | None:
    """The first verdict and its second. Frames come every 0.8 s and pongs at once, both until they stop.

    `asleep`: our own event loop stands still between these, and then finds what came meanwhile.
    """
    clocks = LinkClocks(START_NS, Deadlines())
    pings: list[bytes] = []
    for ms in range(0, round(seconds * 1000), LOOK_MS):
        now_s, now_ns = ms / 1000, START_NS + ms * 1_000_000
        if asleep[0] <= now_s < asleep[1]:
            continue
        loss = clocks.verdict(now_ns)
        if loss is not None:
            return loss, now_s
        if ms % 800 == 0 and now_s <= frames_until:
            clocks.frame_ns = now_ns
        if now_s <= pongs_until:
            for ping in pings:
                assert clocks.pong(ping, now_ns)
            pings.clear()
        ping = clocks.ping_due(now_ns)
        if ping is not None:
            pings.append(ping)
    return None


def test_a_link_that_beats_and_answers_lives() -> None:
    assert fate(120) is None


@pytest.mark.parametrize("dies", [s / 10 for s in range(100, 130)])
def test_a_half_open_link_is_found_within_five_seconds_of_its_death(dies: float) -> None:
    loss, at = fate(60, frames_until=dies, pongs_until=dies) or (None, 0.0)
    assert loss is Loss.PONG_TIMEOUT and at - dies <= 5.0


@pytest.mark.parametrize("dies", [s / 10 for s in range(100, 130)])
def test_a_frozen_server_is_found_within_five_seconds(dies: float) -> None:
    loss, at = fate(60, frames_until=dies) or (None, 0.0)
    assert loss is Loss.SILENT and at - dies <= 5.0


def test_a_server_that_stops_answering_pings_while_data_flows_gets_longer() -> None:
    loss, at = fate(60, pongs_until=10) or (None, 0.0)
    assert loss is Loss.PONG_TIMEOUT and 25 <= at <= 27


def test_a_server_that_never_answered_a_ping_is_judged_by_its_frames_alone() -> None:
    assert fate(120, pongs_until=-1) is None
    assert fate(60, pongs_until=-1, frames_until=20) is not None


@pytest.mark.parametrize("slept", [3.0, 10.0, 100.0])
def test_our_own_sleep_is_not_held_against_the_peer(slept: float) -> None:
    assert fate(150, asleep=(20, 20 + slept)) is None


def test_a_link_that_died_while_we_slept_is_found_five_seconds_after_we_woke() -> None:
    loss, at = fate(60, frames_until=22, pongs_until=22, asleep=(20, 40)) or (None, 0.0)
    assert loss is Loss.PONG_TIMEOUT and at <= 45


def test_only_a_pong_that_answers_counts() -> None:
    clocks = LinkClocks(START_NS, Deadlines())
    ping = clocks.ping_due(START_NS + 2 * SECOND_NS)
    assert ping is not None
    for stranger in (b"", b"\0" * 8, b"hello", ping + b"\0", bytes(7) + b"\1"):
        assert not clocks.pong(stranger, START_NS + 3 * SECOND_NS)
    assert clocks.pong(ping, START_NS + 3 * SECOND_NS) and clocks.rtt_ns == SECOND_NS
    assert not clocks.pong(ping, START_NS + 4 * SECOND_NS), "and only once"


def test_a_pong_to_the_latest_ping_answers_those_before() -> None:
    clocks = LinkClocks(START_NS, Deadlines())
    first, second = (clocks.ping_due(START_NS + s * SECOND_NS) for s in (2, 4))
    assert first is not None and second is not None
    assert clocks.pong(second, START_NS + 5 * SECOND_NS) and clocks.unanswered_ns == 0
