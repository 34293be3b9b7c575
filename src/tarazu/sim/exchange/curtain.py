"""A curtain before the market: while it is drawn all see the rows as they were, and the market goes on behind."""

from typing import Any

from numpy.typing import NDArray

from tarazu.model.units import SECOND_NS
from tarazu.sim.market import Market


class Curtain:
    def __init__(self, market: Market) -> None:
        self._market = market
        self._behind: NDArray[Any] | None = None

    @property
    def is_drawn(self) -> bool:
        return self._behind is not None

    def draw(self) -> None:
        if self._behind is None:
            self._behind = self._market.rows.copy()

    def open(self) -> None:
        """Show the market's own rows again, all of them changed."""
        if self._behind is not None:
            self._market.rows[:] = self._behind
            self._market.changed[:] = True
            self._behind = None

    def step(self) -> int:
        """Let the market take its step; behind the curtain nothing shows of it but the clock, and nothing trades."""
        market = self._market
        if self._behind is None:
            return market.step()
        shown = market.rows.copy()
        market.rows[:] = self._behind
        now_ns = market.step()
        self._behind[:] = market.rows
        market.rows[:] = shown
        market.rows["exchange_ts"] = now_ns // SECOND_NS
        market.buy_flow[:] = 0
        market.sell_flow[:] = 0
        return now_ns
