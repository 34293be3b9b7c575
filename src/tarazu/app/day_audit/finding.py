"""What an audit finds: an exception to what should be, by its code, and whom it is about."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from tarazu.app.verdict import Check, Status


class Code(StrEnum):
    """Published and append-only. Faults of the journal and refusals of a replay keep their own codes."""

    # An order's trail.
    NO_DECISION = "NO_DECISION"
    """Sent, and nobody's want, decision or word is behind it."""
    NO_GATE = "NO_GATE"
    """An entry was intended while the desk's state forbade entries, or without a price it was weighed against."""
    NOT_DURABLE = "NOT_DURABLE"
    """Its intent was not forced to the disk before it was sent."""
    NO_SEND = "NO_SEND"
    """Intended, and never given to the wire."""
    SENT_TWICE = "SENT_TWICE"
    NO_INTENT = "NO_INTENT"
    """Sent, answered, or shown by the broker under a tag of ours, and never intended."""
    NO_ANSWER = "NO_ANSWER"
    """The broker has neither answered nor shown it."""
    NO_OUTCOME = "NO_OUTCOME"
    """At the day's end nobody knows what became of it."""
    OPEN_AT_END = "OPEN_AT_END"
    """At the day's end it was still open at the broker."""
    TAG_TWICE = "TAG_TWICE"
    BROKEN_STATUS = "BROKEN_STATUS"
    """Its statuses do not follow one another."""
    NO_FILLS = "NO_FILLS"
    """More is filled by its rows than by its trades, or the other way round."""
    FOREIGN = "FOREIGN"
    """Nobody here has decided it: by hand, by another program."""
    ENGINE_FAILED = "ENGINE_FAILED"
    # Money and limits.
    NOT_BOOKED = "NOT_BOOKED"
    RESULT_DIFFERS = "RESULT_DIFFERS"
    POSITION_DIFFERS = "POSITION_DIFFERS"
    NOT_COMPUTABLE = "NOT_COMPUTABLE"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    LIMIT_REACHED = "LIMIT_REACHED"
    """And the control acted."""
    NO_HALT = "NO_HALT"
    """A loss limit was reached and no halt followed."""
    # Our own conduct (C34).
    WASH = "WASH"
    WASH_PAIR = "WASH_PAIR"
    LAYERING = "LAYERING"
    MARKING_CLOSE = "MARKING_CLOSE"
    # The desk's record and the close.
    DESK_RECORD = "DESK_RECORD"
    DESK_HEAD = "DESK_HEAD"
    ARTEFACT_CHANGED = "ARTEFACT_CHANGED"
    ARTEFACT_GONE = "ARTEFACT_GONE"
    ARTEFACT_UNNAMED = "ARTEFACT_UNNAMED"
    ARTEFACT_UNFINISHED = "ARTEFACT_UNFINISHED"
    """Its step was cut off between the word that it would write it and the word that it has."""
    JOURNAL_GONE = "JOURNAL_GONE"
    RECONCILED_ABSENT = "RECONCILED_ABSENT"
    RECONCILED_STALE = "RECONCILED_STALE"
    RECONCILED_BREAKS = "RECONCILED_BREAKS"
    NO_REPLAY = "NO_REPLAY"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One exception."""

    code: str
    status: Status
    about: str = ""
    """A tag, `#` and an order id, a file, an instrument key: by which it can be looked up."""
    sequence: int = 0
    """The journal's entry; 0: of none."""
    ts_ns: int = 0
    detail: str = ""


TOLD_MAX = 5
"""Findings of one code that a verdict tells one by one; the files have them all."""


def checks_of(id_: str, findings: Iterable[Finding], whole: Check, hint: str = "") -> list[Check]:
    """A line for each, of a code not more than a few; `whole` where there is none."""
    by_code: dict[str, list[Finding]] = {}
    for one in findings:
        by_code.setdefault(one.code, []).append(one)
    checks: list[Check] = []
    for code, found in by_code.items():
        for one in found[:TOLD_MAX]:
            checks.append(Check(id=id_, status=one.status, code=code, detail=line_of(one), hint=hint))
        if len(found) > TOLD_MAX:
            more = f"and {len(found) - TOLD_MAX:,} more of these"
            checks.append(Check(id=id_, status=found[TOLD_MAX].status, code=code, detail=more, hint=hint))
    return checks or [whole]


def line_of(one: Finding) -> str:
    where = f"entry {one.sequence:,}" if one.sequence else ""
    return ": ".join(part for part in (one.about, one.detail) if part) + (f" ({where})" if where else "")
