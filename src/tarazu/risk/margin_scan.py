"""Our own estimate of margins, from the day's documented rates: what an order needs on top of what is held.

By underlying: the worst of sixteen scenarios over everything together, the calendar charge, the least margin of short
options, exposure, and the value of net short options beside it. The clearing house's files are not ours to have; the
estimate is compared with the broker's own basket (`engine.portfolio_watch`), and the account's buffer is for the rest.
"""

# numba infers the types from the signatures.
# mypy: disable-error-code="no-untyped-def"

import math
from datetime import date
from typing import NamedTuple

import numpy as np
from numba import boolean, float64, int64, njit, void
from numpy.typing import NDArray

from tarazu.market.black76 import delta as black_delta
from tarazu.market.black76 import price as black_price
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.risk.greeks import SIGMA_FLOOR, years_left
from tarazu.risk.margin_rules import MarginRules

INTRADAY = (Product.MIS, Product.CO)
SCENARIOS = np.array(
    [(move, vol, 1.0) for move in (0.0, 1 / 3, -1 / 3, 2 / 3, -2 / 3, 1.0, -1.0) for vol in (1.0, -1.0)]
    + [(2.0, 0.0, 0.35), (-2.0, 0.0, 0.35)]
)
"""Move in price scans, move of volatility in scans, share of the loss that counts: as SPAN has them."""

Column = NDArray[np.float64]
# A contract's columns, one unit held long, paise: its losses by scenario, then these.
_VALUE, _DELTA, _NOTIONAL, _EXPOSURE, _KIND, _COLUMNS = (len(SCENARIOS) + n for n in range(6))
_FUTURE, _CALL, _PUT = 0.0, 1.0, 2.0
# Of everything together.
_WORTH, _EXPOSED, _CALLS, _PUTS, _UNCOVERED, _CALENDAR, _SUMS = range(7)


class Requirement(NamedTuple):
    """What is blocked, paise."""

    span: int = 0
    exposure: int = 0
    premium: int = 0
    """The value of net short options."""
    var: int = 0
    """Shares."""

    @property
    def total(self) -> int:
        return self.span + self.exposure + self.premium + self.var


class Marked(NamedTuple):
    """Paise; `sigma` of an option."""

    last: float
    spot: float
    """Of a derivative's underlying."""
    sigma: float = 0.0


def contract_of(rules: MarginRules, instrument: Instrument, marked: Marked, day: date, wall_ns: int) -> Column:
    """The columns of a derivative."""
    assert instrument.expiry is not None
    rates, row = rules.rates, np.zeros(_COLUMNS)
    scan = rates.index_price_scan if instrument.name in rules.index_names else rates.stock_price_scan
    row[_EXPOSURE] = rules.exposure_rate(instrument, day)
    if instrument.is_option:
        is_call = instrument.kind is Kind.CE
        years = years_left(instrument.expiry, wall_ns)
        row[_KIND], row[_NOTIONAL] = _CALL if is_call else _PUT, marked.spot
        _scan_option(is_call, marked.spot, instrument.strike_paise, marked.sigma, years, scan, rates.vol_scan, row)
    else:
        row[_KIND], row[_NOTIONAL], row[_DELTA] = _FUTURE, marked.last, 1.0
        row[: len(SCENARIOS)] = -marked.last * scan * SCENARIOS[:, 0] * SCENARIOS[:, 2]
    return row


class Together:
    """Everything held on one underlying."""

    def __init__(self, rules: MarginRules) -> None:
        self._rules, self._minimum = rules, rules.rates.short_option_minimum
        self._days: list[date] = []
        self._losses = _NO_LOSSES
        self._open = _NOTHING_OPEN
        """By expiry: delta in units of the underlying, and the notional of the contract added last."""
        self._sums = np.zeros(_SUMS)
        self._sums[_CALENDAR] = rules.rates.calendar_spread
        self._qty: dict[str, int] = {}
        self._shares: dict[str, tuple[int, int]] = {}

    def copy(self) -> "Together":
        twin = Together(self._rules)
        twin._days, twin._qty, twin._shares = list(self._days), dict(self._qty), dict(self._shares)
        twin._losses, twin._open, twin._sums = self._losses.copy(), self._open.copy(), self._sums.copy()
        return twin

    def add(self, instrument: Instrument, row: Column, qty: int) -> None:
        """`row` is its `contract_of`."""
        at, key = self._place(instrument), instrument.key
        held = self._qty.get(key, 0)
        self._qty[key] = held + qty
        _add(self._losses, self._open, self._sums, row, at, held, qty, self._minimum)

    def add_shares(self, key: str, qty: int, price_paise: int) -> None:
        """Of intraday products: others are paid in full."""
        held, price = self._shares.get(key, (0, 0))
        self._shares[key] = (held + qty, max(price, price_paise))

    def requirement(self) -> Requirement:
        span, exposure, premium = _blocked(self._losses, self._open, self._sums)
        return Requirement(int(span), int(exposure), int(premium), self._var())

    def needed(self, instrument: Instrument, row: Column, qty: int, price_paise: int) -> int:
        """What must be free for an order of `qty` units (below 0: sold) at that price: what more is blocked once it has
        filled, and a premium in full. A sale above what the option is worth is not believed before it happens."""
        at, held = self._place(instrument), self._qty.get(instrument.key, 0)
        return int(_needed(self._losses, self._open, self._sums, row, at, held, qty, self._minimum, price_paise))

    def needed_for_shares(self, key: str, product: Product, side: Side, qty: int, price_paise: int) -> int:
        if product not in INTRADAY:
            return qty * price_paise if side is Side.BUY else 0
        held, price = self._shares.get(key, (0, 0))
        rate, dearest = self._rules.rates.cash_intraday, max(price, price_paise)
        after = abs(held + side.sign * qty) * dearest
        return max(math.ceil(after * rate - 1e-6) - math.ceil(abs(held) * price * rate - 1e-6), 0)

    def _var(self) -> int:
        worth = sum(abs(qty) * price for qty, price in self._shares.values())
        return math.ceil(worth * self._rules.rates.cash_intraday - 1e-6)

    def _place(self, instrument: Instrument) -> int:
        """Of its expiry; a new one has a row of zeros, which changes no requirement."""
        assert instrument.expiry is not None
        if instrument.expiry not in self._days:
            at = sum(day < instrument.expiry for day in self._days)
            self._days.insert(at, instrument.expiry)
            self._losses, self._open = _with_row(self._losses, at), _with_row(self._open, at)
        return self._days.index(instrument.expiry)


