"""Today's master by what a desk asks for: keys, tokens, and the live contracts of a name by expiry and strike."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from tarazu.model.instrument import Exchange, Instrument, Kind

Chain = dict[date, dict[int, list[Instrument]]]
"""Expiry -> strike -> the call and the put, or one of them."""


class Listing:
    """One pass over the master; contracts that expired before `day` are left out of futures and chains.

    Contracts are found by exchange and name: the dump names no underlying (KITE facts 1.8).
    """

    def __init__(self, master: Sequence[Instrument], day: date) -> None:
        self.by_key = {i.key: i for i in master}
        self.by_token = {i.instrument_token: i for i in master}
        self.expired: dict[tuple[Exchange, str], int] = defaultdict(int)
        """How many contracts of a name were left out."""
        self._futures: dict[tuple[Exchange, str], list[Instrument]] = defaultdict(list)
        self._chains: dict[tuple[Exchange, str], Chain] = defaultdict(dict)
        for instrument in master:
            if instrument.is_derivative and instrument.expiry is not None:
                self._enter(instrument, instrument.expiry, day)

    def futures(self, exchange: Exchange, name: str) -> list[Instrument]:
        """Nearest expiry first."""
        return sorted(self._futures.get((exchange, name), []), key=lambda i: (i.expiry, i.tradingsymbol))

    def chain(self, exchange: Exchange, name: str) -> Chain:
        found = self._chains.get((exchange, name), {})
        return {expiry: found[expiry] for expiry in sorted(found)}

    def fno_shares(self) -> frozenset[str]:
        """Keys of the shares with derivatives: their trading day ends in a closing auction. The dump does not say."""
        names = {name for _, name in (*self._futures, *self._chains)}
        return frozenset(k for k, i in self.by_key.items() if i.kind is Kind.EQ and i.tradingsymbol in names)

    def _enter(self, instrument: Instrument, expiry: date, day: date) -> None:
        of = (instrument.exchange, instrument.name)
        if expiry < day:
            self.expired[of] += 1
        elif instrument.kind is Kind.FUT:
            self._futures[of].append(instrument)
        else:
            self._chains[of].setdefault(expiry, {}).setdefault(instrument.strike_paise, []).append(instrument)


def nearest(strikes_paise: Sequence[int], spot_paise: int) -> int:
    """Index of the strike nearest to the spot, the lower of two equally near; `strikes_paise` ascends, not empty."""
    at = bisect_left(strikes_paise, spot_paise)
    if at == 0:
        return 0
    if at == len(strikes_paise) or spot_paise - strikes_paise[at - 1] <= strikes_paise[at] - spot_paise:
        return at - 1
    return at
