"""What `up` makes of a health document."""

from typing import Any

import pytest

from harness.feed_papers import MONO, feed, health, link
from tarazu.adapters.kite_feed.events import LinkState
from tarazu.app.depth_ws.health import Stage
from tarazu.app.supervision.feed_standing import BLOCKS, Standing, feed_standing
from tarazu.market.feed_events import FeedState, StaleReason
from tarazu.model.units import MILLISECOND_NS

STALE = feed("options", state=FeedState.STALE, reason=StaleReason.PARTIAL_MUTE)
UNKNOWN = feed("futures", state=FeedState.UNKNOWN)
FRESH = feed("index")


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({"feeds": (FRESH,)}, Standing.FLOWS),
        ({"feeds": (FRESH, UNKNOWN)}, Standing.WAITS),
        ({"feeds": (FRESH, UNKNOWN, STALE)}, Standing.STALE),
        ({"feeds": (FRESH, feed("vix", state=FeedState.STALE, required=False))}, Standing.FLOWS),
        ({"feeds": (FRESH, feed("bse", state=FeedState.STALE, enforced=False))}, Standing.FLOWS),
        ({"feeds": (STALE,), "market_open": False}, Standing.FLOWS),
        ({"feeds": (FRESH,), "stage": Stage.CONNECTING}, Standing.WAITS),
        ({"feeds": (FRESH,), "stage": Stage.RECONNECTING}, Standing.WAITS),
        ({"feeds": (STALE,), "stage": Stage.RECONNECTING}, Standing.STALE),
        ({"feeds": (), "stage": Stage.NO_BROKER}, Standing.WAITS),
        *(({"feeds": (STALE,), "stage": stage}, Standing.BLOCKED) for stage in BLOCKS),
    ],
)
def test_where_depth_ws_stands(changes: dict[str, Any], standing: Standing) -> None:
    assert feed_standing(health(**changes), MONO).standing is standing


def test_the_age_told_is_that_of_the_connection_that_is_furthest_behind() -> None:
    old, idle = link(2, last_data_ns=MONO - 1_400 * MILLISECOND_NS), link(3, state=LinkState.LIVE, tokens=0)
    told = feed_standing(health(feeds=(FRESH,), connections=(link(1), old, idle)), MONO).detail
    assert told.startswith("data 1.4 s old, ")


def test_what_is_missing_and_what_is_stale_is_named() -> None:
    assert str(feed_standing(health(feeds=(FRESH, UNKNOWN)), MONO)) == "LIVE: no tick yet: futures"
    assert str(feed_standing(health(feeds=(FRESH, STALE)), MONO)) == "LIVE: stale: options PARTIAL_MUTE"
