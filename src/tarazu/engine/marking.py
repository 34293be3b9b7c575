"""The day's result as the market values it now. A price that nobody knows makes it unknown; it is never taken for zero.

A mark is the middle of the touch where it is narrow enough to be believed (C25), else the last price, brought inside
the touch: one absurd quote of an option that nobody makes a market in is no loss. A market that stands still is no old
one: options are silent for minutes and their price is what it was. A mark is old when it is of another day, and when
a required feed is stale while the market trades and it was not seen since. What nobody follows, a share bought by hand
say, is marked at the last price of the broker's own positions.
"""

from typing import NamedTuple

from tarazu.engine.gauges import is_open
from tarazu.engine.messages import What
from tarazu.engine.run import Run
from tarazu.engine.state import EngineState
from tarazu.engine.telling import BOOKS
from tarazu.market.touch import Touch
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise

TRADES_LATE_NS = 60 * SECOND_NS
"""Ours: what is filled reaches the books by the trades, which are read every two seconds while any are missing."""
POSITIONS_LATE_NS = 120 * SECOND_NS
"""Ours: they are read every half minute."""
BPS = 10_000
PAISE_MAX = 2**53
"""₹90 lakh crore: more than any account has, and the most that a float and every journal hold exactly."""


class Result(NamedTuple):
    """Of the day; both None, with the reason, when it is not computable."""

    net_paise: int | None
    gross_paise: int | None = None
    why: str = ""


def result_of(run: Run) -> Result:
    """Charges taken off `net`."""
    state = run.state
    if why := _doubt(state, run.now_ns):
        return Result(None, why=why)
    assert state.books is not None
    total = state.books.result(Marks(run))
    gross, net = total.gross_paise, total.net_paise
    if isinstance(gross, UnknownPaise) or isinstance(net, UnknownPaise):
        return Result(None, why=str(net))
    if max(abs(gross), abs(net)) > PAISE_MAX:
        return Result(None, why=f"the broker's figures give a result of {net} paise, which no account has")
    return Result(net, gross)


def _doubt(state: EngineState, now_ns: int) -> str:
    """Why the books themselves cannot be valued."""
    if state.books is None:
        return "the broker's positions are not read yet"
    if BOOKS in state.trouble:
        return state.trouble[BOOKS]
    if not state.blotter.standing.untraded:
        return ""
    late = [order.ref for order in state.blotter.trades_missing() if now_ns > order.filled_ns + TRADES_LATE_NS]
    return f"no trades are read of what is filled of {', '.join(late[:3])}" if late else ""


class Marks:
    """`portfolio.marks.MarkOf` of this moment."""

    def __init__(self, run: Run) -> None:
        state = run.state
        self._limits, self._instruments, self._quotes = state.config.risk, state.instruments, run.quotes
        is_late = run.now_ns > state.readings[What.POSITIONS].began_ns + POSITIONS_LATE_NS
        self._lasts = {} if is_late else state.lasts
        is_stale = any(feed.required and not feed.fresh for feed in state.feeds.values())
        self._oldest_ns = ist.midnight_ns(state.day)
        if is_stale and is_open(state, run.wall_ns):
            self._oldest_ns = max(self._oldest_ns, run.wall_ns - state.config.touch_age_ns)

    def __call__(self, key: str) -> Paise:
        touch = self._quotes.touch(key)
        if touch is None:
            return self._lasts.get(key) or UnknownPaise.because(Cause.NO_PRICE, key)
        price = mark_paise(touch, self._wide_bps(key))
        if price is None:
            return UnknownPaise.because(Cause.NO_PRICE, key)
        if touch.seen_ns < self._oldest_ns:
            return UnknownPaise.because(Cause.STALE_PRICE, key)
        return price

    def _wide_bps(self, key: str) -> int:
        instrument = self._instruments.get(key)
        return self._limits.spread_bps_max.get(instrument.kind, 0) if instrument is not None else 0


def mark_paise(touch: Touch, wide_bps: int) -> int | None:
    """What it is worth, to the paisa below; None without any price."""
    bid, ask, last = touch.bid_paise, touch.ask_paise, touch.last_paise
    if bid is not None and ask is not None:
        middle = (bid + ask) // 2
        if last is None or 0 <= (ask - bid) * BPS <= wide_bps * middle:
            return middle
    if last is None:
        return None
    inside = last if bid is None else max(last, bid)
    return inside if ask is None else min(inside, ask)
