"""The day's master as the engine knows it: by key, with what the dump does not tell (which row a contract derives from,
which shares have contracts). A start, a replay and research all know the same."""

from collections.abc import Mapping, Sequence
from datetime import date

from tarazu.app.recordings.underlyings import with_underlyings
from tarazu.market.listing import Listing
from tarazu.model.instrument import Instrument


def listed(rows: Sequence[Instrument], day: date) -> Mapping[str, Instrument]:
    return {i.key: i for i in with_underlyings(rows, Listing(rows, day).fno_shares())}
