"""Market protection: the limit price that a MARKET or SL-M order over the API becomes. KITE facts 0.4, 1.6."""

from tarazu.model.instrument import Instrument
from tarazu.model.order import Side
from tarazu.model.rules import ProtectionSlab, RuleBook

AUTOMATIC = -1.0
"""`market_protection` value that selects the broker's table by LTP."""
PCT_MAX = 100.0
_HUNDREDTHS = 10_000  # of a percent in one whole: 2.00 % is 200


def is_given(market_protection: float) -> bool:
    """Whether the order carries protection: the automatic table, or a percentage above 0 and up to 100."""
    return market_protection == AUTOMATIC or 0.0 < market_protection <= PCT_MAX


def protection_pct(rules: RuleBook, instrument: Instrument, market_protection: float, ltp_paise: int) -> float:
    """The percentage that applies at this LTP."""
    assert is_given(market_protection)
    if market_protection != AUTOMATIC:
        return market_protection
    table = rules.protection_option if instrument.is_option else rules.protection_equity_future
    return _slab(table, ltp_paise).pct


def protected_price(side: Side, from_paise: int, pct: float, tick_paise: int) -> int:
    """The limit `pct` beyond `from_paise`, rounded to the tick inwards (not past the percentage); at least a tick."""
    span = from_paise * round(pct * 100) // _HUNDREDTHS
    if side is Side.BUY:
        return max((from_paise + span) // tick_paise * tick_paise, tick_paise)
    return max(-(-(from_paise - span) // tick_paise) * tick_paise, tick_paise)


def protection_tags(pct: float) -> list[str]:
    """The tags Kite adds to an order it has protected (forum comment 52371, 9 Apr 2026)."""
    return ["mktp", f"mktp:{pct:.2f}"]


def _slab(table: tuple[ProtectionSlab, ...], ltp_paise: int) -> ProtectionSlab:
    return next(s for s in table if s.ltp_below_paise is None or ltp_paise < s.ltp_below_paise)
