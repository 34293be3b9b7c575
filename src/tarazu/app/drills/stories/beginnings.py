"""How a story begins: a desk that holds something, and has something working."""

from typing import Any

import msgspec

from tarazu.app.drills.admin import is_ours
from tarazu.app.drills.rehearsal import Rehearsal
from tarazu.app.drills.trader import Denied


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


def stop_stays(drill: Rehearsal, book: Book) -> None:
    rows = [row["status"] for row in drill.books().of_tag(book.stop)]
    drill.holds("stop.stays", "the stop still rests at the exchange", rows == ["TRIGGER PENDING"], f"{rows}")


def entry_cancelled(drill: Rehearsal, book: Book) -> None:
    drill.until_order("resting.cancelled", "the working entry is cancelled, by the broker", book.resting, "CANCELLED")


def _stop(drill: Rehearsal, held: str) -> dict[str, Any] | None:
    rows = drill.books().orders
    return next((r for r in rows if r["status"] == "TRIGGER PENDING" and is_ours(r) and r["tag"] != held), None)
