"""Price bands of a day: how far from yesterday's close each row may trade."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tarazu.model.rules import RuleBook
from tarazu.sim.synthetic import state
from tarazu.sim.synthetic.cast import Cast
from tarazu.sim.synthetic.listed import share_named
from tarazu.sim.synthetic.surface import fair_premium

CASH_BAND_PCT = 20.0
FNO_RANGE_PCT = 10.0
"""Both as in rule set nse-2026, where no rule book is given."""
OPTION_SPOT_MOVE = 0.20
OPTION_VARIANCE = 4.0
"""An option's band spans its values under a 20 % move either way, the dear end at twice the volatility, doubled."""
UNBOUNDED_PAISE = 2_000_000_000


def price_bands(cast: Cast, rules: RuleBook | None) -> NDArray[np.int32]:
    """(n, 2) lower and upper price in paise, on the tick grid; a tick to the bound for indices and without bands."""
    bands = np.empty((len(cast.rows), 2), np.int32)
    bands[:, 0] = cast.rows["tick"]
    bands[:, 1] = UNBOUNDED_PAISE // 5 * 5
    if rules is not None and not rules.price_bands:
        return bands
    for n, row in enumerate(cast.rows):
        if row["kind"] > state.VIX:
            bands[n] = _band(cast, n, row, rules)
    return bands


def _band(cast: Cast, n: int, row: Any, rules: RuleBook | None) -> tuple[int, int]:
    tick, close = int(row["tick"]), int(cast.closes[n])
    if row["kind"] >= state.CALL:
        lower, upper = _option_band(cast, row)
    else:
        pct = _pct(cast, n, rules)
        lower, upper = close * (1 - pct / 100), close * (1 + pct / 100)
    return max(-int(-lower // tick), 1) * tick, int(upper // tick) * tick


def _pct(cast: Cast, n: int, rules: RuleBook | None) -> float:
    instrument = cast.universe.instruments[n]
    if instrument.is_derivative or instrument.fno_underlying:
        return rules.fno_range_pct if rules else FNO_RANGE_PCT
    return share_named(instrument.tradingsymbol).band_pct or (rules.cash_band_pct if rules else CASH_BAND_PCT)


def _option_band(cast: Cast, row: Any) -> tuple[float, float]:
    s, rho = cast.slices[row["slice"]], float(cast.unders[row["under"]]["rho"])

    def at(move: float, variance: float) -> float:
        return fair_premium(
            bool(row["kind"] == state.CALL),
            float(row["strike"]),
            float(s["forward"]) * (1 + move),
            float(s["discount"]),
            float(s["theta"]) * variance,
            float(s["phi"]) / variance**0.5,
            rho,
        )

    ends = (at(-OPTION_SPOT_MOVE, 0.25), at(OPTION_SPOT_MOVE, 0.25))
    dear = (at(-OPTION_SPOT_MOVE, OPTION_VARIANCE), at(OPTION_SPOT_MOVE, OPTION_VARIANCE))
    return min(ends) / 2, max(dear) * 2 + 20_00
