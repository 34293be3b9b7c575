"""The account reckoned anew: result, exposure and greeks from the broker's books and quotes, and nothing of main's."""

import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import msgspec

from tarazu.app.account.contracts import Contracts, Terms
from tarazu.app.account.greeks import PlaceGreeks, keys_needed, place_greeks
from tarazu.app.account.quotes import Quote, read_quotes
from tarazu.app.account.reading import AccountRead, Book, Failure, Why, account_of, read_with
from tarazu.app.account.result import AccountResult, PlaceResult, account_result
from tarazu.app.account.whose import clock_of, token_of
from tarazu.app.broker_address import BrokerAddress
from tarazu.app.home import Home
from tarazu.app.masters.store import MasterStore
from tarazu.model import ist
from tarazu.model.units import SECOND_NS
from tarazu.orders.kite_rows import paise
from tarazu.wire.kite_money import PositionsData

READ_S = 6.0
QUOTE_TRIES, QUOTE_GAP_S = 14, 0.23
"""The feed's own sentinels ask for quotes too, once a second: who comes second in one is refused. In three seconds one
begins in which we are the first; the sentinels then rest for five."""
BOOKS = (Book.POSITIONS, Book.TRADES, Book.FUNDS)


class Recomputed(msgspec.Struct, frozen=True, kw_only=True):
    """As of `now_ns`, of the profile's clock."""

    now_ns: int
    failure: Failure | None = None
    """Why there is no result at all."""
    result: AccountResult | None = None
    terms: Mapping[str, Terms] = {}
    greeks: Mapping[tuple[str, str], PlaceGreeks] = {}
    quotes_trouble: str = ""
    funds_paise: int | None = None
    """Available margin; None: not read."""
    age_s: float = 0.0

    @property
    def open(self) -> tuple[PlaceResult, ...]:
        return () if self.result is None else tuple(place for place in self.result.places if place.qty)

    @property
    def premium_paise(self) -> int:
        """(C08) Units times price, without signs."""
        return sum(abs(place.qty) * place.last_paise for place in self.open)

    def by_underlying(self, what: str) -> dict[str, int | None]:
        """`delta_paise` or `vega_paise`, net; None where one of them is not computable."""
        found: dict[str, int | None] = defaultdict(int)
        for place in self.open:
            terms = self.terms[place.key]
            name = terms.name if terms.is_derivative and terms.name else place.key.partition(":")[2]
            of = getattr(self.greeks[place.key, str(place.product)], what)
            before = found[name]
            found[name] = None if of is None or before is None else before + of
        return dict(found)


def recompute(home: Home, address: BrokerAddress) -> Recomputed:
    """Raises nothing about the broker."""
    clock = clock_of(address)
    with account_of(address, token_of(home, address), READ_S) as account:
        read = read_with(account, READ_S, BOOKS)
        now_ns = clock.wall_ns()
        failed = next((f for book, f in read.failures.items() if book is not Book.FUNDS), None)
        if failed is not None:
            return Recomputed(now_ns=now_ns, failure=failed)
        day = ist.day_of(now_ns)
        positions, trades = read.positions.value, read.trades.value
        assert isinstance(positions, PositionsData) and trades is not None
        result = account_result(positions, trades, day)
        terms = _contracts(home, day).terms({place.key for place in result.places if place.qty})
        held = [place for place in result.places if place.qty]
        keys = keys_needed(held, terms) if any(terms[place.key].is_option for place in held) else []
        quotes: dict[str, Quote] | Failure = {}
        for attempt in range(QUOTE_TRIES if keys else 0):
            time.sleep(QUOTE_GAP_S if attempt else 0)
            quotes = read_quotes(account, keys, READ_S)
            if not isinstance(quotes, Failure) or quotes.why is not Why.THROTTLED:
                break
    told = quotes if isinstance(quotes, dict) else {}
    return Recomputed(
        now_ns=now_ns,
        result=result,
        terms=terms,
        greeks={(p.key, str(p.product)): place_greeks(p, terms[p.key], told, now_ns) for p in held},
        quotes_trouble=f"{quotes.why}: {quotes.told}" if isinstance(quotes, Failure) else "",
        funds_paise=_funds(read),
        age_s=(time.monotonic_ns() - read.positions.started_ns) / SECOND_NS,
    )


def _contracts(home: Home, day: date) -> Contracts:
    """By what is kept alone: a look fetches no file of 10 MB."""
    return Contracts(MasterStore(home.masters), None, day)


def _funds(read: AccountRead) -> int | None:
    """Kite v3 "Funds and margins": `net` of the segment that shares and derivatives have in common."""
    if read.funds.value is None:
        return None
    try:
        return paise(read.funds.value.equity.net)
    except ValueError:
        return None
