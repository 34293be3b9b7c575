"""Once through the day's feed log: how late the feed was, minute by minute, and what the traded instruments cost."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.market.slots import SLOT
from tarazu.market.state import MarketState
from tarazu.market.state_quotes import StateQuotes
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.runtime.damage import Damaged
from tarazu.runtime.market_follower import MarketFollower
from tarazu.runtime.segment import segments

FRAMES_EACH = 4_096
PRICE_NS = 15 * SECOND_NS
LIVE_NS = 60 * SECOND_NS
"""A stamp older than this is of a market that is closed, or of an instrument that is silent: no lag of the feed."""
assert SLOT.fields is not None and "stamp_s" in SLOT.fields


class Minute(msgspec.Struct, frozen=True, kw_only=True):
    """Of the feed. Exchange stamps are whole seconds: a feed without any lag shows half a second."""

    ts_ns: int
    median_s: float
    worst_s: float
    frames: int


class FeedDay(msgspec.Struct, kw_only=True):
    frames: int = 0
    minutes: list[Minute] = []
    prices: dict[str, list[tuple[int, int]]] = {}
    """By key: wall time and last price in paise, every quarter of a minute."""
    losses: list[str] = []


def feed_day(
    folder: Path, watch: Sequence[int], key_of: Mapping[int, str], keys: Sequence[str], told: Callable[[int], None]
) -> FeedDay | None:
    """`keys`: whose prices are wanted. None: there is no feed log."""
    if not watch or not segments(folder):
        return None
    follower = MarketFollower(folder, watch)
    taking = _Taking(StateQuotes(follower.state, key_of), keys)
    follower.on_pass = taking.passed
    try:
        while _more(follower, taking.day):
            told(follower.sequence)
    finally:
        follower.close()
    taking.end()
    return taking.day


def _more(follower: MarketFollower, day: FeedDay) -> bool:
    try:
        return follower.follow_ready(FRAMES_EACH) == FRAMES_EACH
    except Damaged:
        damage = follower.skip_damage()
        if damage is not None:
            day.losses.append(str(damage))
        return damage is not None


class _Taking:
    def __init__(self, quotes: StateQuotes, keys: Sequence[str]) -> None:
        self.day = FeedDay(prices={key: [] for key in keys})
        self._quotes = quotes
        self._minute = self._last_ns = self._priced = 0
        self._lags_s: list[float] = []

    def passed(self, state: MarketState, changed: NDArray[np.int64], recv_ns: int) -> None:
        self.day.frames += 1
        minute = recv_ns // MINUTE_NS
        if minute != self._minute:
            self.end()
            self._minute = minute
        self._last_ns = recv_ns
        if recv_ns // PRICE_NS != self._priced:
            self._priced = recv_ns // PRICE_NS
            self._price(recv_ns)
        stamps = state.slots["stamp_s"][changed]
        if stamps.size:
            lag_ns = recv_ns - int(stamps.max()) * SECOND_NS
            if lag_ns < LIVE_NS:
                self._lags_s.append(lag_ns / SECOND_NS)

    def end(self) -> None:
        """Of a minute."""
        if not self._last_ns:
            return
        if self._lags_s:
            lags = np.asarray(self._lags_s)
            minute = Minute(
                ts_ns=self._last_ns,
                median_s=round(float(np.median(lags)), 3),
                worst_s=round(float(lags.max()), 3),
                frames=len(self._lags_s),
            )
            self.day.minutes.append(minute)
        self._lags_s = []

    def _price(self, recv_ns: int) -> None:
        for key, prices in self.day.prices.items():
            touch = self._quotes.touch(key)
            if touch is not None and touch.last_paise:
                prices.append((recv_ns, touch.last_paise))
