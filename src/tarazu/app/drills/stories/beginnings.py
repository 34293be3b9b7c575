"""How a story begins: a desk that holds something, and has something working."""

from typing import Any

import msgspec

from tarazu.app.drills.admin import is_ours
from tarazu.app.drills.rehearsal import Rehearsal
from tarazu.app.drills.trader import Denied
from tarazu.app.main.telling import MainSilent
from tarazu.risk.denial import Code

TAKEN = "taken: none"
"""In place of the codes of an entry that nothing denied."""


class Book(msgspec.Struct, frozen=True):
    """Tags of ours at the broker."""

    held: str
    """An entry that was filled."""
    stop: str
    """What protects it."""
    resting: str
    """An entry that works."""


def holding(drill: Rehearsal, resting: bool = True) -> Book:
    """One lot held behind a stop at the exchange; and an entry that works, where asked for."""
    held = entered(drill, "held", "one lot is bought at the market", drill.trader.buy)
    drill.until_order("held.filled", "it is filled, by the broker's books", held, "COMPLETE")
    stop = drill.until("held.protected", "its stop rests at the exchange", lambda: _stop(drill, held))
    if not resting:
        return Book(held, str(stop["tag"]), "")
    works = entered(drill, "resting", "an entry far below the market is sent", drill.trader.rest)
    drill.until_order("resting.works", "it works, by the broker's books", works, "OPEN")
    return Book(held, str(stop["tag"]), works)


def entered(drill: Rehearsal, id_: str, told: str, want: Any) -> str:
    """Asked for until it is taken: what denies an entry for a moment, a person waits out."""

    def taken() -> str:
        try:
            return str(want())
        except Denied:
            return ""

    return drill.until(id_, told, taken)


def entry_denied(drill: Rehearsal, code: str = Code.PHASE) -> None:
    """By this control, whatever else denies it; asked again where main does not answer."""
    codes = drill.until("entry.answered", "main answers to an entry", lambda: _denials(drill))
    drill.holds("entry.denied", f"an entry is denied ({', '.join(codes)})", code in codes, f"{codes}, not {code}")


def stop_stays(drill: Rehearsal, book: Book) -> None:
    rows = [row["status"] for row in drill.books().of_tag(book.stop)]
    drill.holds("stop.stays", "the stop still rests at the exchange", rows == ["TRIGGER PENDING"], f"{rows}")


def entry_cancelled(drill: Rehearsal, book: Book) -> None:
    drill.until_order("resting.cancelled", "the working entry is cancelled, by the broker", book.resting, "CANCELLED")


def entry_adopted(drill: Rehearsal, book: Book) -> None:
    """By a main that came back before the watchdog counts it as silent; cancelled by the watchdog where it did not, as
    on a machine that does much else."""
    row = drill.until_order("resting.told", "the broker knows the working entry", book.resting, "OPEN", "CANCELLED")
    became = "works, and is main's again" if row["status"] == "OPEN" else "was cancelled: main was away for 10 s"
    drill.holds(
        "resting.adopted", f"the entry {became}", row["filled_quantity"] == 0, f"{row['filled_quantity']} filled"
    )


def _denials(drill: Rehearsal) -> list[str] | None:
    """None: main does not answer, and is asked again."""
    try:
        return drill.trader.denied() or [TAKEN]
    except MainSilent:
        return None


def _stop(drill: Rehearsal, held: str) -> dict[str, Any] | None:
    rows = drill.books().orders
    return next((r for r in rows if r["status"] == "TRIGGER PENDING" and is_ours(r) and r["tag"] != held), None)
