"""A recorded day as a market: ticker frames as they came, played back onto a session."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.market.black76 import implied_sigma
from tarazu.model import ist
from tarazu.model.calendar import Phase, TradingSession, venue_of
from tarazu.model.ids import InstrumentToken
from tarazu.model.instrument import Kind
from tarazu.model.rules import RuleBook
from tarazu.model.units import DAY_NS, SECOND_NS
from tarazu.sim.dice import Dice
from tarazu.sim.market import AuctionInterest
from tarazu.sim.synthetic import auction
from tarazu.sim.synthetic.cast import EXPIRY_NS, RATE, TRADING_DAYS, Cast
from tarazu.sim.synthetic.limits import price_bands
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import FULL_BYTES, INDEX_FULL_BYTES, INDEX_QUOTE_BYTES, LTP_BYTES, TICK, TickFrame, decode

YEAR_NS = 365 * DAY_NS
QUOTE_WORDS = 11
"""Words of a row that a quote packet carries, token to close; depth, OI and stamps come in full mode only."""


class ReplayMarket:
    """Rows as recorded; flows inferred; bands and volatilities computed, for recordings have none.

    A frame received at some time of its recording's day comes at the same nominal time of `session`, whichever day
    that is and however short it is played. Frames of one instant make one step. Instruments the universe does not
    know are passed over and counted in `unknown`.
    """

    def __init__(
        self,
        universe: Universe,
        session: TradingSession,
        recording: Iterable[tuple[int, bytes]],
        seed: int = 0,
        closes: Mapping[str, int] | None = None,
        rules: RuleBook | None = None,
    ) -> None:
        self.universe, self.session = universe, session
        n = len(universe)
        self.rows: NDArray[Any] = np.zeros(n, TICK)
        self.changed = np.zeros(n, np.bool_)
        self.buy_flow, self.sell_flow = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.unknown = 0
        self._seen = np.zeros(n, np.bool_)
        self._cast = Cast(universe, session, closes or {})
        self.bands = price_bands(self._cast, rules)
        self.sigma = np.array([self._resting_sigma(i) for i in range(n)])
        self._own: NDArray[Any] = np.zeros(n, TICK)
        self._words = self._own.view(np.uint32).reshape(n, -1)
        self._own["token"] = [i.instrument_token for i in universe.instruments]
        self._own["ltp"] = self._own["close"] = self._cast.closes
        self._dice = Dice(seed)
        self._frame = TickFrame()
        self._recording = iter(recording)
        self._ahead = next(self._recording, None)
        self._shift_ns = self._day_shift_ns()
        self._last_ns = session.first_ns
        self.rows[:] = self._own

    def next_ns(self) -> int | None:
        """Never earlier than the step before: a stamp that runs back is held."""
        return None if self._ahead is None else max(self._played_ns(self._ahead[0]), self._last_ns)

    def step(self) -> int:
        now_ns = self.next_ns()
        assert now_ns is not None, "the recording goes on"
        self.changed[:] = False
        self.buy_flow[:] = 0
        self.sell_flow[:] = 0
        while self._ahead is not None and self._played_ns(self._ahead[0]) <= now_ns:
            self._take(self._ahead[1], now_ns)
            self._ahead = next(self._recording, None)
        self._last_ns = now_ns
        self.rows[:] = self._own
        return now_ns

    def auction_interest(self, index: int, closing: bool) -> AuctionInterest:
        """Made up around the last price: recordings do not show the call auctions' books."""
        row, own = self._cast.rows[index], self._own[index]
        reference = int(own["ltp"]) if closing else int(own["close"])
        band = (int(self.bands[index, 0]), int(self.bands[index, 1]))
        centre = min(max(int(own["open"]) or int(own["ltp"]), band[0]), band[1]) if not closing else int(own["ltp"])
        word = self._dice.word("auction", int(closing), int(row["key"]))
        return auction.interest(centre, reference, band, int(row["tick"]), float(row["depth"]), word)

    def closes(self) -> dict[str, int]:
        """The last price of each row, key -> paise."""
        return {i.key: int(self._own[n]["ltp"]) for n, i in enumerate(self.universe.instruments)}

    def _day_shift_ns(self) -> int:
        if self._ahead is None:
            return 0
        return ist.midnight_ns(self.session.day) - ist.midnight_ns(ist.day_of(self._ahead[0]))

    def _played_ns(self, ts_recv_ns: int) -> int:
        return self.session.actual_ns(ts_recv_ns + self._shift_ns)

    def _take(self, frame: bytes, now_ns: int) -> None:
        count = decode(frame, self._frame)
        words = self._frame.rows.view(np.uint32).reshape(len(self._frame.rows), -1)
        for packet, length in zip(words[:count], self._frame.packet_bytes[:count].tolist(), strict=True):
            index = self.universe.index_of_token.get(InstrumentToken(int(packet[0])))
            if index is None:
                self.unknown += 1
            else:
                self._apply(index, packet, length, now_ns)

    def _apply(self, index: int, packet: NDArray[np.uint32], length: int, now_ns: int) -> None:
        own = self._own[index]
        before, is_first = own.copy(), not self._seen[index]
        self._seen[index] = True
        if length == LTP_BYTES:
            self._words[index, 1] = packet[1]
        else:
            carried = len(packet) if length in (FULL_BYTES, INDEX_FULL_BYTES) else QUOTE_WORDS
            self._words[index, :carried] = packet[:carried]
        if length != INDEX_QUOTE_BYTES and not is_first:
            self._infer_flow(index, before, own, now_ns)
        for stamp in ("exchange_ts", "last_trade_ts"):
            if own[stamp]:
                own[stamp] = self._played_ns(int(own[stamp]) * SECOND_NS) // SECOND_NS
        self.changed[index] = True
        self._imply(index, now_ns)

    def _infer_flow(self, index: int, before: Any, now: Any, now_ns: int) -> None:
        """Split the volume since the last packet by where the last trade was against the book before it; a recording
        may begin at noon, so an instrument's first packet is no trade.

        At the ask or above: bought; at the bid or below: sold; between: by the middle, then by the last price's move,
        and half each where that says nothing. Nothing outside continuous trading.
        """
        traded = int(now["volume"]) - int(before["volume"])
        venue = venue_of(self.universe.instruments[index])
        if traded <= 0 or self.session.phase_at(venue, now_ns - 1) is not Phase.CONTINUOUS:
            return
        bought = traded * _bought_half(int(now["ltp"]), before) // 2
        self.buy_flow[index] += bought
        self.sell_flow[index] += traded - bought

    def _resting_sigma(self, index: int) -> float:
        return math.sqrt(TRADING_DAYS) * float(self._cast.unders[self._cast.rows[index]["under"]]["daily"])

    def _imply(self, index: int, now_ns: int) -> None:
        """An option's volatility from its last price and its underlying's, as far as both are known."""
        instrument = self.universe.instruments[index]
        under = int(self.universe.underlying_index[index])
        spot = int(self._own[under]["ltp"])
        if not instrument.is_option or instrument.expiry is None or not self._seen[under] or spot <= 0:
            return
        left = ist.midnight_ns(instrument.expiry) + EXPIRY_NS - self.session.nominal_ns(now_ns)
        years = max(left, 0) / YEAR_NS
        growth = math.exp(RATE * years)
        paid, strike = float(self._own[index]["ltp"]), float(instrument.strike_paise)
        sigma = implied_sigma(instrument.kind is Kind.CE, paid, spot * growth, strike, years, 1.0 / growth)
        if sigma > 0.0:
            self.sigma[index] = sigma


def _bought_half(ltp: int, before: Any) -> int:
    """Halves of a trade's volume that were bought: 2 all, 1 half, 0 none."""
    bid, ask = int(before["bids"][0]["price"]), int(before["asks"][0]["price"])
    if ask and ltp >= ask:
        return 2
    if bid and ltp <= bid:
        return 0
    for reference in ((bid + ask) / 2 if bid and ask else 0, int(before["ltp"])):
        if reference and ltp != reference:
            return 2 if ltp > reference else 0
    return 1
