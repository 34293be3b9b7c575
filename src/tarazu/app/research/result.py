"""What a strategy made of its days, in paise and UTC ns."""

from datetime import date
from typing import Any

import msgspec


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """One execution, when the engine heard of it."""

    ts_ns: int
    key: str
    side: str
    qty: int
    price_paise: int
    purpose: str
    """ENTRY, EXIT, STOP, SQUARE_OFF; empty: an order nobody here decided."""
    strategy: str
    order_id: str


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """How things stood at a moment: once a minute, and at the end."""

    ts_ns: int
    net_paise: int
    """Of the day, marked at last prices, charges taken off."""
    exposure_paise: int
    """Σ |units| x last price of what was held."""
    spot_paise: int
    """Of the underlying that is shown; 0 before it was seen."""
    straddle_paise: int = 0
    """The baseline's result so far."""
    greeks: dict[str, float] = {}
    """Net over everything held, in rupees (`held_greeks.UNITS`); empty where nothing is, and where it is not known."""


class Refusals(msgspec.Struct, frozen=True, kw_only=True):
    """What was not sent, by the control that said no."""

    code: str
    count: int
    first: str
    """What it saw and its limit, the first time."""


class Straddle(msgspec.Struct, frozen=True, kw_only=True):
    """The baseline: at the day's first two-sided touch one lot each of the call and the put at the money is bought at
    the asks, and sold at the day's last bids; charges as everybody pays them."""

    keys: tuple[str, str]
    units: int
    bought_ns: int
    paid_paise: int
    got_paise: int
    charges_paise: int

    @property
    def net_paise(self) -> int:
        return self.got_paise - self.paid_paise - self.charges_paise


class DayResult(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    date: date
    gross_paise: int
    charges_paise: int
    broker_net_paise: int
    """What the account at the broker is worth more than in the morning, by the broker's own books."""
    drawdown_paise: int
    """The deepest fall below the high water of `curve`."""
    trades: tuple[Trade, ...]
    curve: tuple[Point, ...]
    orders: int
    changes: int
    cancels: int
    refusals: tuple[Refusals, ...]
    broker_refusals: int
    decisions: dict[str, int]
    """By verb, as journalled."""
    decided_sha256: str
    """Over every decision, want refused and order intended, with its time: equal runs have equal ones."""
    alerts: tuple[str, ...]
    """SEV1 and SEV2, each once."""
    held: tuple[tuple[str, int], ...]
    """What was held when the day ended, valued at last prices and not settled: key and units."""
    halted: str
    """Why, where the day ended halted."""
    active_s: int
    """Seconds in which entries were taken."""
    shown: str
    """Key of the underlying whose price is in the curve."""
    straddle: Straddle | None
    frames: int
    packets: int
    messages: int
    wall_s: float
    note: str = ""

    @property
    def net_paise(self) -> int:
        return self.gross_paise - self.charges_paise


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Of a walk forward: by what days, which parameters, and what came of them."""

    first: str
    last: str
    params: dict[str, Any]
    trained_paise: int
    tested: tuple[str, ...]
    tested_paise: int


class WalkForward(msgspec.Struct, frozen=True, kw_only=True):
    windows: tuple[Window, ...]
    left_out: tuple[str, ...]
    """The last days, too few for another window: neither chosen by nor tried on after them."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    strategy: str
    params: dict[str, object]
    latency_ms: float
    cash_paise: int
    limits: str
    """Whose they are, for people."""
    build: str
    days: tuple[DayResult, ...]
    walk: WalkForward | None = None
    """Where the parameters were chosen on the way, and over `params`; `days` are those they were tried on."""

    @property
    def net_paise(self) -> int:
        return sum(day.net_paise for day in self.days)

    @property
    def charges_paise(self) -> int:
        return sum(day.charges_paise for day in self.days)

    @property
    def straddle_paise(self) -> int | None:
        """None where there was none on some day."""
        made = [day.straddle.net_paise for day in self.days if day.straddle is not None]
        return sum(made) if len(made) == len(self.days) else None

    @property
    def drawdown_paise(self) -> int:
        """The deepest fall below the high water of the whole curve, day after day."""
        total = high = worst = 0
        for day in self.days:
            for point in day.curve:
                high = max(high, total + point.net_paise)
                worst = max(worst, high - total - point.net_paise)
            total += day.net_paise
        return worst
