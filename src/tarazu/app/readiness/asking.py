"""The gate asked by somebody: looked at, a person's acceptance taken, the verdict written down."""

import contextlib
import os
from collections.abc import Mapping, Sequence

import msgspec

from tarazu.app.home import Home
from tarazu.app.readiness.acceptance import ACCEPTABLE, CARRIED, accept, difference
from tarazu.app.readiness.gate import GatePhase, Readiness, readiness
from tarazu.app.readiness.receipt import Receipt, record_receipt
from tarazu.app.readiness.told import unrecorded
from tarazu.app.verdict import Check, Status
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord

ACCEPT_ROW = "reconcile.accept"
NOT_ACCEPTED = "NOT_ACCEPTED"
LOOK = "tarazu ready --only reconcile"


def ask_gate(
    home: Home,
    phase: GatePhase | None = None,
    *,
    who: str,
    only: Sequence[str] = (),
    strict: bool = False,
    accept_book: str = "",
    why: str = "",
    environ: Mapping[str, str] = os.environ,
) -> tuple[Readiness, Receipt | None]:
    """What was found, and what was written down of it: of a part nothing, and of a NOT_READY only news. A verdict that
    cannot be written down is NOT_READY. `accept_book`: the hash of the difference for which a person says, and `why`,
    that the broker's book is right: as a row has it, or today's reconciliation; of another one nothing is accepted, and
    a row says so. Raises gate.NoSuchRow."""
    found = _looked(home, phase, only, strict, environ)
    try:
        if accept_book:
            said = _accepted(home, found, accept_book, why, who)
            again = _looked(home, phase, only, strict, environ)
            found = msgspec.structs.replace(again, checks=(*again.checks, said))
        return found, record_receipt(home, found, who=who)
    except (BadDeskRecord, OSError) as failed:
        return unrecorded(found, str(failed)), None


def _accepted(home: Home, found: Readiness, name: str, why: str, who: str) -> Check:
    """What became of a person's word, as a row of its own. Raises BadDeskRecord, OSError."""
    from tarazu.app.reconcile.kept import Altered

    row = Check(id=ACCEPT_ROW, status=Status.OK)
    rows = [check.detail for check in found.checks if check.code in (ACCEPTABLE, CARRIED)]
    named = next((told for told in rows if told.startswith(difference(name, ""))), "")
    try:
        of = "the row that differs" if named else "today's reconciliation"
        named = named or _of_today(home, found.now_ns, name)
    except Altered as altered:
        return row.broken(Status.WARN, NOT_ACCEPTED, f"no row has the difference {name}; {altered}", LOOK)
    if not named:
        told = f"no row has the difference {name}, and today's reconciliation has another or none: nothing is accepted"
        return row.broken(Status.WARN, NOT_ACCEPTED, told, LOOK)
    accept(home, found.now_ns, named, why, who=who)
    return msgspec.structs.replace(row, detail=f"the difference {name} of {of} is accepted for today")


def _of_today(home: Home, now_ns: int, name: str) -> str:
    """What today's kept reconciliation tells of the night by this name: main's first read may be another book than what
    the broker says now. Empty: nothing. Raises Altered, BadDeskRecord, OSError."""
    from tarazu.app.reconcile.breaks import Against
    from tarazu.app.reconcile.kept import read_reconciliation

    kept = read_reconciliation(home, ist.day_of(now_ns))
    legs = () if kept is None else kept.compared
    if kept is None or not any(leg.difference == name for leg in legs if leg.against is Against.CARRIED):
        return ""
    places = [f"{b.key} {b.product} was {b.ours}, is {b.broker}" for b in kept.breaks if b.against is Against.CARRIED]
    return difference(name, ", ".join(places)) if places else ""


def _looked(
    home: Home, phase: GatePhase | None, only: Sequence[str], strict: bool, environ: Mapping[str, str]
) -> Readiness:
    """In a home whose folders are there, as a first boot makes them."""
    with contextlib.suppress(OSError):  # the rows that write tell of it
        home.make()
    return readiness(home, phase, only=only, strict=strict, environ=environ)
