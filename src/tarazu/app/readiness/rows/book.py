"""The broker's book against ours, position by position: main's own word while it runs, else what its journal ended
with."""

from datetime import date

import msgspec

from tarazu.app.account.reading import AccountRead, Why
from tarazu.app.home import Profile
from tarazu.app.readiness.acceptance import ACCEPTABLE, Held, accepted, difference, hash_of, remedy
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.night import since_the_close
from tarazu.app.readiness.rows.row import block, ok, skip, unknown, warn
from tarazu.app.verdict import Check, Status
from tarazu.app.why.names import records, recovery
from tarazu.engine.codec import BadPayload
from tarazu.model import ist
from tarazu.runtime.journal_files import day_folder, days
from tarazu.wire.kite_orders import TERMINAL

OVERNIGHT = "NRML"
"""The product whose positions are there the next morning: MIS is squared off, CNC and MTF turn into holdings."""
LOOK = "tarazu engine status; tarazu flatten --dry-run"
NAMED = 4


class Ours(msgspec.Struct, frozen=True):
    held: Held
    told: str
    """Where it is from, for people."""


def reconcile(look: Look, row: Check) -> Check | tuple[Check, ...]:
    """The same places with the same quantities, and no order at the broker that nobody here looks after; then what the
    night changed, of which main knows nothing once it has taken the morning's book."""
    if look.home.profile is Profile.PAPER:
        return skip(row, "the paper account is main's own, no broker has a book of it")
    found = _reconciled(look, row)
    if found.code == ACCEPTABLE and look.main is not None:
        look.books_again()  # a fill between the two reads is no difference
        found = _reconciled(look, row)
    if found.status in (Status.CRIT, Status.UNKNOWN) or isinstance(look.account, str):
        return found
    return found, *since_the_close(look, look.account)


def _reconciled(look: Look, row: Check) -> Check:
    account = look.account
    if isinstance(account, str):
        return unknown(row, "BOOK_UNKNOWN", f"the broker's book was not read: {account}", "tarazu session check")
    for book, failure in account.failures.items():
        code = "AUTH_LOST" if failure.why is Why.AUTH else "BOOK_UNKNOWN"
        return unknown(row, code, f"{book} were not read: {failure.told}", "tarazu session check")
    if look.main is not None and look.main.breaks:
        return block(row, "RECONCILE", "; ".join(look.main.breaks[:NAMED]), LOOK)
    try:
        ours = _ours(look)
    except BadPayload as bad:
        return unknown(row, "BOOK_UNKNOWN", f"our journal does not read: {bad}", "tarazu audit verify")
    return _compared(look, row, ours, account)


def _compared(look: Look, row: Check, ours: Ours | None, account: AccountRead) -> Check:
    assert account.positions.value is not None and account.orders.value is not None
    theirs = {
        (f"{p.exchange}:{p.tradingsymbol}", p.product): p.quantity for p in account.positions.value.net if p.quantity
    }
    working = len([order for order in account.orders.value.rows if order.status not in TERMINAL])
    if ours is None and theirs:
        told = f"nothing is journalled here yet, and the account holds {_named(theirs)}: main begins with it as its own"
        return warn(row, "FIRST_BOOK", told, "tarazu flatten --dry-run")
    if ours is not None and ours.held != theirs:
        differ = {k: theirs.get(k, 0) - ours.held.get(k, 0) for k in ours.held.keys() | theirs.keys()}
        hash_ = hash_of(theirs, ours.held)
        told = difference(hash_, f"broker {_named(theirs)}; {ours.told} {_named(ours.held)}")
        seen = ok(row, "", observed=sum(1 for d in differ.values() if d), limit=0, unit="differences")
        said = accepted(look.home, look.now_ns, told)
        if said is not None:
            return warn(seen, "BOOK_ACCEPTED", f"{told}; accepted by {said.who}: {said.reason}", LOOK)
        return block(seen, ACCEPTABLE, told, f"{LOOK}; {remedy(hash_)}")
    if working and look.main is None:
        return warn(row, "ORDERS_WORK", f"{working} orders work at the broker and no main looks after them", LOOK)
    return ok(row, f"{len(theirs)} positions, as {ours.told}" if ours is not None and theirs else "flat=flat")


def _ours(look: Look) -> Ours | None:
    """None where nothing was ever journalled here."""
    if look.main is not None and look.main.phase is not None:
        held = {(p.key, p.product): p.qty for p in look.main.positions if p.qty}
        return Ours(held, "main")
    today = ist.day_of(look.now_ns)
    for day in reversed([d for d in days(look.home.journal) if d <= today]):
        held_then = _held_at_the_end(look, day)
        if held_then is not None:
            last = held_then if day == today else {at: qty for at, qty in held_then.items() if _lasts(look, at)}
            return Ours(last, f"the journal of {day}")
    return None


def _held_at_the_end(look: Look, day: date) -> Held | None:
    """None for a day on which main never began."""
    recovered, began = recovery(), False
    for told in records(day_folder(look.home.journal, day)):
        recovered.recover(told.record.stamped, told.record.step)
        began = True
    return (
        {(str(key), str(product)): qty for (key, product), qty in recovered.state.held.items() if qty}
        if began
        else None
    )


def _lasts(look: Look, place: tuple[str, str]) -> bool:
    """Whether a position of an earlier day can be there today: its product does, and its instrument is still listed."""
    key, product = place
    return product == OVERNIGHT and (look.listed is None or key in look.listed)


def _named(held: Held) -> str:
    named = [f"{qty:+d} {key} {product}" for (key, product), qty in sorted(held.items())]
    more = f", +{len(named) - NAMED}" if len(named) > NAMED else ""
    return ", ".join(named[:NAMED]) + more if named else "flat"
