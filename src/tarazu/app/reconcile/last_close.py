"""The book that the desk was closed with last, which the next morning's opening book is compared with.

It is the broker's own: the answers that the last reconciliation before a day kept (`closes/<day>/broker_read.json`),
taken only as the desk's record has their hash. What the desk's day was worth is that day's reconciliation; what is
asked here is what happened between two reads of one broker, when nobody looked.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from tarazu.app.account.contracts import Contracts, kind_of
from tarazu.app.closing.trading_day import still_open
from tarazu.app.depth_ws.market_day import MarketDays, market_days
from tarazu.app.home import Home
from tarazu.app.masters.store import MasterStore
from tarazu.app.readiness.acceptance import Accepted, Held, accepted_books
from tarazu.app.reconcile.kept import Altered, BrokerRead, saved_read
from tarazu.model.calendar import NotCovered
from tarazu.model.instrument import Kind
from tarazu.model.order import Product
from tarazu.runtime.desk_record import DeskKind, entries
from tarazu.runtime.desk_record import days as record_days
from tarazu.runtime.journal_files import days as journal_days
from tarazu.wire.kite_money import PositionRow


class LastClose(msgspec.Struct, frozen=True, kw_only=True):
    """As known on a later day. Without `unknown` and `unproven` the book is whole."""

    day: date | None = None
    """That was reconciled last; None: there is no earlier one."""
    held: Held = {}
    """Derivatives at its close, in every product."""
    expiries: dict[str, date] = {}
    """By key, of those that can be carried; one that no kept master lists is not in it."""
    unknown: str = ""
    """Why its book is not to be had: it is not what the desk's record says it was, or does not read."""
    unproven: str = ""
    """Why there is no closing book to compare with, though the desk has earlier days."""
    unproven_day: date | None = None
    """The day that left none."""
    skipped: str = ""
    """Why nothing is carried into the day: it has no market."""
    accepted: dict[str, Accepted] = {}
    """Differences that a person has accepted on the day after it, by their name (`acceptance.hash_of`)."""

    def expected(self, day: date) -> Held:
        """What is carried into `day` if the night touches nothing: NRML units of contracts that expire then or later.
        MIS is squared off by the broker. A contract whose expiry is not known is taken for one that lasts."""
        return {
            (key, product): qty
            for (key, product), qty in self.held.items()
            if product == Product.NRML and self.expiries.get(key, day) >= day
        }


def last_close(home: Home, day: date) -> LastClose:
    """The one before `day`, however long before. Raises BadDeskRecord, OSError."""
    calendar = market_days(home)
    if not _trades(calendar, day):
        return LastClose(skipped=f"{day} has no market session: nothing is carried into it")
    closed = _reconciled_before(home, calendar, day)
    between = _traded_between(home, calendar, closed, day)
    if between:
        told = f"{between[-1]} is journalled and was not reconciled: nobody knows what was carried out of it"
        return LastClose(day=closed, unproven=told, unproven_day=between[-1])
    if closed is None:
        return LastClose()
    try:
        kept = saved_read(home, closed)
    except (Altered, OSError) as failed:
        return LastClose(day=closed, unknown=str(failed))
    if kept is None:
        told = f"the reconciliation of {closed} kept no answers of the broker's"
        return LastClose(day=closed, unproven=told, unproven_day=closed)
    return _closing_book(home, closed, kept[0], day)


def derivatives(rows: Iterable[tuple[str, str, int]]) -> Held:
    """Of keys, products and units: what can be carried over a night as a position. Shares become holdings."""
    return {(key, product): qty for key, product, qty in rows if qty and kind_of(key) is not Kind.EQ}


def carried_in(rows: Iterable[PositionRow]) -> Held:
    """What the broker's net rows say was carried in, at any time of the day (Kite v3 "Portfolio", Positions:
    `overnight_quantity`)."""
    return derivatives((_key(row), row.product, row.overnight_quantity) for row in rows)


def _closing_book(home: Home, closed: date, read: BrokerRead, day: date) -> LastClose:
    early = still_open(home, closed, read.as_of_ns)
    if early:
        told = f"the book of {closed} was read before its close, when {early}"
        return LastClose(day=closed, unproven=told, unproven_day=closed)
    positions = read.account.positions
    if positions.value is None:
        why = "" if positions.failure is None else f": {positions.failure.told}"
        told = f"the broker's positions were not had at the close of {closed}{why}"
        return LastClose(day=closed, unproven=told, unproven_day=closed)
    held = derivatives((_key(row), row.product, row.quantity) for row in positions.value.net)
    keys = {key for key, product in held if product == Product.NRML}
    words = accepted_books(home, day)
    return LastClose(day=closed, held=held, expiries=_expiries(home, closed, day, keys), accepted=words)


def _reconciled_before(home: Home, calendar: MarketDays, day: date) -> date | None:
    """The latest day before `day` with a market that a reconciliation was recorded of: what the broker tells on
    another is no closing book. It is written on its day or later, so that no older file has a later one."""
    found: date | None = None
    for told in reversed(record_days(home.desk)):
        if found is not None and found >= told:
            break
        about = [_dated(e.body.get("day")) for e in entries(home.desk, told) if e.kind is DeskKind.RECONCILED]
        earlier = [one for one in (found, *about) if one is not None and one < day and _trades(calendar, one)]
        found = max(earlier, default=None)
    return found


def _dated(told: object) -> date | None:
    """None: it names no day as we write them, so that nothing was kept under it."""
    try:
        day = date.fromisoformat(str(told))
    except ValueError:
        return None
    return day if day.isoformat() == told else None


def _traded_between(home: Home, calendar: MarketDays, closed: date | None, day: date) -> list[date]:
    """Journalled days with a market in between: what they left is in no closing book."""
    journalled = [d for d in journal_days(home.journal) if d < day and (closed is None or closed < d)]
    return [one for one in journalled if _trades(calendar, one)]


def _trades(calendar: MarketDays, day: date) -> bool:
    """True, too, for a day that the calendar does not cover."""
    try:
        return calendar.session(day) is not None
    except NotCovered:
        return True


def _expiries(home: Home, closed: date, day: date, keys: set[str]) -> dict[str, date]:
    """By the newest kept master that lists them: what was held on `closed` is in that day's at the latest."""
    store, found = MasterStore(home.masters), dict[str, date]()
    kept = store.days() if keys else ()
    within = [one for one in kept if closed <= one <= day]
    for one in [*reversed(within), *[older for older in kept if older < closed][-1:]]:
        missing = keys - found.keys()
        if not missing:
            break
        terms = Contracts(store, None, one).terms(missing)
        found |= {key: listed.expiry for key, listed in terms.items() if listed.expiry is not None}
    return found


def _key(row: PositionRow) -> str:
    return f"{row.exchange}:{row.tradingsymbol}"
