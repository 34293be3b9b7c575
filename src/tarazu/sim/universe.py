"""The instruments of one day and where each stands in the market's arrays."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tarazu.model.instrument import Instrument


class Universe:
    """An index per instrument, fixed for the day: row `i` of every array of the market is `instruments[i]`."""

    def __init__(self, day: date, instruments: Sequence[Instrument]) -> None:
        self.day = day
        self.instruments = tuple(instruments)
        self.index_of_token = {i.instrument_token: n for n, i in enumerate(self.instruments)}
        self.index_of_key = {i.key: n for n, i in enumerate(self.instruments)}
        assert len(self.index_of_token) == len(self.index_of_key) == len(self.instruments), (
            "tokens and names are unique"
        )
        self.underlying_index: NDArray[np.int32] = np.array(
            [self.index_of_key.get(i.underlying, n) for n, i in enumerate(self.instruments)], dtype=np.int32
        )
        """Index of the underlying's row for derivatives; an instrument's own for cash and indices."""

    def __len__(self) -> int:
        return len(self.instruments)

    def find(self, key: str) -> Instrument | None:
        """The instrument of `EXCHANGE:TRADINGSYMBOL`."""
        index = self.index_of_key.get(key)
        return None if index is None else self.instruments[index]
