"""The breaker between a storm and the disk: what cannot be counted durably counts as tripped."""

import asyncio
from pathlib import Path

from tarazu.adapters.kite_feed.events import Connected, Disconnected, Loss
from tarazu.adapters.system_clock import SystemClock
from tarazu.app.depth_ws.links import Links
from tarazu.app.feed.breaker_file import read_breaker
from tarazu.app.feed.record import FeedRecordEvent
from tarazu.market.breaker import BreakerLimits


def links(folder: Path, told: list[FeedRecordEvent]) -> Links:
    def never(_: object) -> object:
        raise AssertionError("nothing is dialled here")

    return Links(never, folder / "feed_breaker.json", SystemClock(), told.append, BreakerLimits())  # type: ignore[arg-type]


def reconnect(of: Links, at_ns: int) -> None:
    """A link that the network took, made again."""
    lost = Disconnected(
        connection=0, wall_ns=at_ns, mono_ns=0, reason=Loss.CUT, code=1006, detail="", up_ns=1, quiet_ns=0
    )
    of._on_event(lost)
    of._on_event(Connected(connection=0, wall_ns=at_ns, mono_ns=0, took_ns=1))


def test_reconnects_reach_the_file_and_more_than_thirty_in_a_minute_trip_it(tmp_path: Path) -> None:
    ours = links(tmp_path, [])
    for n in range(31):
        reconnect(ours, n)
    asyncio.run(ours.settle())
    assert ours.tripped and read_breaker(tmp_path / "feed_breaker.json").tripped


def test_a_file_that_cannot_be_written_counts_as_tripped_and_loses_no_reconnect(tmp_path: Path) -> None:
    (tmp_path / "gone").write_text("a file where a folder should be")
    ours = links(tmp_path / "gone", [])
    reconnect(ours, 1)
    asyncio.run(ours.settle())
    assert ours.tripped and ours.shown.tripped and ours.fault
    (tmp_path / "gone").unlink()
    asyncio.run(ours._until_cleared())
    assert not ours.tripped and not ours.shown.tripped
    assert read_breaker(tmp_path / "gone" / "feed_breaker.json").reconnects_ns == (1,)


def test_a_fault_that_passes_by_itself_is_nobodys_clearing(tmp_path: Path) -> None:
    told: list[FeedRecordEvent] = []
    (tmp_path / "gone").write_text("a file where a folder should be")
    ours = links(tmp_path / "gone", told)
    reconnect(ours, 1)
    asyncio.run(ours.settle())
    (tmp_path / "gone").unlink()
    asyncio.run(ours._until_cleared())
    assert [type(e).__name__ for e in told] == ["Disconnected", "Connected"]
