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

from tarazu.app.research.followed_kernels import CLOSE, LAST_WORDS, LTP, OPEN, take
from tarazu.app.research.implied_sigmas import ImpliedSigmas
from tarazu.market.state import MarketView
from tarazu.model.calendar import Phase, TradingSession, Venue, venue_of
from tarazu.model.rules import RuleBook
from tarazu.sim.dice import Dice
from tarazu.sim.market import AuctionInterest
from tarazu.sim.synthetic import auction
from tarazu.sim.synthetic.cast import TRADING_DAYS, Cast
from tarazu.sim.synthetic.limits import price_bands
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import TICK

_take: Any = take


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
        self._sigmas = ImpliedSigmas(universe, session, np.array([self._resting_sigma(i) for i in range(n)]))
        self._state, self._dice = state, Dice(seed)
        self._words = self.rows.view(np.uint32).reshape(n, -1)
        self._last = np.zeros((n, LAST_WORDS), np.int32)
        self._volumes = np.zeros(n, np.uint32)
        self._last[:, LTP] = self._last[:, CLOSE] = self._cast.closes
        self.rows["token"] = state.rows["token"]
        self.rows["ltp"] = self.rows["close"] = self._cast.closes
        self._seen = np.zeros(n, np.bool_)
        self._venues = tuple(Venue)
        self._venue_of = np.array([self._venues.index(venue_of(i)) for i in universe.instruments], np.uint8)
        self._passes = 0
        self._due_ns: int | None = None
        self._last_ns = session.first_ns

    def moved(self, recv_ns: int) -> None:
        """Frames are in the state that no step has taken, the last of them received at `recv_ns`."""
        self._due_ns = max(recv_ns, self._last_ns)

    def next_ns(self) -> int | None:
        return self._due_ns

    def step(self) -> int:
        assert self._due_ns is not None, "a frame was applied"
        now_ns, self._due_ns = self._due_ns, None
        self._last_ns = now_ns
        _take(
            self._state.slots, self._state.words, self._passes, self.rows, self._words, self._last, self._volumes,
            self._seen, self._venue_of, self._trading(now_ns), self.changed, self.buy_flow, self.sell_flow,
        )  # fmt: skip
        self._passes = self._state.passes
        self._sigmas.look(now_ns, self._last[:, LTP], self._seen)
        return now_ns

    @property
    def sigma(self) -> NDArray[np.float64]:
        """Worked out when it is asked for."""
        return self._sigmas.values()

    def auction_interest(self, index: int, closing: bool) -> AuctionInterest:
        """Made up around the last price: frames do not show the call auctions' books."""
        row, own = self._cast.rows[index], self._last[index]
        last, close = int(own[LTP]), int(own[CLOSE])
        band = (int(self.bands[index, 0]), int(self.bands[index, 1]))
        centre = last if closing else min(max(int(own[OPEN]) or last, band[0]), band[1])
        word = self._dice.word("auction", int(closing), int(row["key"]))
        reference = last if closing else close
        return auction.interest(centre, reference, band, int(row["tick"]), float(row["depth"]), word)

    # Inside.

    def _trading(self, now_ns: int) -> NDArray[np.uint8]:
        """By venue: what traded in the interval that ends now did so in continuous trading."""
        phases = (self.session.phase_at(venue, now_ns - 1) for venue in self._venues)
        return np.array([phase is Phase.CONTINUOUS for phase in phases], np.uint8)

    def _resting_sigma(self, index: int) -> float:
        return math.sqrt(TRADING_DAYS) * float(self._cast.unders[self._cast.rows[index]["under"]]["daily"])
