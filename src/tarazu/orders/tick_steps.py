"""Prices on the tick."""

from tarazu.model.order import Side


def floor(paise: int, tick_paise: int) -> int:
    return paise - paise % tick_paise


def ceil(paise: int, tick_paise: int) -> int:
    return -floor(-paise, tick_paise)


def beyond(paise: int, bps: int, side: Side, tick_paise: int) -> int:
    """The price `bps` (hundredths of a percent) worse than `paise` for who trades on `side`: on the tick, outwards."""
    if side is Side.BUY:
        return ceil(-(-paise * (10_000 + bps) // 10_000), tick_paise)
    return floor(paise * (10_000 - bps) // 10_000, tick_paise)
