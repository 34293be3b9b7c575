"""The options of one underlying and expiry, seen together."""

from collections.abc import Iterable
from datetime import date
from enum import IntEnum
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.market import chain_kernels as kernels
from tarazu.market.chain_kernels import CALL, OPTION_COLUMNS, PUT, SUMMARY
from tarazu.market.state import MarketView
from tarazu.model.instrument import PAISE_DIVISOR, Instrument, Kind, price_divisor


class ForwardSource(IntEnum):
    """Where a chain's forward came from, best first after NONE."""

    NONE = kernels.NO_FORWARD
    """Nothing fresh enough: no volatilities, no greeks."""
    PARITY = kernels.PARITY
    FUTURE = kernels.FUTURE
    """Of the same expiry."""
    SPOT = kernels.SPOT
    """The underlying grown at the chain's rate: dividends are ignored."""


class ChainView(msgspec.Struct, frozen=True, kw_only=True):
    """A chain at one moment. Prices in the wire's integers as floats; NaN is not known."""

    now_ns: int
    strikes: NDArray[np.float64]
    options: NDArray[np.float64]
    """[CALL or PUT, strike, OPTION_COLUMNS]; greeks per unit of forward, of sigma (1.00), of rate (1.00), per year."""
    forward: float
    forward_source: ForwardSource
    years: float
    """To expiry, in years of 365 days; 0 once expired."""
    atm_strike: float
    """The strike nearest the forward."""
    atm_sigma: float
    """The mean of the call's and the put's, or the one there is."""
    pcr_oi: float
    """Open interest of puts over calls."""
    pcr_volume: float
    max_pain: float
    risk_reversal_25: float
    """Volatility of the 25-delta call less that of the 25-delta put: negative where protection is dear."""

    def column(self, side: int, name: str) -> NDArray[np.float64]:
        """One of OPTION_COLUMNS by strike."""
        values: NDArray[np.float64] = self.options[side, :, OPTION_COLUMNS.index(name)]
        return values


class OptionChain:
    """Where a chain's options are in a state, and how it is to be read."""

    def __init__(
        self,
        strikes: NDArray[np.float64],
        members: NDArray[np.int64],
        future: int,
        spot: int,
        *,
        expiry_ns: int,
        rate: float,
        fresh_ns: int,
    ) -> None:
        """`members` [CALL or PUT, strike], `future` and `spot` are slots, -1 where there is none.

        `expiry_ns` is the instant trading in the options ends, `rate` the yearly rate, continuously compounded, at
        which premiums are discounted, `fresh_ns` how old a quote may be to count.
        """
        assert members.shape == (2, len(strikes)) and bool(np.all(np.diff(strikes) > 0)) and len(strikes) > 0
        self.strikes, self.members, self.future, self.spot = strikes, members, future, spot
        self.expiry_ns, self.rate, self.fresh_ns = expiry_ns, rate, fresh_ns

    @classmethod
    def of(
        cls,
        underlying: str,
        expiry: date,
        instruments: Iterable[Instrument],
        state: MarketView,
        *,
        expiry_ns: int,
        rate: float,
        fresh_ns: int,
    ) -> Self:
        """The chain of `underlying` (a key: `NSE:NIFTY 50`), of those `instruments` that the state has.

        Raises ValueError when none of its options is in the state.
        """
        slots: dict[tuple[Kind, float], int] = {}
        for one in instruments:
            if one.instrument_token not in state:
                continue
            slot = state.slot_of(one.instrument_token)
            if one.key == underlying:
                slots[Kind.INDEX, 0.0] = slot
            elif one.underlying == underlying and one.expiry == expiry:
                scale = price_divisor(one.instrument_token) / PAISE_DIVISOR
                slots[one.kind, one.strike_paise * scale] = slot
        strikes = np.array(sorted({strike for kind, strike in slots if kind in (Kind.CE, Kind.PE)}))
        if len(strikes) == 0:
            raise ValueError(f"the state has no option on {underlying} of {expiry}")
        members = np.array([[slots.get((kind, k), -1) for k in strikes] for kind in (Kind.CE, Kind.PE)], np.int64)
        future, spot = slots.get((Kind.FUT, 0.0), -1), slots.get((Kind.INDEX, 0.0), -1)
        return cls(strikes, members, future, spot, expiry_ns=expiry_ns, rate=rate, fresh_ns=fresh_ns)

    def view(self, state: MarketView, now_ns: int) -> ChainView:
        """The chain as of `now_ns`. The state is one nobody is writing meanwhile: the writer's own, or a mirror."""
        options: NDArray[Any] = np.empty((2, len(self.strikes), len(OPTION_COLUMNS)))
        summary = np.empty(len(SUMMARY))
        source = kernels.solve(
            state.slots, state.words, self.strikes, self.members, self.future, self.spot,
            now_ns, self.expiry_ns, self.rate, self.fresh_ns, options, summary,
        )  # fmt: skip
        figures = dict(zip(SUMMARY, summary.tolist(), strict=True))
        return ChainView(
            now_ns=now_ns, strikes=self.strikes, options=options, forward_source=ForwardSource(source), **figures
        )


__all__ = ["CALL", "OPTION_COLUMNS", "PUT", "ChainView", "ForwardSource", "OptionChain"]
