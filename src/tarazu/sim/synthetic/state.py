"""The arrays a synthetic day lives in: what each underlying, expiry and row is, and where it stands."""

from typing import Any

import numpy as np
from numba import from_dtype

UNDER: Any = np.dtype(
    [
        ("key", "u8"),  # of its draws: the instrument's token, so a path does not depend on its neighbours
        ("daily", "f8"),  # volatility of an ordinary day's log return
        ("market", "f8"),  # loadings on the market factor, its sector's and its own; their squares sum to 1
        ("by_sector", "f8"),
        ("own", "f8"),
        ("sector", "i8"),
        ("beta", "f8"),  # to the scenario's market moves
        ("pin_step", "f8"),  # strike interval an index is drawn to in the pin scenario, paise; 0 without
        ("rate", "f8"),  # per year, continuous
        ("dividend", "f8"),
        ("rho", "f8"),
        ("eta", "f8"),
        ("iv", "f8"),  # implied volatility at rest, a year
        ("v_long", "f8"),  # its square, where variance reverts to
        ("x_close", "f8"),  # log of yesterday's close, paise
        ("x", "f8"),  # log price
        ("y", "f8"),  # own log-volatility state
        ("basis", "f8"),  # futures' log distance from the forward
        ("v", "f8"),  # implied instantaneous variance
        ("sigma", "f8"),  # realised volatility, a year
    ]
)
SLICE: Any = np.dtype(
    [
        ("under", "i8"),
        ("expiry_ns", "i8"),  # nominal market time
        ("years", "f8"),
        ("discount", "f8"),
        ("forward", "f8"),  # paise
        ("theta", "f8"),
        ("phi", "f8"),
        ("root", "f8"),  # sqrt(theta)
    ]
)
ROW: Any = np.dtype(
    [
        ("key", "u8"),
        ("kind", "i4"),
        ("venue", "i4"),
        ("under", "i4"),
        ("slice", "i4"),
        ("tick", "i4"),
        ("lot", "i4"),  # 1 for shares
        ("strike", "f8"),  # paise
        ("trades", "f8"),  # seconds with a trade, per second, at activity 1 and full liquidity
        ("lots", "f8"),  # traded in such a second
        ("depth", "f8"),  # lots at the touch
        ("quotes", "f8"),  # requotes per second
        ("spread", "f8"),  # half the spread, a share of the price
    ]
)
BOOK: Any = np.dtype(
    [
        ("quoted", "f8"),  # fair value when last quoted
        ("turnover", "f8"),  # paise x units, the day's
        ("ref_turnover", "f8"),  # of the averaging window
        ("ref_volume", "f8"),
        ("bid", "i4"),
        ("ask", "i4"),
    ]
)
INDEX, VIX, CASH, FUTURE, CALL, PUT = range(6)
"""`ROW.kind`."""

UNDER_T, SLICE_T, ROW_T, BOOK_T = (from_dtype(d) for d in (UNDER, SLICE, ROW, BOOK))
