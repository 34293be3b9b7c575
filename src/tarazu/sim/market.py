"""What the exchange needs of a market: the prices, the book and the flow of everybody else, step by step."""

from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.model.calendar import TradingSession
from tarazu.sim.universe import Universe


class AuctionInterest(msgspec.Struct, frozen=True):
    """Everybody else's orders in a call auction, price level by price level (paise, units)."""

    prices: tuple[int, ...]
    buy_qty: tuple[int, ...]
    sell_qty: tuple[int, ...]
    reference_paise: int


class Market(Protocol):
    """One trading day of everybody else. Arrays keep their identity for the day and are changed in place by `step`.

    The exchange may overwrite fields of a row (depth with our orders in it, LTP, volume of our trades) after a step;
    the next step must not read them back.
    """

    universe: Universe
    session: TradingSession
    rows: NDArray[Any]
    """TICK dtype, one per instrument, prices in paise. `close` is yesterday's, constant through the day."""
    changed: NDArray[np.bool_]
    """Rows the last step changed."""
    buy_flow: NDArray[np.int64]
    """Units bought by aggressors in the last step; zero outside continuous trading."""
    sell_flow: NDArray[np.int64]
    bands: NDArray[np.int32]
    """(n, 2) lower and upper price band in paise."""

    @property
    def sigma(self) -> NDArray[np.float64]:
        """Annualised volatility: implied for options, the generator's for the rest."""
        ...

    def next_ns(self) -> int | None:
        """When the next step is due; None when the day is over."""
        ...

    def step(self) -> int:
        """Take the next step and return its time."""
        ...

    def auction_interest(self, index: int, closing: bool) -> AuctionInterest:
        """Everybody else's orders in the opening (or closing) call auction of this instrument."""
        ...
