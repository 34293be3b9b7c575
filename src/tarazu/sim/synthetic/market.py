"""The synthetic market of one day: a `sim.market.Market` made of paths, surface and ladder."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.model.calendar import TradingSession
from tarazu.model.rules import RuleBook
from tarazu.model.units import SECOND_NS
from tarazu.sim.dice import Dice, mix64
from tarazu.sim.market import AuctionInterest
from tarazu.sim.synthetic import auction, ladder, paths, state, surface
from tarazu.sim.synthetic.cast import Cast, round_to_tick
from tarazu.sim.synthetic.clock import VENUES, StepClock, closing_auction
from tarazu.sim.synthetic.limits import price_bands
from tarazu.sim.synthetic.listed import SECTORS
from tarazu.sim.synthetic.scenario import Scenario
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import TICK

_U64 = np.uint64


class SyntheticMarket:
    """Everybody else, for one session.

    State after a step is a function of seed, day and the steps taken; `rows` is rewritten whole from private state in
    every step, so what the exchange lays over it lasts until the next. Bands are read, never written, by steps: an
    exchange may slide them.
    """

    def __init__(
        self,
        universe: Universe,
        session: TradingSession,
        scenario: Scenario,
        seed: int,
        closes: Mapping[str, int],
        step_ns: int = SECOND_NS,
        rules: RuleBook | None = None,
    ) -> None:
        self.universe, self.session, self.scenario = universe, session, scenario
        self._dice = Dice(Dice(seed).word("market", session.day.toordinal()))
        self._clock = StepClock(session, scenario, step_ns)
        self._cast = Cast(universe, session, closes)
        n = len(universe)
        self.rows: NDArray[Any] = np.zeros(n, TICK)
        self.changed = np.zeros(n, np.bool_)
        self.buy_flow, self.sell_flow = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.bands = price_bands(self._cast, rules)
        self.sigma = np.zeros(n, np.float64)
        self._own: NDArray[Any] = np.zeros(n, TICK)
        self._words = self._own.view(np.int32).reshape(n, -1)
        self._shown = self.rows.view(np.int32).reshape(n, -1)
        self._books = np.zeros(n, state.BOOK)
        self._closing = np.zeros(n, np.int32)
        self._factors = np.zeros(2 + len(SECTORS))
        self._at = 0
        self._frozen = False
        self._open_the_day()

    def next_ns(self) -> int | None:
        return int(self._clock.times[self._at]) if self._at < len(self._clock.times) else None

    def step(self) -> int:
        at, clock = self._at, self._clock
        now_ns = int(clock.times[at])
        self._at += 1
        if self._frozen or not clock.live[at].any():
            self._rest()
        else:
            self._trade(at, now_ns)
        for event, venue in clock.events.get(int(clock.grid[at]), ()):
            self._event(event, venue, now_ns)
        np.copyto(self._shown, self._words)
        return now_ns

    def freeze(self, on: bool) -> None:
        """Stop (or resume) every path and book; time goes on and steps come, with nothing changed."""
        self._frozen = on

    def jump(self, pct: float) -> None:
        """Move every underlying by `pct` per cent before the next step; contracts and VIX follow."""
        self._cast.unders["x"] += math.log1p(pct / 100)

    def auction_interest(self, index: int, closing: bool) -> AuctionInterest:
        """Interest around the auction's equilibrium, which alone it would trade at."""
        row, lower, upper = self._cast.rows[index], *(int(b) for b in self.bands[index])
        centre = (int(self._closing[index]) or int(self._own[index]["ltp"])) if closing else self._opening_paise(index)
        reference = self._reference_paise(index) if closing else int(self._cast.closes[index])
        word = self._dice.word("auction", int(closing), int(row["key"]))
        return auction.interest(centre, reference, (lower, upper), int(row["tick"]), float(row["depth"]), word)

    def closes(self) -> dict[str, int]:
        """What each row closed at: the closing auction's price, else the VWAP of its last half hour, else its last
        trade, else (for contracts that never traded) its value. Key -> paise; call it when the day is over."""
        return {i.key: self._close_paise(n) for n, i in enumerate(self.universe.instruments)}

    def _open_the_day(self) -> None:
        own, unders = self._own, self._cast.unders
        own["token"] = [i.instrument_token for i in self.universe.instruments]
        own["ltp"] = own["close"] = self._cast.closes
        for n, row in enumerate(self._cast.rows):
            if row["kind"] >= state.FUTURE:
                own["oi"][n] = self._open_interest(row)
        own["oi_high"] = own["oi_low"] = own["oi"]
        first = self._dice.word("overnight")
        by = np.array([1.0, self.scenario.overnight**2, 1.0, self.scenario.gap, 0.0, 0.0, 0.0])
        # One step of a whole day's length draws the volatility states at rest and the gap.
        paths.move(unders, self._factors, _U64(first), by)
        surface.bend(self._cast.slices, unders, self.session.nominal_ns(self.session.first_ns))
        self._books["quoted"] = -1e18
        for n, row in enumerate(self._cast.rows):
            self.sigma[n] = ladder.value(row, unders, self._cast.slices)[3]
        np.copyto(self._shown, self._words)

    def _trade(self, at: int, now_ns: int) -> None:
        clock, cast, sc = self._clock, self._cast, self.scenario
        by = np.array(
            [
                clock.fraction[at],
                clock.variance[at],
                clock.volatility[at],
                clock.drift[at],
                sc.jumps_per_day,
                sc.jump_size,
                clock.pin[at],
            ]
        )
        word = mix64(_U64(self._dice.seed ^ int(clock.grid[at])))
        nominal_ns = self.session.nominal_ns(now_ns)
        paths.move(cast.unders, self._factors, word, by)
        surface.bend(cast.slices, cast.unders, nominal_ns)
        pace = np.array([clock.seconds[at], clock.activity[at], float(sc.every_row)])
        ladder.play(
            cast.rows,
            self._books,
            cast.unders,
            cast.slices,
            self._words,
            self.bands,
            self.changed,
            self.buy_flow,
            self.sell_flow,
            self.sigma,
            clock.live[at],
            clock.averaging[at],
            mix64(word ^ _U64(0xB00C)),
            pace,
            nominal_ns,
            now_ns // SECOND_NS,
        )

    def _rest(self) -> None:
        self.changed[:] = False
        self.buy_flow[:] = 0
        self.sell_flow[:] = 0

    def _event(self, event: str, venue: int, now_ns: int) -> None:
        for n in np.flatnonzero(self._cast.rows["venue"] == venue).tolist():
            if event == "stop":
                self._stop(n, now_ns)
            else:
                price = self._opening_paise(n) if event == "open" else int(self._closing[n])
                self._uncross(n, price, event == "close", now_ns)

    def _stop(self, n: int, now_ns: int) -> None:
        """Continuous trading is over: the book empties; where a closing auction follows, its outcome is settled."""
        if self._cast.rows[n]["kind"] <= state.VIX:
            return
        self._words[n, ladder.BUY_QTY : ladder.SELL_QTY + 1] = 0
        self._words[n, ladder.BIDS :] = 0
        self._own[n]["exchange_ts"] = now_ns // SECOND_NS
        self.changed[n] = True
        if closing_auction(self.session, VENUES[int(self._cast.rows[n]["venue"])]):
            self._closing[n] = self._auction_close_paise(n)

    def _uncross(self, n: int, price: int, closing: bool, now_ns: int) -> None:
        traded = auction.matched(self.auction_interest(n, closing), price)
        row = self._words[n]
        row[ladder.LAST_QTY] = max(traded // 50, 1)
        ladder.tally(row, self._books[n], False, price, traded, now_ns // SECOND_NS)
        self.changed[n] = True

    def _opening_paise(self, n: int) -> int:
        """The pre-open's equilibrium: where the path stands before the first continuous step."""
        if self._own[n]["open"]:
            return int(self._own[n]["open"])
        lower, upper = (int(b) for b in self.bands[n])
        row = self._cast.rows[n]
        fair = math.exp(self._cast.unders[row["under"]]["x"])
        return min(max(round_to_tick(fair, int(row["tick"])), lower), upper)

    def _reference_paise(self, n: int) -> int:
        book = self._books[n]
        if book["ref_volume"] > 0:
            return round_to_tick(book["ref_turnover"] / book["ref_volume"], int(self._cast.rows[n]["tick"]))
        return int(self._own[n]["ltp"])

    def _auction_close_paise(self, n: int) -> int:
        """Half-way from the reference to where the path stands, give or take 0.1 %; within 3 % (the auction's band)."""
        row, reference = self._cast.rows[n], self._reference_paise(n)
        fair = math.exp(self._cast.unders[row["under"]]["x"])
        noise = 0.002 * (self._dice.unit("close", int(row["key"])) - 0.5)
        wanted = math.sqrt(fair * reference) * (1 + noise)
        tick = int(row["tick"])
        lower = max(-int(-reference * 0.97 // tick) * tick, int(self.bands[n, 0]))
        upper = min(int(reference * 1.03 // tick) * tick, int(self.bands[n, 1]))
        return min(max(round_to_tick(wanted, tick), lower), upper)

    def _close_paise(self, n: int) -> int:
        row, own = self._cast.rows[n], self._own[n]
        if row["kind"] <= state.VIX:
            return int(own["ltp"])
        if self._closing[n]:
            return int(self._closing[n])
        if self._books[n]["ref_volume"] > 0 or own["volume"] > 0:
            return self._reference_paise(n)
        return self._cast.theory_paise(n) if row["slice"] >= 0 else int(own["ltp"])

    def _open_interest(self, row: Any) -> int:
        """A few days of volume, spread over strikes as liquidity is; round strikes hold more."""
        liquidity = ladder.value(row, self._cast.unders, self._cast.slices)[2] ** 0.4
        spread = 0.5 + self._dice.unit("oi", int(row["key"]))
        lots = row["trades"] * row["lots"] * 2_000.0 * liquidity * spread
        return int(min(lots, 1e9 / row["lot"])) * int(row["lot"])
