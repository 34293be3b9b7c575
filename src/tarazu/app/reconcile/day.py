"""A day reconciled: the journal's orders, fills, positions and charges beside what the broker's books say of them."""

from collections.abc import Callable, Iterable
from datetime import date

import msgspec

from tarazu.app.account.reading import AccountRead, Failure, Read, Why
from tarazu.app.home import Home
from tarazu.app.reconcile.breaks import Against, Break, Compared, Reconciliation, Totals, named
from tarazu.app.reconcile.last_close import LastClose, last_close
from tarazu.app.reconcile.legs.carried import compare_carried
from tarazu.app.reconcile.legs.charges import Notes, compare_charges
from tarazu.app.reconcile.legs.funds import compare_funds
from tarazu.app.reconcile.legs.note import compare_note
from tarazu.app.reconcile.legs.orders import compare_orders, open_orders
from tarazu.app.reconcile.legs.positions import compare_positions
from tarazu.app.reconcile.legs.trades import compare_trades
from tarazu.app.reconcile.note.contract_note import ContractNote
from tarazu.app.reconcile.ours import OurDay, our_day
from tarazu.app.reconcile.then import at_one_of
from tarazu.portfolio.unknown_paise import UnknownPaise

NOT_ASKED: Notes = Read(started_ns=0, ended_ns=0, failure=Failure(Why.NOT_ASKED, "not asked for"))


def reconcile_day(
    home: Home,
    day: date,
    account: AccountRead,
    note: ContractNote | None = None,
    *,
    charges: Notes = NOT_ASKED,
    as_of_ns: int = 0,
) -> Reconciliation:
    """`account`: the broker's books of that day; `charges`: its notes of our orders that traded, in their order
    (`legs.charges.traded`); `as_of_ns`: when it was asked, by the profile's clock. Changes nothing.

    Raises BadPayload, BrokenChain, OSError of the journal; BadDeskRecord.
    """
    return reconciled(home, day, our_day(home, day), last_close(home, day), account, note, charges, as_of_ns)


def reconciled(
    home: Home,
    day: date,
    ours: OurDay,
    last: LastClose,
    account: AccountRead,
    note: ContractNote | None,
    charges: Notes,
    as_of_ns: int,
    then: Callable[[], Iterable[OurDay]] | None = None,
) -> Reconciliation:
    """The same with our side, and the close before the day, at hand; `then`: our side as it may have been when the
    broker told it, where it has gone on since (`then.moments`). Pure where that is."""
    sides = then or (lambda: [ours])
    costs, of_charges, sums = compare_charges(ours, charges)
    noted, of_note, note_paise = compare_note(ours, note)
    legs = [
        compare_orders(ours, account, as_of_ns),
        compare_trades(ours, account, as_of_ns),
        at_one_of(sides(), lambda side: compare_positions(side, account)),
        compare_carried(ours, account, last, day),
        at_one_of(sides(), lambda side: compare_funds(side, account, home.profile)),
        (costs, of_charges),
        (noted, of_note),
    ]
    breaks: list[Break] = [found for _, leg in legs for found in leg]
    return Reconciliation(
        day=day.isoformat(),
        profile=str(home.profile),
        as_of_ns=as_of_ns,
        standing=ours.standing,
        note_sha256="" if note is None else note.sha256,
        compared=tuple(_with_trouble(compared, ours.trouble) for compared, _ in legs),
        totals=Totals(
            charges_paise=_charges_paise(ours),
            asked_charges_paise=sums.ours_paise,
            broker_charges_paise=sums.broker_paise,
            note_charges_paise=note_paise,
        ),
        open_orders=open_orders(account),
        breaks=named(day.isoformat(), breaks),
    )


def without_note(result: Reconciliation, why: str) -> Reconciliation:
    """Of a day whose contract note was taken in and cannot be read any more: it is not known what it said."""
    noted = Compared(against=Against.NOTE, unknown=why)
    legs = tuple(noted if leg.against is Against.NOTE else leg for leg in result.compared)
    return msgspec.structs.replace(result, compared=legs)


def _with_trouble(compared: Compared, trouble: str) -> Compared:
    """Without the master what is held cannot be told from what is not listed."""
    if compared.against is not Against.POSITIONS or not trouble or compared.unknown:
        return compared
    return msgspec.structs.replace(compared, unknown=trouble)


def _charges_paise(ours: OurDay) -> int | None:
    books = ours.state.books
    cost = None if books is None else books.charges()
    if cost is None:
        return None if ours.fills else 0
    return None if isinstance(cost, UnknownPaise) else cost.total
