"""The long stories: two desks that live through minutes of real time while the other tests of this room run.

Each is begun before the first test of the room, if its test is among those that were asked for, and judged last.
"""

import os
from collections.abc import Iterator
from random import Random

import pytest

from harness.desk import TINY, Desk, desk
from harness.served import serving
from tarazu.app.depth_ws.health import Stage

LONG = {
    "test_a_whole_day_played_short_has_every_phase_and_no_false_alarm": "short_day",
    "test_two_hundred_drops_an_hour_cost_three_seconds_each_at_most": "bad_hour",
}
"""Test -> the story it judges."""

# The tiny market has SBIN close by auction and lists no contract of it: the master cannot tell that it does.
WITH_CONTRACTS = TINY.replace(', "NSE:SBIN"', "")

DROPS, DROPS_S = 25, 65.0
"""A rate of 1,400 an hour, and fewer than the 30 a minute at which the breaker trips."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who waits for a long story waits last."""
    items.sort(key=lambda item: item.name in LONG)


@pytest.fixture(scope="session", autouse=True)
def _begin_the_long_stories(request: pytest.FixtureRequest) -> None:
    """At the first test of the room; with workers side by side, the one that gets the file begins its story."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        asked = {item.name for item in request.session.items}
        for name, story in LONG.items():
            if name in asked:
                request.getfixturevalue(story)


@pytest.fixture(scope="session")
def short_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A whole session at the speed of life, its phases shortened: 134 seconds from the pre-open to the last close."""
    with (
        serving("--day", "2026-11-19", "--session", "short", "--step-ms", "200") as served,
        desk(tmp_path_factory.mktemp("short_day"), served, WITH_CONTRACTS) as made,
    ):
        served.admin("PUT", "/clock", {"pause": True})
        made.start()
        made.until(lambda h: h.stage is Stage.LIVE)
        served.admin("PUT", "/clock", {"pause": False})
        yield made


@pytest.fixture(scope="session")
def bad_hour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk whose links are cut 25 times in 65 seconds. A cut takes the oldest link, so all three have their turn."""
    dice = Random(3)
    with (
        serving("--day", "2026-11-19", "--at", "10:00", "--step-ms", "200") as served,
        desk(tmp_path_factory.mktemp("bad_hour"), served) as made,
    ):
        made.start()
        made.until_fresh()
        for _ in range(DROPS):
            order = {"kind": "ws.drop", "count": 1, "after_s": round(dice.uniform(1.0, DROPS_S), 3)}
            served.admin("POST", "/faults", order)
        yield made
