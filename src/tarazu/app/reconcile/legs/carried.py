"""What the desk was closed with last beside what it began the day with: what the night lost, gained or changed.

A hand's trade after our close, an exercise or an assignment, a corporate action, the broker's own square-off, a wrong
book: whatever it was, the engine has taken the morning's book as its own.
"""

from datetime import date

from tarazu.app.account.reading import AccountRead
from tarazu.app.readiness.acceptance import Accepted, Held, hash_of
from tarazu.app.reconcile.breaks import Against, Break, BreakKind, Compared
from tarazu.app.reconcile.last_close import LastClose, carried_in, derivatives
from tarazu.app.reconcile.legs.orders import Leg, why_not
from tarazu.app.reconcile.ours import OurDay

NO_DAY_BEFORE = "this desk has no earlier day that was reconciled"


def compare_carried(ours: OurDay, account: AccountRead, last: LastClose, day: date) -> Leg:
    """Our side is the last close, the broker's the opening of `day`. Pure."""
    since = "" if last.day is None else last.day.isoformat()
    if last.unproven or last.unknown:
        return Compared(against=Against.CARRIED, since=since, unproven=last.unproven, unknown=last.unknown), []
    if last.skipped or last.day is None:
        return Compared(against=Against.CARRIED, skipped=last.skipped or NO_DAY_BEFORE), []
    expected, opening = last.expected(day), opening_of(ours, account)
    if opening is None:
        unknown = why_not(account.positions.failure)
        return Compared(against=Against.CARRIED, ours=len(expected), since=since, unknown=unknown), []
    told = Compared(
        against=Against.CARRIED,
        ours=len(expected),
        broker=len(opening),
        since=since,
        unknown=unsure(last, opening, day),
        difference=hash_of(opening, expected),
    )
    return told, differences(last, opening, day)


def opening_of(ours: OurDay, account: AccountRead) -> Held | None:
    """What was carried in: by the first whole read that the engine took as its own, else by what the broker tells now,
    whose rows say it all day; None: nobody was told."""
    if ours.state.books is not None:
        return derivatives((str(key), str(product), qty) for (key, product), qty in ours.state.before.items())
    data = account.positions.value
    return None if data is None else carried_in(data.net)


def differences(last: LastClose, opening: Held, day: date) -> list[Break]:
    """Each place whose units are others, in units; `ours` is the last close. None of a place that is gone and whose
    expiry nobody knows. No money where a person has accepted today that the opening is right."""
    expected = last.expected(day)
    said = last.accepted.get(hash_of(opening, expected))
    return [
        _break(last, (key, product), expected.get((key, product), 0), opening.get((key, product), 0), day, said)
        for key, product in sorted(expected.keys() | opening.keys())
        if expected.get((key, product), 0) != opening.get((key, product), 0)
        and not _may_be_settled(last, opening, key, product)
    ]


def unsure(last: LastClose, opening: Held, day: date) -> str:
    """What is gone and whose expiry nobody knows, by name: lost or settled; empty: there is none."""
    gone = sorted(key for key, product in last.expected(day) if _may_be_settled(last, opening, key, product))
    return f"gone, and no kept instrument master tells when they expire: {', '.join(gone)}" if gone else ""


def since_told(since: date, day: date) -> str:
    """`since the close of 2026-11-20, 3 days before`."""
    days = (day - since).days
    return f"since the close of {since}, {days} day{'' if days == 1 else 's'} before"


def _may_be_settled(last: LastClose, opening: Held, key: str, product: str) -> bool:
    return not opening.get((key, product)) and key not in last.expiries


def _break(last: LastClose, place: tuple[str, str], ours: int, broker: int, day: date, said: Accepted | None) -> Break:
    assert last.day is not None
    key, product = place
    expiry = last.expiries.get(key)
    expired = f"; it expired on {expiry}" if expiry is not None and expiry < day else ""
    accepted = f"; accepted by {said.who}: {said.reason}" if said is not None else ""
    return Break(
        kind=BreakKind.CARRIED,
        against=Against.CARRIED,
        key=key,
        product=product,
        ours=ours,
        broker=broker,
        unit="units",
        money=said is None,
        detail=f"{since_told(last.day, day)}{expired}{accepted}",
    )
