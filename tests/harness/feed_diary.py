"""A recorded day for tests: a real feed log with events, ticks and text frames, at IST times of the test's choosing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time

import numpy as np

from tarazu.adapters.kite_feed import events as link
from tarazu.app.feed.record import FeedRecordEvent, FeedStarted, Selected, encode_event
from tarazu.app.home import Home
from tarazu.market.feed_events import FeedRecover, FeedStale, FeedState, StaleReason
from tarazu.model import ist
from tarazu.model.ids import InstrumentToken
from tarazu.model.units import SECOND_NS
from tarazu.runtime.feed_log import FeedLog
from tarazu.runtime.segment import Kind
from tarazu.wire.kite_ticks import TICK, Mode, encode

DAY = date(2026, 11, 23)
SYMBOLS = {256265: "NSE:NIFTY 50", 12602626: "NFO:NIFTY26NOV26000CE", 12602882: "NFO:NIFTY26NOV26000PE"}
TOKENS = tuple(InstrumentToken(t) for t in SYMBOLS)


def at(clock: str) -> int:
    """Wall ns of an IST time of the day."""
    return ist.at_ns(DAY, time.fromisoformat(clock))


class Diary:
    def __init__(self, log: FeedLog) -> None:
        self.log = log

    def event(self, event: FeedRecordEvent, clock: str) -> int:
        return self.log.append(Kind.EVENT, 0, encode_event(event), at(clock), 0)

    def raw(self, kind: Kind, payload: bytes, clock: str) -> int:
        return self.log.append(kind, 0, payload, at(clock), 0)

    def ticks(self, clock: str, *prices: int, tokens: tuple[int, ...] = TOKENS) -> int:
        """One frame of full packets; prices in paise, one for each of `tokens`."""
        rows = np.zeros(len(prices), TICK)
        rows["token"], rows["ltp"] = tokens[: len(prices)], prices
        rows["volume"], rows["oi"] = 1_000, 2_000
        rows["bids"]["price"][:, 0], rows["bids"]["qty"][:, 0] = [p - 5 for p in prices], 65
        rows["asks"]["price"][:, 0], rows["asks"]["qty"][:, 0] = [p + 5 for p in prices], 130
        return self.log.append(Kind.BINARY, 0, encode(rows, Mode.FULL), at(clock), 0)

    def start(self, clock: str) -> None:
        began = at(clock)
        self.event(FeedStarted(ts_ns=began, profile="sim", pid=1, version="0.1.0", day=DAY), clock)
        self.event(
            Selected(
                ts_ns=began,
                tokens=TOKENS,
                symbols=tuple(SYMBOLS.values()),
                connections=(0, 0, 0),
                centres=(),
                left_out=0,
                again=False,
            ),
            clock,
        )
        self.connected(clock)

    def connected(self, clock: str) -> None:
        self.event(link.Connected(connection=0, wall_ns=at(clock), mono_ns=0, took_ns=5_000_000), clock)

    def stale(self, feed: str, clock: str, reason: StaleReason = StaleReason.PARTIAL_MUTE) -> None:
        stale = FeedStale(
            feed=feed,
            required=True,
            reason=reason,
            lag_ns=3 * SECOND_NS,
            limit_ns=2_500_000_000,
            since_ns=at(clock) - 3 * SECOND_NS,
            ts_ns=at(clock),
            tokens=TOKENS[1:],
            members=3,
        )
        self.event(stale, clock)

    def recover(self, feed: str, clock: str, was: FeedState = FeedState.STALE) -> None:
        recovered = FeedRecover(
            feed=feed,
            required=True,
            was=was,
            reason=StaleReason.PARTIAL_MUTE if was is FeedState.STALE else None,
            lag_ns=0,
            limit_ns=2_500_000_000,
            since_ns=at(clock) - 10 * SECOND_NS,
            ts_ns=at(clock),
        )
        self.event(recovered, clock)


@contextmanager
def diary(home: Home, day: date = DAY) -> Iterator[Diary]:
    """Appends to the day's log; closed at the end."""
    log = FeedLog.open(home.feed, day, segment_bytes=1 << 20, sync_period_s=3600.0)
    try:
        yield Diary(log)
    finally:
        log.close()
