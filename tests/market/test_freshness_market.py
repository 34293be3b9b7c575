"""Selection, data clocks and freshness on the synthetic market's own pace: quiet contracts and all."""

from datetime import date

import numpy as np
import pytest

from tarazu import reference
from tarazu.market.arrivals import Arrivals
from tarazu.market.feed_events import FeedRecover, FeedStale, StaleReason
from tarazu.market.feeds import FeedClass, FeedPlan, FreshnessLimits, open_venues
from tarazu.market.freshness import Freshness
from tarazu.market.listing import Listing
from tarazu.market.selection import feed_members, select
from tarazu.market.selection_plan import Selection, SelectionPlan, UnderlyingPlan
from tarazu.market.sighting import Link, Sighting
from tarazu.model.calendar import Phase, Venue
from tarazu.model.units import MILLISECOND_NS, SECOND_NS
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe
from tarazu.wire.kite_ticks import Mode, TickFrame, decode, encode

DAY = date(2026, 11, 23)
CALENDAR, RULES = reference.calendar(), reference.rules("nse-2026")
PLAN = SelectionPlan(
    underlyings=(
        UnderlyingPlan(key="NSE:NIFTY 50", name="NIFTY", option_expiries=2),
        UnderlyingPlan(key="NSE:NIFTY BANK", name="BANKNIFTY", strikes_each_side=10),
    ),
    cross_asset=("NSE:INDIA VIX", "BSE:SENSEX"),
    stocks=("NSE:INFY", "NSE:RELIANCE"),
)


class Desk:
    """The market's changed rows, framed, decoded and watched four times a second."""

    def __init__(self) -> None:
        universe = build_universe(DAY, CALENDAR, RULES, "desk", 1, {})
        session = CALENDAR.session(DAY)
        assert session is not None
        self.session = session
        self.market = SyntheticMarket(universe, session, SCENARIOS["quiet"], 1, {}, rules=RULES)
        ltp = self.market.rows["ltp"]
        spots = {u.key: int(ltp[universe.index_of_key[u.key]]) for u in PLAN.underlyings}
        selection = select(universe.instruments, spots, PLAN, DAY)
        assert isinstance(selection, Selection)
        members = feed_members(selection, Listing(universe.instruments, DAY).fno_shares())
        self.freshness = Freshness(FeedPlan(members, frozenset({"index", "options"})), FreshnessLimits())
        self.arrivals = Arrivals(selection.tokens)
        self.watched = np.isin(self.market.rows["token"], selection.tokens)
        self.frame = TickFrame(3_000)
        self.events: list[FeedRecover | FeedStale] = []
        self.muted: set[int] = set()
        self.send(self.watched, session.first_ns)

    def send(self, rows: np.ndarray, now_ns: int) -> None:
        muted = np.isin(self.market.rows["token"], list(self.muted))
        frame = encode(self.market.rows[rows & self.watched & ~muted], Mode.FULL)
        self.arrivals.take(self.frame.rows, self.frame.packet_bytes, decode(frame, self.frame), now_ns)

    def run(self, until_ns: int) -> list[FeedRecover | FeedStale]:
        before = len(self.events)
        while (due := self.market.next_ns()) is not None and due <= until_ns:
            now_ns = self.market.step()
            self.send(self.market.changed, now_ns)
            for late in range(0, 1_000, 250):
                self.look(now_ns + late * MILLISECOND_NS)
        return self.events[before:]

    def look(self, now_ns: int) -> None:
        a = self.arrivals
        self.events += self.freshness.assess(
            Sighting(
                now_ns=now_ns,
                wall_ns=now_ns,
                open_venues=open_venues(self.session, now_ns),
                data_ns=a.data_ns,
                depth_ns=a.depth_ns,
                stamp_s=a.stamp_s,
                changed_ns=a.changed_ns,
                byte_ns=[now_ns] * 3,
                links=[Link.UP] * 3,
            )
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_quiet_market_raises_no_alarm_and_a_standing_one_does(desk: Desk) -> None:
    window = desk.session.window(Venue.DERIVATIVES, Phase.CONTINUOUS)
    assert window is not None
    opened = window.start_ns
    told = desk.run(opened + 600 * SECOND_NS)
    assert {type(e) for e in told} == {FeedRecover}
    assert {e.feed for e in told} == {"index", "options", "futures", "stocks", "cross_asset"}

    desk.market.freeze(True)
    stale = {e.feed: e for e in desk.run(opened + 630 * SECOND_NS) if isinstance(e, FeedStale)}
    assert stale["index"].reason is StaleReason.NO_DATA
    near = {m.token for m in desk.freshness.plan.members if m.feed_class is FeedClass.OPTION_NEAR}
    assert near <= set(stale["options"].tokens), "the far ones may be quiet for longer, and some are not yet named"
    assert stale["index"].ts_ns - stale["index"].since_ns <= 5 * SECOND_NS
    assert stale["options"].ts_ns - stale["options"].since_ns <= 7 * SECOND_NS

    desk.market.freeze(False)
    again = {e.feed for e in desk.run(opened + 660 * SECOND_NS) if isinstance(e, FeedRecover)}
    assert again == set(stale)
