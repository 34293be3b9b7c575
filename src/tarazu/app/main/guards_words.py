"""The guards in words: what waits for leave, leg by leg, beside the market; and what leave would come to now."""

from collections.abc import Iterator

from tarazu.app.feed.words import span, table
from tarazu.app.main.guards_health import GuardsPage, LegPage, PilotPage, WaitingPage
from tarazu.app.verdict import Check, Status, plain
from tarazu.model.units import SECOND_NS, rupees_text

TELL = 'tarazu engine tell APPROVE --ref {ref} --why "..."   (or REFUSE)'


def guards_summary(page: GuardsPage) -> str:
    count = len(page.waiting)
    waits = "nothing waits" if not count else f"{count} {'waits' if count == 1 else 'wait'} for leave"
    return f"{waits} | approvals {_switch(page.approvals)} | pilot {_switch(page.pilot is not None)}"


def guards_body(page: GuardsPage) -> Iterator[str]:
    if page.waiting:
        head = ("REF", "LEFT", "STRATEGY", "WANT", "BID", "LAST", "ASK", "LEAVE WOULD NOW")
        yield from table([head, *(row for held in page.waiting for row in _rows(held))])
    elif not page.approvals:
        yield "APPROVALS   off: entries that pass the controls are sent without leave (APPROVALS_ON asks for it)"
    if page.pilot is not None:
        yield f"PILOT       {_pilot(page.pilot)}"


def waiting_checks(page: GuardsPage) -> tuple[Check, ...]:
    """A want that waits is a question to a person, and that is worth a warning."""
    return tuple(_check(held) for held in page.waiting)


def _rows(held: WaitingPage) -> Iterator[tuple[str, ...]]:
    first = (held.ref, span(held.left_ns), plain(held.strategy))
    for at, leg in enumerate(held.legs):
        prices = (_price(leg.bid_paise), _price(leg.last_paise), _price(leg.ask_paise))
        yield (*(first if not at else ("", "", "")), _leg(leg, held.product), *prices, _verdict(held) if not at else "")


def _leg(leg: LegPage, product: str) -> str:
    at = "MARKET" if leg.price_paise is None else _price(leg.price_paise)
    return f"{leg.side} {leg.qty:,} {plain(leg.key)} at {at} {product}"


def _verdict(held: WaitingPage) -> str:
    if not held.denials:
        return "send it"
    return "be denied: " + ", ".join(f"{denial.code} {plain(denial.observed)}".rstrip() for denial in held.denials)


def _check(held: WaitingPage) -> Check:
    seen = Check(
        id=f"approval.{held.ref}", status=Status.OK, observed=round(held.left_ns / SECOND_NS, 1), unit="s left"
    )
    detail = f"{plain(held.strategy)} waits for leave"
    if held.denials:
        told = "; ".join(f"{d.code} {d.observed}{f', limit {d.limit}' if d.limit else ''}" for d in held.denials)
        detail += f"; it would be denied now: {plain(told)}"
    return seen.broken(Status.WARN, "APPROVAL", detail, TELL.format(ref=held.ref))


def _pilot(pilot: PilotPage) -> str:
    keys = ", ".join(plain(key) for key in pilot.keys) or "nothing at all"
    return (
        f"on: enters {keys} | {pilot.lots_max} lots | order ₹{rupees_text(pilot.order_value_max_paise)} | "
        f"day loss ₹{rupees_text(pilot.day_loss_max_paise)}"
    )


def _switch(is_on: bool) -> str:
    return "ON" if is_on else "off"


def _price(paise: int | None) -> str:
    return "-" if paise is None else rupees_text(paise)
