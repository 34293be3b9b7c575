"""Recorded days: the simulator's synthetic market through the feed log, with what a feed process writes beside it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np

from tarazu import reference
from tarazu.adapters.kite_feed import events as link
from tarazu.app.feed.record import (
    CentreMade,
    FeedRecordEvent,
    FeedStarted,
    FeedStopped,
    Selected,
    encode_event,
    event_ts_ns,
)
from tarazu.market.feed_events import FeedRecover, FeedStale, FeedState, StaleReason
from tarazu.model.calendar import shorten
from tarazu.model.units import MILLISECOND_NS, MINUTE_NS, SECOND_NS
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind
from tarazu.sim.synthetic.market import SyntheticMarket
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.synthetic.universe import build_universe
from tarazu.wire.kite_ticks import Mode, encode

DAY = date(2026, 11, 23)
RULES, CALENDAR = reference.rules("nse-2026"), reference.calendar()


def record_synthetic_day(
    feed: Path,
    *,
    size: str = "tiny",
    short: bool = True,
    scenario: str = "normal",
    steps: int | None = None,
    trouble: bool = False,
    segment_bytes: int = 1 << 20,
) -> int:
    """One frame a second and connection, two connections; returns the number of frames. With `trouble` the second
    connection is lost at a third of the way, for a sixth of it or two minutes, and its
    feed stale."""
    session = CALENDAR.session(DAY)
    assert session is not None
    session = shorten(session) if short else session
    universe = build_universe(DAY, CALENDAR, RULES, size, 1, {})
    market = SyntheticMarket(universe, session, SCENARIOS[scenario], 1, {}, SECOND_NS, RULES)
    tokens = tuple(i.instrument_token for i in universe.instruments)
    sides = np.arange(len(tokens)) % 2
    log = FeedLog.open(feed, DAY, segment_bytes=segment_bytes, sync_period_s=3600.0)

    def write(event: FeedRecordEvent) -> None:
        at_ns = event_ts_ns(event)
        log.append(Kind.EVENT, 0, encode_event(event), at_ns, at_ns)

    first = market.step()
    write(FeedStarted(ts_ns=first, profile="sim", pid=1, version="test", day=DAY))
    write(
        Selected(
            ts_ns=first,
            tokens=tokens,
            symbols=tuple(i.key for i in universe.instruments),
            connections=tuple(int(s) for s in sides),
            centres=tuple(
                CentreMade(underlying=key, spot_paise=0, atm_paise=0, expiries=(DAY,))
                for key in ("NSE:NIFTY 50", "NSE:NIFTY BANK")
            ),
            left_out=0,
            again=False,
        )
    )
    begin, length = first + (session.last_ns - first) // 3, min(2 * MINUTE_NS, (session.last_ns - first) // 6)
    lost = (begin, begin + length)
    pending = list(_trouble(lost, tokens[1::2])) if trouble else []
    done, now_ns = 0, first
    while market.next_ns() is not None and (steps is None or done < steps):
        now_ns = market.step()
        done += 1
        while pending and event_ts_ns(pending[0]) <= now_ns:
            write(pending.pop(0))
        for side in (0, 1):
            if trouble and side == 1 and lost[0] <= now_ns < lost[1]:
                continue
            rows = market.rows[market.changed & (sides == side)]
            if len(rows):
                log.append(Kind.BINARY, side, encode(rows, Mode.FULL), now_ns + side * MILLISECOND_NS, now_ns - first)
            else:
                log.append(Kind.BINARY, side, b"\0", now_ns, now_ns - first)
    write(FeedStopped(ts_ns=now_ns, reason="test"))
    log.close()
    return log.stats.last_sequence


def _trouble(lost: tuple[int, int], tokens: tuple[int, ...]) -> Iterator[FeedRecordEvent]:
    begin, end = lost
    where = {"connection": 1, "mono_ns": 0}
    yield link.Disconnected(
        wall_ns=begin, reason=link.Loss.CUT, code=1006, detail="cut", up_ns=begin, quiet_ns=SECOND_NS, **where
    )
    yield FeedStale(
        feed="options",
        required=True,
        reason=StaleReason.DISCONNECTED,
        lag_ns=3 * SECOND_NS,
        limit_ns=2_500 * MILLISECOND_NS,
        since_ns=begin,
        ts_ns=begin + 3 * SECOND_NS,
        tokens=tokens,
        members=len(tokens),
    )
    yield link.Connected(wall_ns=end, took_ns=30 * MILLISECOND_NS, **where)
    yield FeedRecover(
        feed="options",
        required=True,
        was=FeedState.STALE,
        reason=StaleReason.DISCONNECTED,
        lag_ns=SECOND_NS,
        limit_ns=2_500 * MILLISECOND_NS,
        since_ns=begin,
        ts_ns=end + 2 * SECOND_NS,
    )
