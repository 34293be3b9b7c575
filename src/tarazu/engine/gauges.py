"""What halts the account by itself: each a figure beside its limit, raised when the limit is reached (C24, C29).

One table serves four: the halt, the warning before it, `tarazu engine status`, and the refusal of a reset while the
cause persists. What is not configured gauges nothing here; it denies every entry instead (`risk_watch.denials`).
"""

from collections.abc import Callable, Iterable

import msgspec

from tarazu.engine.halts import RiskState
from tarazu.engine.state import EngineState
from tarazu.model.calendar import Phase, Venue
from tarazu.model.units import SECOND_NS, rupees_text
from tarazu.orders.intent import Purpose

NEAR_PERCENT = 80
"""Ours: from here on a person is warned."""


class Gauge(msgspec.Struct, frozen=True, gc=False):
    code: str
    level: RiskState
    used: int
    limit: int
    say: Callable[[], str]
    """Both, as people read them; told when somebody does."""
    warns: bool = True
    """Whether coming near says something; a duration only runs."""

    @property
    def text(self) -> str:
        return self.say()

    @property
    def is_reached(self) -> bool:
        return self.used >= self.limit

    @property
    def is_near(self) -> bool:
        return self.warns and not self.is_reached and self.percent >= NEAR_PERCENT

    @property
    def percent(self) -> int:
        return max(self.used, 0) * 100 // self.limit if self.limit else 100


class Moment:
    """The timetable is looked at when a gauge asks: on most seconds nothing is out of order, and none does."""

    def __init__(self, state: EngineState, now_ns: int, wall_ns: int) -> None:
        self.now_ns = now_ns
        self._state, self._wall_ns = state, wall_ns

    @property
    def is_open(self) -> bool:
        """Some of the desk's markets trade: prices move, and one that is not known may be any."""
        return is_open(self._state, self._wall_ns)

    @property
    def open_ns(self) -> int:
        """For how long they have, by the wall clock. What is out of order before the open has from then on to mend."""
        return open_for_ns(self._state, self._wall_ns)


def gauges(state: EngineState, now_ns: int, wall_ns: int) -> tuple[Gauge, ...]:
    """Every figure that has a limit, in the order in which they halt."""
    at = Moment(state, now_ns, wall_ns)
    return tuple([gauge for read in GAUGES if (gauge := read(state, at)) is not None])


_VENUES = (Venue.DERIVATIVES, Venue.CASH_FNO)


def is_open(state: EngineState, wall_ns: int) -> bool:
    """No timetable is no trading: nothing is entered then either (C16)."""
    session = state.session
    if session is None:
        return False
    return any(session.phase_at(venue, wall_ns) is Phase.CONTINUOUS for venue in _VENUES)


def open_for_ns(state: EngineState, wall_ns: int) -> int:
    """Since the first of them that trades now began to; 0 while none does."""
    if state.session is None:
        return 0
    windows = [state.session.window_at(venue, wall_ns) for venue in _VENUES]
    starts = [window.start_ns for window in windows if window is not None and window.phase is Phase.CONTINUOUS]
    return wall_ns - min(starts) if starts else 0


def holds(state: EngineState) -> bool:
    """Anything at all, as far as fills are known."""
    before, filled = state.before, state.blotter.standing.filled
    for place, qty in filled.items():
        if qty + before.get(place, 0):
            return True
    return any(qty for place, qty in before.items() if place not in filled)


def is_at_risk(state: EngineState) -> bool:
    """Something is held, or an entry may still fill."""
    entries = (o for o in state.blotter.open() if o.intent is not None and o.intent.purpose is Purpose.ENTRY)
    return holds(state) or any(not order.ended for order in entries)


def _day_loss(state: EngineState, at: Moment) -> Gauge | None:
    return _loss(state, "DAY_LOSS", state.config.risk.day_loss_max_paise)


def _pilot_loss(state: EngineState, at: Moment) -> Gauge | None:
    """The pilot's own, tighter limit; a pilot that may lose nothing may enter nothing (`guards`)."""
    return _loss(state, "PILOT_LOSS", state.pilot.day_loss_max_paise or None if state.pilot else None)


def _loss(state: EngineState, code: str, limit: int | None) -> Gauge | None:
    """By the last result that was known."""
    net = state.marked.drawdown.net_paise
    if limit is None or not isinstance(net, int):
        return None
    loss = max(-net, 0)

    def say() -> str:
        return (
            f"the day's loss is {rupees_text(loss)} rupees, charges and open positions counted, of {rupees_text(limit)}"
        )

    return Gauge(code, RiskState.HARD_HALT, loss, limit, say)


