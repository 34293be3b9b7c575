"""Everybody else, as frames show them: a market for the exchange model that follows a `MarketState` as decisions do.

Recorded frames are what they were: our orders leave no trace in them. Prices, books and volumes come from the frames;
who bought and who sold is inferred from where each trade lay against the book before it; bands and volatilities are
worked out, for frames carry none.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.market.black76 import implied_sigma
from tarazu.market.state import MarketView
from tarazu.model import ist
from tarazu.model.calendar import Phase, TradingSession, Venue, venue_of
from tarazu.model.instrument import Kind
from tarazu.model.rules import RuleBook
from tarazu.model.units import DAY_NS, MINUTE_NS
from tarazu.sim.dice import Dice
from tarazu.sim.market import AuctionInterest
from tarazu.sim.synthetic import auction
from tarazu.sim.synthetic.cast import EXPIRY_NS, RATE, TRADING_DAYS, Cast
from tarazu.sim.synthetic.limits import price_bands
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import TICK

YEAR_NS = 365 * DAY_NS
SIGMA_EVERY_NS = MINUTE_NS
"""Volatilities are asked for by margins alone; once a minute is often enough."""


class FollowedMarket:
    """`sim.market.Market`. Row `n` of the universe is slot `n` of the state.

    `moved` says that frames were applied; the next step takes all of them at once. Whoever has orders in the market
    steps after every frame; while nobody has, frames may come together and nothing is lost by it.
    """

    def __init__(
        self,
        universe: Universe,
        session: TradingSession,
        state: MarketView,
        closes: Mapping[str, int],
        seed: int,
        rules: RuleBook,
    ) -> None:
        self.universe, self.session = universe, session
        n = len(universe)
        assert state.rows["token"].tolist() == [i.instrument_token for i in universe.instruments], "one row, one slot"
        self.rows: NDArray[Any] = np.zeros(n, TICK)
        self.changed = np.zeros(n, np.bool_)
        self.buy_flow, self.sell_flow = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._cast = Cast(universe, session, closes)
        self.bands = price_bands(self._cast, rules)
        self.sigma = np.array([self._resting_sigma(i) for i in range(n)])
        self._state, self._dice = state, Dice(seed)
        self._own: NDArray[Any] = np.zeros(n, TICK)
        self._own["token"] = state.rows["token"]
        self._own["ltp"] = self._own["close"] = self._cast.closes
        self._words = self._own.view(np.uint32).reshape(n, -1)
        self._seen = np.zeros(n, np.bool_)
        self._venues = {v: np.array([venue_of(i) is v for i in universe.instruments]) for v in Venue}
        self._passes, self._sigma_ns = 0, 0
        self._due_ns: int | None = None
        self._last_ns = session.first_ns
        self.rows[:] = self._own

    def moved(self, recv_ns: int) -> None:
        """Frames are in the state that no step has taken, the last of them received at `recv_ns`."""
        self._due_ns = max(recv_ns, self._last_ns)

    def next_ns(self) -> int | None:
        return self._due_ns

    def step(self) -> int:
        assert self._due_ns is not None, "a frame was applied"
        now_ns, self._due_ns = self._due_ns, None
        self._last_ns = now_ns
        self.changed[:] = False
        self.buy_flow[:] = 0
        self.sell_flow[:] = 0
        slots = np.flatnonzero(self._state.slots["frame"] > self._passes)
        self._passes = self._state.passes
        if len(slots):
            self._take(slots, now_ns)
        self.rows[:] = self._own
        if now_ns >= self._sigma_ns + SIGMA_EVERY_NS:
            self._sigma_ns = now_ns
            self._imply(now_ns)
        return now_ns

    def auction_interest(self, index: int, closing: bool) -> AuctionInterest:
        """Made up around the last price: frames do not show the call auctions' books."""
        row, own = self._cast.rows[index], self._own[index]
        last, close = int(own["ltp"]), int(own["close"])
        band = (int(self.bands[index, 0]), int(self.bands[index, 1]))
        centre = last if closing else min(max(int(own["open"]) or last, band[0]), band[1])
        word = self._dice.word("auction", int(closing), int(row["key"]))
        reference = last if closing else close
        return auction.interest(centre, reference, band, int(row["tick"]), float(row["depth"]), word)

    # Inside.

    def _take(self, slots: NDArray[np.intp], now_ns: int) -> None:
        before, closes = self._own[slots], self._own["close"][slots]
        self._words[slots] = self._state.words[slots]
        now = self._own[slots]
        self._own["close"][slots] = np.where(now["close"] > 0, now["close"], closes)
        traded = now["volume"].astype(np.int64) - before["volume"].astype(np.int64)
        traded[(traded < 0) | ~self._seen[slots] | ~self._continuous(now_ns)[slots]] = 0
        bought = traded * _bought_halves(now["ltp"], before) // 2
        self.buy_flow[slots], self.sell_flow[slots] = bought, traded - bought
        self._seen[slots] = self.changed[slots] = True

    def _continuous(self, now_ns: int) -> NDArray[np.bool_]:
        """What traded in the interval that ends now did so in continuous trading."""
        rows = np.zeros(len(self._own), np.bool_)
        for venue, members in self._venues.items():
            if self.session.phase_at(venue, now_ns - 1) is Phase.CONTINUOUS:
                rows |= members
        return rows

    def _resting_sigma(self, index: int) -> float:
        return math.sqrt(TRADING_DAYS) * float(self._cast.unders[self._cast.rows[index]["under"]]["daily"])

    def _imply(self, now_ns: int) -> None:
        """Each option's volatility from its last price and its underlying's, as far as both were seen."""
        spots, nominal_ns = self._own["ltp"].tolist(), self.session.nominal_ns(now_ns)
        for index, instrument in enumerate(self.universe.instruments):
            under = int(self.universe.underlying_index[index])
            if not instrument.is_option or instrument.expiry is None or not (self._seen[under] and self._seen[index]):
                continue
            left_ns = ist.midnight_ns(instrument.expiry) + EXPIRY_NS - nominal_ns
            years = max(left_ns, 0) / YEAR_NS
            growth = math.exp(RATE * years)
            paid, strike = float(spots[index]), float(instrument.strike_paise)
            found = implied_sigma(instrument.kind is Kind.CE, paid, spots[under] * growth, strike, years, 1.0 / growth)
            if found > 0.0:
                self.sigma[index] = found


def _bought_halves(ltp: NDArray[np.int32], before: NDArray[Any]) -> NDArray[np.int64]:
    """Halves of each trade's volume that were bought: 2 all, 1 half, 0 none. At the ask or above, bought; at the bid or
    below, sold; between, by the middle, then by the last price's move, and half each where that says nothing."""
    bid, ask = before["bids"][:, 0]["price"].astype(np.int64), before["asks"][:, 0]["price"].astype(np.int64)
    price, last = ltp.astype(np.int64), before["ltp"].astype(np.int64)
    two_sided = (bid > 0) & (ask > 0)
    side = np.where(two_sided, np.sign(2 * price - bid - ask), 0)
    side = np.where((side == 0) & (last > 0), np.sign(price - last), side)
    side = np.where((bid > 0) & (price <= bid), -1, side)
    side = np.where((ask > 0) & (price >= ask), 1, side)
    return side.astype(np.int64) + 1
