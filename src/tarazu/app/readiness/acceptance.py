"""A person's word that the broker's book is right where it differs from ours: in the desk's record, for one day and for
this difference alone. Nothing else of the gate can be accepted."""

import msgspec

from tarazu.app.home import Home
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord, DeskKind, append, stamped

ACT = "accept_book"
ACCEPTABLE = "BOOK_DIFFERS"
"""The code of the row."""


class Accepted(msgspec.Struct, frozen=True):
    who: str
    reason: str


def accepted(home: Home, now_ns: int, difference: str) -> Accepted | None:
    """Today's word on exactly this difference. Raises OSError."""
    try:
        told = stamped(home.desk, ist.day_of(now_ns))
    except BadDeskRecord:
        return None  # `desk.chain` blocks
    for entry in reversed(told):
        said = entry.body
        if entry.kind is DeskKind.READINESS and said.get("act") == ACT and said.get("difference") == difference:
            return Accepted(entry.who, str(said.get("reason", "")))
    return None


def accept(home: Home, now_ns: int, difference: str, reason: str, *, who: str) -> None:
    """Raises BadDeskRecord, OSError."""
    body = {"act": ACT, "difference": difference, "reason": reason}
    append(home.desk, DeskKind.READINESS, body, who=who, now_ns=now_ns)
