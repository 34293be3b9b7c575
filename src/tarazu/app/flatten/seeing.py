"""What a flatten sees of the account, and what it would do about it now: read, planned, priced. Nothing is sent."""

import time
from collections.abc import Collection, Mapping
from datetime import date

import msgspec

from tarazu.adapters.kite_account.client import KiteAccount
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.app.account.contracts import Contracts, Terms
from tarazu.app.account.quotes import Quote, read_quotes
from tarazu.app.account.reading import AccountRead, Book, Failure, Why, read_with
from tarazu.app.broker_address import BrokerAddress
from tarazu.app.flatten.book import AccountBook, fills_of
from tarazu.app.flatten.rules import exit_rules
from tarazu.app.home import Home
from tarazu.app.masters.store import MasterStore
from tarazu.model.units import SECOND_NS
from tarazu.orders.flatten import plan_flatten
from tarazu.orders.flatten_plan import ExitRule, FlattenPlan
from tarazu.ports.clock import Clock

BOOKS = (Book.POSITIONS, Book.ORDERS)
STEADY_READS = 4
"""Tries for a read of positions during which no order filled; then the last is taken."""
READ_TRIES, AGAIN_S = 3, 0.3
"""A connection that broke is no broker that is gone."""
QUOTE_S = 3.0
QUOTE_AGE_NS = 5 * SECOND_NS
"""A quote older than this prices nothing (`engine.exit_terms`: `touch_age_ns`)."""
MASTER_S = 10.0


class Seen(msgspec.Struct, kw_only=True):
    """At one moment. `quotes` may lack what the broker would not tell."""

    plan: FlattenPlan
    terms: Mapping[str, Terms]
    rules: Mapping[str, ExitRule]
    quotes: Mapping[str, Quote]
    read_mono_ns: int
    """When the read of positions began."""
    quotes_trouble: str = ""

    @property
    def age_s(self) -> float:
        return (time.monotonic_ns() - self.read_mono_ns) / SECOND_NS


class Seeing:
    """Of one flatten. The broker's books come first; files and quotes after them."""

    def __init__(self, home: Home, address: BrokerAddress, account: KiteAccount, clock: Clock, day: date) -> None:
        self._account = account
        rest = KiteMarketRest(
            root=address.rest_url,
            api_key=address.api_key,
            access_token=account.access_token,
            timeout_s=MASTER_S,
        )
        self.contracts = Contracts(MasterStore(home.masters), rest, day)
        self.book = AccountBook(clock)
        self._quotes: dict[str, Quote] = {}
        self._quoted_ns = 0

    def first(self, deadline_s: float) -> Seen | Failure:
        """Raises nothing about the broker."""
        end_s = time.monotonic() + deadline_s
        read = self._read(deadline_s, (Book.ORDERS,))
        for _ in range(STEADY_READS):
            if isinstance(read, Failure):
                return read
            before, read = fills_of(read.orders.value), self._read(end_s - time.monotonic(), BOOKS)
            if not isinstance(read, Failure) and fills_of(read.orders.value) == before:
                break
        if isinstance(read, Failure):
            return read
        self.book.begin(read)
        return self._seen(read, end_s, ())

    def again(self, deadline_s: float, market_refused: Collection[str] = ()) -> Seen | Failure:
        end_s = time.monotonic() + deadline_s
        read = self._read(deadline_s, BOOKS)
        if isinstance(read, Failure):
            return read
        self.book.take(read)
        return self._seen(read, end_s, market_refused)

    def _read(self, deadline_s: float, books: Collection[Book]) -> AccountRead | Failure:
        end_s = time.monotonic() + deadline_s
        tries = 0
        while True:
            read, tries = read_with(self._account, max(end_s - time.monotonic(), 0.0), books), tries + 1
            failure = next(iter(read.failures.values()), None)
            if failure is None or failure.why is Why.AUTH or tries == READ_TRIES:
                return failure or read
            time.sleep(AGAIN_S)

    def _seen(self, read: AccountRead, end_s: float, market_refused: Collection[str]) -> Seen:
        places = self.book.places()
        keys = {key for (key, _), _ in self.book.open_places()} | {o.key for o in self.book.open_orders()}
        terms = self.contracts.terms(keys)
        quotes, trouble = self._quoted(sorted(keys), end_s)
        rules = exit_rules(terms, quotes, market_refused)
        plan = plan_flatten(
            self.book.blotter,
            [p for p in self.book.positions() if (p.key, p.product) in places],
            rules,
            before=self.book.before,
            only=places,
        )
        return Seen(
            plan=plan,
            terms=terms,
            rules=rules,
            quotes=quotes,
            read_mono_ns=read.positions.started_ns,
            quotes_trouble=trouble,
        )

    def _quoted(self, keys: list[str], end_s: float) -> tuple[Mapping[str, Quote], str]:
        left_s = min(QUOTE_S, end_s - time.monotonic())
        found = read_quotes(self._account, keys, left_s) if left_s > 0 else Failure(Why.NOT_ASKED, "no time was left")
        if isinstance(found, Failure):
            fresh = time.monotonic_ns() < self._quoted_ns + QUOTE_AGE_NS
            return (self._quotes if fresh else {}), f"quotes: {found.why} {found.told}"
        self._quotes, self._quoted_ns = found, time.monotonic_ns()
        return found, ""
