"""What the instrument dump leaves out: which row a contract derives from, and which shares have contracts.

Contracts are found by exchange and name (`market.listing`); the dump names no underlying (KITE facts 1.8).
"""

from collections.abc import Iterable, Mapping

import msgspec

from tarazu.model.instrument import Exchange, Instrument

INDEX_OF_NAME = {
    "NIFTY": "NSE:NIFTY 50",
    "BANKNIFTY": "NSE:NIFTY BANK",
    "FINNIFTY": "NSE:NIFTY FIN SERVICE",
    "MIDCPNIFTY": "NSE:NIFTY MID SELECT",
    "NIFTYNXT50": "NSE:NIFTY NEXT 50",
    "SENSEX": "BSE:SENSEX",
    "BANKEX": "BSE:BANKEX",
}
"""Index contracts' names are not their index's symbol. Any other name is a share's symbol."""


def underlying_key(contract: Instrument) -> str:
    """`NSE:NIFTY 50` of a contract of NIFTY; whether there is such a row is another question."""
    index = INDEX_OF_NAME.get(contract.name)
    if index is not None:
        return index
    return f"{Exchange.BSE if contract.exchange is Exchange.BFO else Exchange.NSE}:{contract.name}"


def with_underlyings(rows: Iterable[Instrument], fno_shares: frozenset[str]) -> list[Instrument]:
    """The same rows, contracts with their `underlying`, shares with `fno_underlying`."""
    return [_completed(i, fno_shares) for i in rows]


def missing_underlyings(rows: Iterable[Instrument], listed: Mapping[str, Instrument]) -> list[Instrument]:
    """The contracts whose underlying is not `listed`."""
    return [i for i in rows if i.is_derivative and underlying_key(i) not in listed]


def _completed(i: Instrument, fno_shares: frozenset[str]) -> Instrument:
    if i.is_derivative:
        return msgspec.structs.replace(i, underlying=underlying_key(i))
    return msgspec.structs.replace(i, fno_underlying=True) if i.key in fno_shares else i
