"""A reconciliation for people: a check a book, a line a break, the charges; and its exit code."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from tarazu.app.readiness.acceptance import remedy
from tarazu.app.reconcile.breaks import Against, Amount, Break, BreakKind, Compared, Reconciliation
from tarazu.app.reconcile.legs.carried import since_told
from tarazu.app.verdict import Check, Status, worst
from tarazu.journal.findings import Fault
from tarazu.model import ist
from tarazu.model.units import rupees_text

SHOWN = 20
"""Breaks in the text; all of them are in the file, and in --json."""
UNITS = {
    Against.ORDERS: "orders",
    Against.TRADES: "fills",
    Against.POSITIONS: "places",
    Against.CARRIED: "places",
    Against.FUNDS: "accounts",
    Against.CHARGES: "orders",
    Against.NOTE: "rows",
}
BREAKS = "BREAKS"
WORDS = {Status.OK: "RECONCILED", Status.WARN: "WARN", Status.UNKNOWN: "UNKNOWN", Status.CRIT: "CRIT"}


def checks_of(result: Reconciliation, early: str = "") -> tuple[Check, ...]:
    """Each book, and what makes the day's answer less than it seems. `early`: why kept answers were asked too soon
    (`closing.trading_day.still_open`)."""
    found = [_of_book(result, compared) for compared in result.compared]
    if not result.standing.entries:
        found.append(
            Check(
                id="reconcile.journal",
                status=Status.WARN,
                code="NO_JOURNAL",
                detail=f"no engine journalled anything on {result.day}: our side is empty because nothing ran",
            )
        )
    if result.standing.fault:
        hint = f"tarazu audit verify --date {result.day}"
        status = Status.WARN if result.standing.fault.startswith(Fault.TORN_TAIL) else Status.CRIT
        found.append(
            Check(
                id="reconcile.journal", status=status, code="JOURNAL_DAMAGED", detail=result.standing.fault, hint=hint
            )
        )
    if early or result.later_fills:
        found.append(_early(result, early))
    if result.open_orders:
        found.append(
            Check(
                id="reconcile.open",
                status=Status.WARN,
                code="NOT_OVER",
                observed=result.open_orders,
                unit="orders",
                detail="still work at the broker: what they fill is not in this yet",
                hint=f"tarazu reconcile --date {result.day}",
            )
        )
    return tuple(found)


def _early(result: Reconciliation, early: str) -> Check:
    """Nobody can say of such answers that the day agrees."""
    why = [f"when {early}"] if early else []
    why += [f"before {result.later_fills:,} fills of ours"] if result.later_fills else []
    asked = ist.stamp(result.as_of_ns)[11:16]
    return Check(
        id="reconcile.answers",
        status=Status.UNKNOWN,
        code="EARLY_ANSWERS",
        detail=f"kept answers of {asked}, {', '.join(why)}: what came after them was compared with nothing",
        hint=f"tarazu reconcile --date {result.day} on that day; later it stays UNKNOWN: the tradebook of Console, by "
        "tarazu close import-note FILE, proves the fills and closes nothing",
    )


def word_of(checks: tuple[Check, ...]) -> str:
    """BREAKS where there are any; CRIT also for what was altered."""
    status = worst(checks)
    return BREAKS if status is Status.CRIT and any(check.code == BREAKS for check in checks) else WORDS[status]


def summary_of(result: Reconciliation) -> str:
    legs = {leg.against: leg for leg in result.compared}
    counts = "" if not legs else ", ".join(_count(legs[name]) for name in (Against.ORDERS, Against.TRADES))
    broken = counted(len(result.breaks)) + (f", {len(result.money_breaks)} of money" if result.breaks else "")
    return f"{result.day}: {counts + ', ' if counts else ''}{broken}"


def counted(breaks: int) -> str:
    return f"{breaks:,} break{'' if breaks == 1 else 's'}"


def body_of(result: Reconciliation) -> Iterator[str]:
    asked = f"asked {ist.stamp(result.as_of_ns)} IST" if result.as_of_ns else "not asked"
    yield f"BROKER    {asked}{' (kept answers)' if result.source == 'saved' else ''}  sha256 {result.read_sha256[:12]}"
    standing = result.standing
    yield f"JOURNAL   {standing.entries:,} entries  root {standing.root[:12] or 'none'}"
    for leg in result.compared:
        theirs = "UNKNOWN" if leg.broker is None else f"{leg.broker:,}"
        ours = "UNKNOWN" if leg.ours is None else f"{leg.ours:,}"
        breaks = sum(found.against is leg.against for found in result.breaks)
        said = leg.unknown or leg.unproven or leg.skipped or _since(result, leg)
        none = leg.unproven or leg.skipped
        state = "UNKNOWN" if leg.unknown else "skip" if none and leg.broker is None else counted(breaks)
        yield f"  {leg.against:<11}ours {ours:>7}  broker {theirs:>7}  {state}{'  ' + said if said else ''}"
        if leg.left_out:
            yield f"  {'':<11}not the desk's, left out: {', '.join(leg.left_out[:5])}"
    yield f"CHARGES   {_charges(result)}"
    yield from _breaks(result.breaks)


def _count(leg: Compared) -> str:
    ours = "UNKNOWN" if leg.ours is None else f"{leg.ours:,}"
    broker = "UNKNOWN" if leg.broker is None else f"{leg.broker:,}"
    return (
        f"{UNITS[leg.against]} {ours} = {broker}"
        if ours == broker
        else f"{UNITS[leg.against]} ours {ours}, broker {broker}"
    )


def _of_book(result: Reconciliation, leg: Compared) -> Check:
    breaks = [found for found in result.breaks if found.against is leg.against]
    check = Check(id=f"reconcile.{leg.against}", status=Status.OK, observed=leg.ours, unit=UNITS[leg.against])
    if breaks and leg.against is Against.CARRIED:
        return _of_night(result, leg, breaks, check)
    if breaks:
        kinds = Counter(str(found.kind) for found in breaks)
        told = ", ".join(f"{kind} {times}" for kind, times in kinds.items())
        money = any(found.money for found in breaks)
        status = Status.CRIT if money else Status.WARN
        return check.broken(status, BREAKS if money else "FOREIGN", told, _hint(breaks[0]))
    if leg.unknown:
        return check.broken(Status.UNKNOWN, "NOT_COMPARED", leg.unknown)
    if leg.unproven:
        return check.broken(Status.WARN, "NO_CLOSING_BOOK", leg.unproven)
    if leg.skipped and leg.broker is None:
        return Check(id=check.id, status=Status.SKIP, detail=leg.skipped)
    return check


def _of_night(result: Reconciliation, leg: Compared, breaks: list[Break], check: Check) -> Check:
    """What was carried in; accepted by a person for that day, or a break of money with the way to accept it. A word on
    what differs is none on a place of which nobody can tell whether it should be there."""
    told = f"{BreakKind.CARRIED} {len(breaks)}"
    unknown = f"; {leg.unknown}" if leg.unknown else ""
    if any(found.money for found in breaks):
        return check.broken(Status.CRIT, BREAKS, f"{told}, {_since(result, leg)}{unknown}", remedy(leg.difference))
    accepted = f"{told}, {breaks[0].detail}"
    if unknown:
        return check.broken(Status.UNKNOWN, "NOT_COMPARED", f"{accepted}{unknown}")
    return check.broken(Status.WARN, "BOOK_ACCEPTED", accepted, "tarazu reconcile --json")


def _since(result: Reconciliation, leg: Compared) -> str:
    return since_told(date.fromisoformat(leg.since), date.fromisoformat(result.day)) if leg.since else ""


def _hint(first: Break) -> str:
    order = first.ref or first.order_id
    return f"tarazu why {order}" if order else "tarazu reconcile --json"


def _charges(result: Reconciliation) -> str:
    totals = result.totals
    asked = f"ours {_rupees(totals.asked_charges_paise)}, broker {_rupees(totals.broker_charges_paise)}"
    parts = [f"{_rupees(totals.charges_paise)} INR; as the broker is asked, of averages to the paisa: {asked}"]
    if result.note_sha256:
        none = totals.note_charges_paise is None
        parts.append("the contract note tells none" if none else f"contract note {_rupees(totals.note_charges_paise)}")
    return ", ".join(parts)


def _breaks(breaks: tuple[Break, ...]) -> Iterator[str]:
    for found in breaks[:SHOWN]:
        field = f" {found.field}" if found.field else ""
        money = "" if found.money else "  (no money)"
        sides = f"ours {_amount(found.ours, found.unit)}, broker {_amount(found.broker, found.unit)}"
        where = f" {found.key} {found.product}".rstrip() if found.order_id or found.ref else ""
        detail = f", {found.detail}" if found.detail else ""
        yield f"{found.id}  {found.kind}{field} in {found.against}, {found.of}{where}: {sides}{detail}{money}"
    if len(breaks) > SHOWN:
        yield f"...and {len(breaks) - SHOWN} more: --json, or the file"


def _amount(amount: Amount, unit: str) -> str:
    if isinstance(amount, int):
        return f"{rupees_text(amount)} INR" if unit == "paise" else f"{amount:,} {unit}"
    return amount if amount is not None else "none"


def _rupees(paise: int | None) -> str:
    return "UNKNOWN" if paise is None else rupees_text(paise)
