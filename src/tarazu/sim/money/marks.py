"""What an instrument is worth at a moment: all that valuation and margins ask of the market."""

from collections.abc import Callable

import msgspec

from tarazu.model.instrument import Instrument


class Mark(msgspec.Struct, frozen=True):
    """Prices in paise. `sigma` is the annualised implied volatility of an option, 0 elsewhere."""

    last_paise: int
    close_paise: int
    """Yesterday's close."""
    spot_paise: int = 0
    """Last price of a derivative's underlying; unused for cash."""
    sigma: float = 0.0


Marks = Callable[[Instrument], Mark]
"""The market of this moment, instrument by instrument."""
