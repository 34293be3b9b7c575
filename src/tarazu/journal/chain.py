"""What makes entries a chain: each names the one before by its hash, and nothing may come between or out of turn."""

from tarazu.journal.entry import FIRST_SEQUENCE, Entry, Head


def break_of(entry: Entry, head: Head, first_prev: bytes | None = None) -> str | None:
    """Why `entry` cannot be what follows `head`; None when it can.

    A day's first entry follows the last of the day before: `first_prev`, or anything where that is not known.
    """
    if entry.sequence != head.sequence + 1:
        return f"entry {entry.sequence} where {head.sequence + 1} belongs"
    wanted = head.hash if entry.sequence > FIRST_SEQUENCE else first_prev
    if wanted is not None and entry.prev != wanted:
        return f"entry {entry.sequence} does not follow {head.sequence}: one of them was edited or replaced"
    return None


def head_after(entry: Entry) -> Head:
    return Head(entry.sequence, entry.hash)
