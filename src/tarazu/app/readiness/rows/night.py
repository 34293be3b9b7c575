"""The morning's book beside that of the last close: a warning beside the row `reconcile`, for a night that changed what
was held is no reason not to trade, and every reason to look."""

from datetime import date
from typing import TYPE_CHECKING

from tarazu.app.account.reading import AccountRead
from tarazu.app.readiness.acceptance import CARRIED, Held, difference, hash_of, remedy
from tarazu.app.readiness.look import Look
from tarazu.app.readiness.rows.row import warn
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord

if TYPE_CHECKING:
    from tarazu.app.reconcile.last_close import LastClose

ID = "reconcile.carried"
UNSURE_ID = "reconcile.carried.unknown"
NAMED = 4
LOOK = "tarazu flatten --dry-run"


def since_the_close(look: Look, account: AccountRead) -> tuple[Check, ...]:
    """Nothing where nothing differs, and where the desk has no day before."""
    from tarazu.app.reconcile.last_close import carried_in, last_close

    row, today = Check(id=ID, status=Status.OK), ist.day_of(look.now_ns)
    if account.positions.value is None:
        return ()
    try:
        last = last_close(look.home, today)
    except BadDeskRecord:
        return ()  # `desk.chain` blocks
    except OSError as failed:
        return (warn(row, "NO_CLOSING_BOOK", str(failed), "tarazu doctor"),)
    if last.unknown:
        return (warn(row, "NO_CLOSING_BOOK", last.unknown, f"tarazu audit daily --date {last.day}"),)
    if last.unproven:
        hint = f"tarazu reconcile --date {last.unproven_day}; {LOOK}"
        return (warn(row, "NO_CLOSING_BOOK", last.unproven, hint),)
    if last.day is None:
        return ()
    opening = carried_in(account.positions.value.net)
    return *_differs(row, last, opening, today), *_unsure(last, opening, today)


def _differs(row: Check, last: "LastClose", opening: Held, today: date) -> tuple[Check, ...]:
    from tarazu.app.reconcile.legs.carried import differences, since_told

    assert last.day is not None
    found = differences(last, opening, today)
    if not found:
        return ()
    name = hash_of(opening, last.expected(today))
    places = ", ".join(f"{b.key} {b.product} was {b.ours or 0:+d}, is {b.broker or 0:+d}" for b in found[:NAMED])
    more = f", +{len(found) - NAMED}" if len(found) > NAMED else ""
    told = difference(name, f"{places}{more}, {since_told(last.day, today)}")
    said = last.accepted.get(name)
    if said is not None:
        return (warn(row, "BOOK_ACCEPTED", f"{told}; accepted by {said.who}: {said.reason}", LOOK),)
    return (warn(row, CARRIED, told, f"{LOOK}; {remedy(name)}"),)


def _unsure(last: "LastClose", opening: Held, today: date) -> tuple[Check, ...]:
    """No word on what differs is one on these: they may be settled, and may be lost."""
    from tarazu.app.reconcile.legs.carried import unsure

    told = unsure(last, opening, today)
    return (warn(Check(id=UNSURE_ID, status=Status.OK), "NOT_COMPARED", told, LOOK),) if told else ()
