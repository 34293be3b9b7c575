"""A few instruments' quotes by REST: the touch, the last price and the day's band. Light: the feed may be down."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tarazu.adapters.kite_account.client import KiteAccount
from tarazu.app.account.reading import Failure, failure_of
from tarazu.model.outcome import Answered
from tarazu.model.units import PAISE
from tarazu.wire.kite_forms import query
from tarazu.wire.kite_orders import BadRow

KEYS_MAX = 500  # KITE facts 1.4


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """Paise. None: nobody stands there, or the broker did not say."""

    last: int
    bid: int | None = None
    ask: int | None = None
    low: int | None = None
    high: int | None = None


class _Level(msgspec.Struct):
    price: float = 0.0
    quantity: int = 0


class _Depth(msgspec.Struct):
    buy: list[_Level] = []
    sell: list[_Level] = []


class _Row(msgspec.Struct):
    last_price: float
    depth: _Depth = msgspec.field(default_factory=_Depth)
    lower_circuit_limit: float = 0.0
    upper_circuit_limit: float = 0.0


def read_quotes(account: KiteAccount, keys: Sequence[str], timeout_s: float) -> dict[str, Quote] | Failure:
    """By key (`NFO:NIFTY26NOVFUT`); what the broker does not know is absent. Once: the quote family has one question a
    second for the whole account, and the feed asks too."""
    if not keys:
        return {}
    target = "/quote" + query([("i", key) for key in keys[:KEYS_MAX]])
    outcome = account.ask(target, _read, timeout_s=timeout_s)
    return outcome.value if isinstance(outcome, Answered) else failure_of(outcome)


def _read(data: msgspec.Raw) -> dict[str, Quote] | BadRow:
    try:
        rows: dict[str, Any] = msgspec.json.decode(data, type=dict[str, _Row])
        return {key: _quote(row) for key, row in rows.items()}
    except (ValueError, RecursionError, OverflowError) as bad:
        return BadRow(str(bad))


def _quote(row: _Row) -> Quote:
    return Quote(
        last=round(row.last_price * PAISE),
        bid=_best(row.depth.buy),
        ask=_best(row.depth.sell),
        low=round(row.lower_circuit_limit * PAISE) or None,
        high=round(row.upper_circuit_limit * PAISE) or None,
    )


def _best(side: list[_Level]) -> int | None:
    return round(side[0].price * PAISE) if side and side[0].quantity > 0 and side[0].price > 0 else None
