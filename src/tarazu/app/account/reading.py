"""The broker's four books in one go, each with when it was asked, a failure as a value. Needs nothing of the desk."""

import time
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from tarazu.adapters.kite_account.client import KiteAccount, ReadOutcome
from tarazu.app.broker_address import BrokerAddress
from tarazu.model.outcome import Answered, Cause, RefusalKind, Refused, Unavailable
from tarazu.wire.kite_books import AllFunds, OrderBook
from tarazu.wire.kite_money import PositionsData
from tarazu.wire.kite_orders import TradeRow

T = TypeVar("T")

LEAST_S = 0.2
"""With less time than this a question is not asked."""
THROTTLED_S = 0.35
"""Kite counts by its own seconds (KITE facts 1.12): three tries are in another one."""


class Book(StrEnum):
    """In the order in which they are asked: what may be held is wanted first."""

    POSITIONS = "positions"
    ORDERS = "orders"
    TRADES = "trades"
    FUNDS = "funds"


ALL = tuple(Book)


class Why(StrEnum):
    """Why there is no book. None of them says anything about what is in it."""

    AUTH = "AUTH"
    """The broker does not take our token, or there is none: log in."""
    UNREACHABLE = "UNREACHABLE"
    """No connection, or no answer in time."""
    THROTTLED = "THROTTLED"
    REFUSED = "REFUSED"
    ODD = "ODD"
    """An answer, and not one of Kite's that could be read."""
    NOT_ASKED = "NOT_ASKED"


class Failure(msgspec.Struct, frozen=True):
    why: Why
    told: str
    """For people; quotes no secret."""


class Read(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One book, whole, or why there is none: exactly one of `value` and `failure` is there."""

    started_ns: int
    """CLOCK_MONOTONIC before the first byte: what is in the book was so then, or later."""
    ended_ns: int
    value: T | None = None
    failure: Failure | None = None


class AccountRead(msgspec.Struct, frozen=True, kw_only=True):
    positions: Read[PositionsData]
    orders: Read[OrderBook]
    trades: Read[list[TradeRow]]
    funds: Read[AllFunds]

    @property
    def failures(self) -> dict[Book, Failure]:
        """Of the books that were asked for and not had."""
        reads = {book: getattr(self, book.value) for book in Book}
        return {b: read.failure for b, read in reads.items() if read.failure and read.failure.why is not Why.NOT_ASKED}

    @property
    def auth_lost(self) -> bool:
        return any(failure.why is Why.AUTH for failure in self.failures.values())


def read_account(
    address: BrokerAddress, token: str | None, deadline_s: float, books: Collection[Book] = ALL
) -> AccountRead:
    """Every book of `books`, one after the other, within `deadline_s` for all of them. Raises nothing about the broker;
    what has no time left is UNREACHABLE, without a token all are AUTH."""
    with account_of(address, lambda: token or "", deadline_s) as account:
        return read_with(account, deadline_s, books)


def account_of(address: BrokerAddress, token: Callable[[], str], timeout_s: float) -> KiteAccount:
    """The client of the profile's broker."""
    return KiteAccount(address.rest_url, address.api_key, token, timeout_s)


def read_with(account: KiteAccount, deadline_s: float, books: Collection[Book] = ALL) -> AccountRead:
    """The same on a client that is there."""
    end_s = time.monotonic() + deadline_s

    def one(book: Book, ask: Callable[[float], ReadOutcome[T]]) -> Read[T]:
        if book not in books:
            return _none(Why.NOT_ASKED, "not asked for")
        left_s = end_s - time.monotonic()
        if left_s < LEAST_S:
            return _none(Why.UNREACHABLE, f"no time was left of the {deadline_s:g} s for all books")
        return _read(ask, left_s)

    return AccountRead(
        positions=one(Book.POSITIONS, account.positions),
        orders=one(Book.ORDERS, account.orders),
        trades=one(Book.TRADES, account.trades),
        funds=one(Book.FUNDS, account.margins),
    )


def _read(ask: Callable[[float], ReadOutcome[T]], left_s: float) -> Read[T]:
    """A question that was one too many in its second is asked again in the next."""
    end_s = time.monotonic() + left_s
    while True:
        started_ns = time.monotonic_ns()
        outcome = ask(end_s - time.monotonic())
        ended_ns = time.monotonic_ns()
        throttled = isinstance(outcome, Refused) and outcome.kind is RefusalKind.THROTTLED
        if not throttled or time.monotonic() + THROTTLED_S + LEAST_S > end_s:
            break
        time.sleep(THROTTLED_S)
    if isinstance(outcome, Answered):
        return Read(started_ns=started_ns, ended_ns=ended_ns, value=outcome.value)
    return Read(started_ns=started_ns, ended_ns=ended_ns, failure=failure_of(outcome))


def failure_of(outcome: ReadOutcome[T]) -> Failure:
    """Of a question that was not answered."""
    assert not isinstance(outcome, Answered)
    if isinstance(outcome, Unavailable):
        there = outcome.cause in (Cause.NOT_KITE, Cause.AMBIGUOUS, Cause.NO_HTTP, Cause.TOO_LONG)
        return Failure(Why.ODD if there else Why.UNREACHABLE, f"{outcome.cause}: {outcome.told}")
    if outcome.kind is RefusalKind.AUTH_LOST:
        return Failure(Why.AUTH, outcome.message)
    if outcome.kind is RefusalKind.THROTTLED:
        return Failure(Why.THROTTLED, f"{outcome.message}; what else uses this API key?")
    return Failure(Why.REFUSED, f"{outcome.status} {outcome.error_type}: {outcome.message}".strip())


def _none(why: Why, told: str) -> Read[T]:
    now_ns = time.monotonic_ns()
    return Read(started_ns=now_ns, ended_ns=now_ns, failure=Failure(why, told))
