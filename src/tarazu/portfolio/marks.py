"""What a position is valued at: last prices with the moment they were seen, and the rule of when one is too old."""

from collections.abc import Callable, Mapping

import msgspec

from tarazu.model.instrument import price_divisor
from tarazu.model.units import PAISE
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise

MarkOf = Callable[[str], Paise]
"""Key (`EXCHANGE:TRADINGSYMBOL`) to price in paise, or why there is none."""


class Mark(msgspec.Struct, frozen=True, gc=False):
    price_paise: int
    """Above 0: the wire's 0 says that nothing has traded."""
    seen_ns: int
    """When we received it, UTC ns."""


class Marks:
    """Marks at the moment `now_ns`; one older than `age_ns_max` is no mark."""

    def __init__(self, seen: Mapping[str, Mark], now_ns: int, age_ns_max: int) -> None:
        assert age_ns_max > 0
        self._seen, self._now_ns, self._age_ns_max = seen, now_ns, age_ns_max

    def __call__(self, key: str) -> Paise:
        mark = self._seen.get(key)
        if mark is None or mark.price_paise <= 0:
            return UnknownPaise.because(Cause.NO_PRICE, key)
        if not 0 <= self._now_ns - mark.seen_ns <= self._age_ns_max:
            return UnknownPaise.because(Cause.STALE_PRICE, key)
        return mark.price_paise


def wire_price_paise(price: int, instrument_token: int, key: str) -> Paise:
    """The ticker's integer price in paise; not known where the segment's divisor leaves a fraction of a paisa."""
    paise, rest = divmod(price * PAISE, price_divisor(instrument_token))
    return UnknownPaise.because(Cause.OTHER_SEGMENT, key) if rest else paise
