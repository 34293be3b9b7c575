"""The day's margin rates as they are configured: journalled with every start, and light to import."""

from datetime import date

import msgspec

from tarazu.model.instrument import Instrument
from tarazu.model.rules import MarginRates, RuleBook

EXPIRY_INDEX_MORE = 0.02
"""Of notional, for a short index option on the day of its expiry: SEBI/HO/MRD/TPD-1/P/CIR/2024/132."""
EXPIRY_STOCK_MORE = 0.5
"""Of its margin, for a future or short option of a stock on that day: KITE facts 3.5; it ends in delivery."""


class MarginRules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of the day's rule book."""

    rates: MarginRates
    index_names: tuple[str, ...]
    """Underlyings that are indices; all others are stocks."""

    def exposure_rate(self, instrument: Instrument, day: date) -> float:
        """Of the notional."""
        rates, is_index = self.rates, instrument.name in self.index_names
        rate = rates.index_exposure if is_index else rates.stock_exposure
        if instrument.expiry != day:
            return rate
        if not is_index:
            return rate + EXPIRY_STOCK_MORE * (rate + rates.stock_price_scan)
        return rate + EXPIRY_INDEX_MORE if instrument.is_option else rate

    @classmethod
    def of(cls, rules: RuleBook) -> "MarginRules":
        return cls(rates=rules.margins, index_names=tuple(sorted(rules.contracts)))