def _drawdown(state: EngineState, at: Moment) -> Gauge | None:
    limit, drawdown = state.config.risk.drawdown_max_paise, state.marked.drawdown
    fallen = drawdown.paise
    if limit is None or not isinstance(fallen, int):
        return None

    def say() -> str:
        high = rupees_text(drawdown.high_water_paise)
        return f"the day's result is {rupees_text(fallen)} rupees below its best of {high}, of {rupees_text(limit)}"

    return Gauge("DRAWDOWN", RiskState.SOFT_HALT, fallen, limit, say)


def _unknown(state: EngineState, at: Moment) -> Gauge | None:
    """Counted while the market trades and something is held: what is flat loses nothing by a price. A start and the
    open begin it anew: nothing was followed before the one, and nothing quoted before the other."""
    since_ns, limit = state.marked.unknown_ns, state.config.risk.pnl_unknown_ns
    if not since_ns or not at.is_open or not holds(state):
        return None
    used = min(at.now_ns - max(since_ns, state.started_ns), at.open_ns)
    text = f"the day's result is not computable, {_seconds(used)} of {_seconds(limit)}: {state.marked.why}"
    return Gauge("PNL_UNKNOWN", RiskState.SOFT_HALT, used, limit, lambda: text, warns=False)


def _rejects(state: EngineState, at: Moment) -> Gauge | None:
    used, limit = state.conduct.rejects, state.config.risk.rejects_max
    return Gauge(
        "REJECTS",
        RiskState.SOFT_HALT,
        used,
        limit,
        lambda: f"the broker refused {used} orders in a row, of {limit}",
    )


def _order_to_trade(state: EngineState, at: Moment) -> Gauge | None:
    """SEBI counts what is sent for each trade; so few that they say nothing are not counted."""
    conduct, risk = state.conduct, state.config.risk
    sent = conduct.requests
    if sent < risk.order_to_trade_from:
        return None
    trades, limit = conduct.trades, risk.order_to_trade_max
    used = sent // max(trades, 1)

    def say() -> str:
        return f"{used} requests for each trade ({sent} for {trades}), of {limit}"

    return Gauge("ORDER_TO_TRADE", RiskState.SOFT_HALT, used, limit, say)


def _record(state: EngineState, at: Moment) -> Gauge | None:
    """Journal, database, books."""
    return _ailing(state, at, "RECORD", [name for name in state.ailing if not name.startswith("feed ")])


def _feed(state: EngineState, at: Moment) -> Gauge | None:
    found = [name for name in state.ailing if name.startswith("feed ")]
    return _ailing(state, at, "FEED", found, at.open_ns) if found and at.is_open else None


def _ailing(state: EngineState, at: Moment, code: str, names: list[str], counted_ns: int | None = None) -> Gauge | None:
    """What mends itself within the time was a REDUCE_ONLY and is over; beyond it somebody has to look. Only while
    something is at risk: a feed that fails on an empty desk costs nobody his sleep. At most `counted_ns` of it
    counts."""
    if not names or not is_at_risk(state):
        return None
    since_ns, limit = min(state.ailing[name] for name in names), state.config.risk.trouble_ns
    used = at.now_ns - since_ns if counted_ns is None else min(at.now_ns - since_ns, counted_ns)
    text = f"out of order for {_seconds(used)} of {_seconds(limit)}: {', '.join(sorted(names))}"
    return Gauge(code, RiskState.SOFT_HALT, used, limit, lambda: text, warns=False)


def _seconds(ns: int) -> str:
    return f"{ns // SECOND_NS} s"


Reading = Callable[[EngineState, Moment], Gauge | None]
GAUGES: tuple[Reading, ...] = (
    _day_loss, _pilot_loss, _drawdown, _unknown, _rejects, _order_to_trade, _record, _feed,
)  # fmt: skip


def telling(state: EngineState, now_ns: int, wall_ns: int) -> list[Gauge]:
    """Those that are near their limit or have reached it: on most seconds none."""
    return [one for one in gauges(state, now_ns, wall_ns) if one.used * 100 >= NEAR_PERCENT * one.limit]


def reached(found: Iterable[Gauge]) -> list[Gauge]:
    """Those that halt now, the hardest first."""
    return sorted((one for one in found if one.is_reached), key=lambda one: one.level is not RiskState.HARD_HALT)
