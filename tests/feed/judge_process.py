"""A host that judges one recorded day: the frames through decoder, clocks and freshness, ten times a second of theirs.

Prints every event, then what the commands say of the home at a fixed moment. Nothing in it may depend on the host.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from harness.recorded import recorded_frames
from tarazu.adapters.kite_feed.events import Connected, Disconnected
from tarazu.app.broker_address import sim_address
from tarazu.app.depth_ws.health import DepthWsHealth, read_health
from tarazu.app.depth_ws.market_day import MarketDays
from tarazu.app.depth_ws.watchlist import plan_of
from tarazu.app.feed.record import FeedRecordEvent, Selected, decode_event, encode_event
from tarazu.app.home import Home, Profile
from tarazu.app.masters.store import MasterStore
from tarazu.app.settings import read_settings
from tarazu.market.arrivals import Arrivals
from tarazu.market.feeds import FeedPlan, FreshnessLimits, open_venues
from tarazu.market.freshness import Freshness
from tarazu.market.selection import feed_members, select
from tarazu.market.selection_plan import Selection
from tarazu.market.sighting import Link, Sighting
from tarazu.model.units import MILLISECOND_NS
from tarazu.ops.feed_history import feed_history
from tarazu.ops.feed_status import feed_status
from tarazu.ops.sla import sla
from tarazu.runtime.segment import Frame, Kind
from tarazu.wire.kite_instruments import InstrumentMaster, decode_csv
from tarazu.wire.kite_ticks import TickFrame, decode

LOOK_NS = 100 * MILLISECOND_NS
LINKS = 3


class Host:
    """The watch of depth_ws over a recording instead of a socket."""

    def __init__(self, home: Home, selected: Selected, health: DepthWsHealth) -> None:
        feed = read_settings(home.settings_file).feed
        assert health.day is not None
        kept = MasterStore(home.masters).load(health.day)
        assert kept is not None
        master = decode_csv(kept.csv)
        assert isinstance(master, InstrumentMaster)
        spots = {c.underlying: c.spot_paise for c in selected.centres}
        chosen = select(master.instruments, spots, plan_of(feed), health.day)
        assert isinstance(chosen, Selection) and chosen.tokens == selected.tokens, "the same selection anywhere"
        members = feed_members(chosen)
        self.freshness = Freshness(
            FeedPlan(members, frozenset(m.feed for m in members) - frozenset(feed.optional)), FreshnessLimits()
        )
        self.arrivals = Arrivals(chosen.tokens)
        self.session = MarketDays(sim_address(home)).session(health.day)
        self.links, self.byte_ns = [Link.DOWN] * LINKS, [0] * LINKS
        self._out = TickFrame()

    def look(self, wall_ns: int, mono_ns: int) -> Iterator[FeedRecordEvent]:
        a = self.arrivals
        seen = Sighting(
            now_ns=mono_ns,
            wall_ns=wall_ns,
            open_venues=open_venues(self.session, wall_ns),
            data_ns=a.data_ns,
            depth_ns=a.depth_ns,
            stamp_s=a.stamp_s,
            changed_ns=a.changed_ns,
            byte_ns=self.byte_ns,
            links=self.links,
        )
        yield from self.freshness.assess(seen)

    def take(self, frame: Frame) -> None:
        if frame.kind == Kind.EVENT:
            event = decode_event(frame.payload)
            if isinstance(event, Connected | Disconnected):
                self.links[event.connection] = Link.UP if isinstance(event, Connected) else Link.DOWN
            return
        self.byte_ns[frame.connection] = frame.mono_ns
        if frame.kind == Kind.BINARY:
            count = decode(frame.payload, self._out)
            self.arrivals.take(self._out.rows, self._out.packet_bytes, count, frame.mono_ns)


def judged(home: Home, health: DepthWsHealth) -> Iterator[FeedRecordEvent]:
    host: Host | None = None
    next_ns = 0
    for frame in recorded_frames(home):
        if host is None:
            event = decode_event(frame.payload) if frame.kind == Kind.EVENT else None
            if isinstance(event, Selected):
                host, next_ns = Host(home, event, health), frame.mono_ns
            continue
        while next_ns <= frame.mono_ns:
            yield from host.look(frame.wall_ns - (frame.mono_ns - next_ns), next_ns)
            next_ns += LOOK_NS
        host.take(frame)


def main(root: Path) -> None:
    home = Home(Profile.SIM, root)
    health = read_health(home.feed_health)
    assert health is not None
    for event in judged(home, health):
        print(encode_event(event).decode())
    mono_ns, wall_ns = health.mono_ns + LOOK_NS, health.wall_ns + LOOK_NS
    verdicts = (
        feed_status(home, mono_ns, wall_ns),
        sla(home, mono_ns, wall_ns),
        feed_status(home, mono_ns + 3_600 * 10 * LOOK_NS, wall_ns),  # an hour later: its health is old
        feed_history(home, health.day, None, None, frozenset(), wall_ns),
    )
    for verdict in verdicts:
        print(verdict.text())
        print(verdict.json())


main(Path(sys.argv[1]))