_NO_LOSSES, _NOTHING_OPEN = np.zeros((0, len(SCENARIOS))), np.zeros((0, 2))


def _with_row(table: Column, at: int) -> Column:
    """A copy with a row of zeros there; `np.insert` takes ten times as long."""
    found = np.zeros((len(table) + 1, table.shape[1]))
    if at:
        found[:at] = table[:at]
    if at < len(table):
        found[at + 1 :] = table[at:]
    return found


@njit(void(boolean, float64, float64, float64, float64, float64, float64, float64[::1]), cache=True)
def _scan_option(is_call, spot, strike, sigma, years, scan, vol_scan, row):
    least = max(sigma, SIGMA_FLOOR)
    now = black_price(is_call, spot, strike, least, years, 1.0)
    for n in range(len(SCENARIOS)):
        move, vol, share = SCENARIOS[n, 0], SCENARIOS[n, 1], SCENARIOS[n, 2]
        moved = max(sigma + vol * vol_scan, SIGMA_FLOOR)
        row[n] = share * (now - black_price(is_call, spot * (1.0 + move * scan), strike, moved, years, 1.0))
    row[_VALUE], row[_DELTA] = now, black_delta(is_call, spot, strike, least, years, 1.0)


_TABLE = float64[:, ::1]


@njit(void(_TABLE, _TABLE, float64[::1], float64[::1], int64, float64, float64, float64), cache=True)
def _add(losses, opened, sums, row, at, held, qty, minimum):
    """`held` of the contract before; `minimum` is the short option minimum's rate."""
    for n in range(len(SCENARIOS)):
        losses[at, n] += qty * row[n]
    opened[at, 0] += qty * row[_DELTA]
    opened[at, 1] = row[_NOTIONAL]
    sums[_WORTH] += qty * row[_VALUE]
    if row[_KIND] == _FUTURE:
        at_risk = abs(held + qty) - abs(held)
    else:
        at_risk = max(-held - qty, 0.0) - max(-held, 0.0)
        sums[_CALLS if row[_KIND] == _CALL else _PUTS] += qty
        sums[_UNCOVERED] = max(sums[_UNCOVERED], row[_NOTIONAL] * minimum)
    sums[_EXPOSED] += at_risk * row[_NOTIONAL] * row[_EXPOSURE]


@njit("UniTuple(float64, 3)(float64[:, ::1], float64[:, ::1], float64[::1])", cache=True)
def _blocked(losses, opened, sums):
    """Span, exposure, premium; each up to the paisa, but not for a float's last bits."""
    days = len(losses)
    apart = together = charge = delta = 0.0
    for day in range(days):
        apart += max(0.0, losses[day].max())
        if delta * opened[day, 0] < 0.0:
            charge += min(abs(delta), abs(opened[day, 0])) * opened[day, 1] * sums[_CALENDAR]
        delta += opened[day, 0]
    for n in range(len(SCENARIOS)):
        together = max(together, losses[:, n].sum())
    uncovered = (max(-sums[_CALLS], 0.0) + max(-sums[_PUTS], 0.0)) * sums[_UNCOVERED]
    risk = max(min(together + charge, apart), uncovered)
    short = max(-sums[_WORTH], 0.0)
    span = max(risk - sums[_WORTH], 0.0) - short
    return math.ceil(span - 1e-6), math.ceil(sums[_EXPOSED] - 1e-6), math.ceil(short - 1e-6)


@njit(float64(_TABLE, _TABLE, float64[::1], float64[::1], int64, float64, float64, float64, float64), cache=True)
def _needed(losses, opened, sums, row, at, held, qty, minimum, price):
    before = _blocked(losses, opened, sums)
    after_losses, after_open, after_sums = losses.copy(), opened.copy(), sums.copy()
    _add(after_losses, after_open, after_sums, row, at, held, qty, minimum)
    after = _blocked(after_losses, after_open, after_sums)
    span, exposure, premium = after[0] - before[0], after[1] - before[1], after[2] - before[2]
    is_option, closes = row[_KIND] != _FUTURE, abs(qty) <= abs(held) and qty * held < 0.0
    paid = 0.0
    if is_option:
        worth = math.ceil(-qty * row[_VALUE] - 1e-6)
        paid = qty * price if qty > 0.0 else -min(-qty * price, worth)
    if closes and span + exposure + premium + paid <= 0.0:
        return 0.0
    if qty > 0.0 and not closes:
        return max(span, 0.0) + max(exposure, 0.0) + max(premium, 0.0) + paid
    return max(span, 0.0) + max(exposure, 0.0) + max(premium + paid, 0.0)
