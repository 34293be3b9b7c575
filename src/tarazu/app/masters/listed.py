"""The day's master as the engine knows it: by key, with what the dump does not tell (which row a contract derives from,
which shares have contracts, freeze quantities). A start, a replay and research all know the same."""

from collections.abc import Mapping, Sequence
from datetime import date

from tarazu.app.masters.freeze import with_freeze
from tarazu.app.recordings.underlyings import with_underlyings
from tarazu.market.listing import Listing
from tarazu.model.instrument import Instrument

NONE: Mapping[str, int] = {}


def listed(rows: Sequence[Instrument], day: date, freeze: Mapping[str, int] = NONE) -> Mapping[str, Instrument]:
    """`freeze`: units by the underlying's name (`app.masters.freeze`)."""
    return {i.key: with_freeze(i, freeze) for i in with_underlyings(rows, Listing(rows, day).fno_shares())}
