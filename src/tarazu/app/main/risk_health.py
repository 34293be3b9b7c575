"""The part of main's health that is of its risk state: the day's result, every figure that halts, halted strategies."""

import msgspec

from tarazu.engine.halts import Halt, RiskState


class GaugePage(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that halts the account when it reaches its limit."""

    code: str
    percent: int
    """Of the limit."""
    text: str
    near: bool
    reached: bool


class RiskPage(msgspec.Struct, frozen=True, kw_only=True):
    state: RiskState = RiskState.NORMAL
    net_paise: int | None = None
    """The day's result, charges taken off and open positions at the market; None: never known yet, or..."""
    unknown: str = ""
    """...not computable now, and why; `net_paise` is then the last that was known."""
    drawdown_paise: int | None = None
    worst_paise: int = 0
    """The day's deepest drawdown."""
    gauges: tuple[GaugePage, ...] = ()
    strategy_halts: dict[str, Halt] = {}
