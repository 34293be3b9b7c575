"""A change or a cancellation that has been asked for and has not shown what became of it.

An answer is not an effect: 200 means that the API took the request (KITE facts 0.8). Until the order's rows settle it,
an order counts with the larger of its old and its new quantity.
"""

from enum import StrEnum

import msgspec

from tarazu.model.order_request import OrderChange
from tarazu.model.units import SECOND_NS
from tarazu.orders.report import Answer, AnswerKind, OrderReport, Word

EFFECT_NS = 10 * SECOND_NS
"""Ours: a read that began this long after the answer and shows an order at rest as it was, shows that nothing came."""


class AskPhase(StrEnum):
    IN_FLIGHT = "IN_FLIGHT"
    ACCEPTED = "ACCEPTED"
    UNKNOWN = "UNKNOWN"


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    asked_ns: int
    change: OrderChange | None = None
    """None: a cancellation."""
    phase: AskPhase = AskPhase.IN_FLIGHT
    answered_ns: int = 0
    reads: tuple[int, ...] = ()
    """When the reads began that showed no effect, after the quarantine of an unknown change."""


def answered(ask: Ask, answer: Answer, now_ns: int) -> Ask | None:
    """None: refused, or never left; it is over and nothing came of it."""
    if answer.kind in (AnswerKind.REFUSED, AnswerKind.NOT_PLACED):
        return None
    phase = AskPhase.ACCEPTED if answer.kind is AnswerKind.ACCEPTED else AskPhase.UNKNOWN
    return msgspec.structs.replace(ask, phase=phase, answered_ns=now_ns)


def unanswered(ask: Ask | None, now_ns: int) -> Ask | None:
    """After a restart: no answer will come any more."""
    if ask is None or ask.phase is not AskPhase.IN_FLIGHT:
        return ask
    return msgspec.structs.replace(ask, phase=AskPhase.UNKNOWN, answered_ns=now_ns)


def took(ask: Ask, report: OrderReport) -> bool:
    """Whether the order shows what was asked of it."""
    change = ask.change
    if change is None or report.word is not Word.WORKING:
        return False
    asked = (change.qty, change.price_paise, change.trigger_paise, change.order_type)
    shown = (report.qty, report.price_paise, report.trigger_paise, report.order_type)
    return all(want is None or want == have for want, have in zip(asked, shown, strict=True))


def seen_without_effect(
    ask: Ask, report: OrderReport, started_ns: int, quarantine_ns: int, reads_min: int
) -> Ask | None:
    """`ask` after a full read showed the order as it was; None when that settles it.

    A change of unknown outcome may arrive late, like an order, and one that raises the quantity must not: both take the
    quarantine and the reads of an unknown order. A cancellation takes neither: an order that is there counts as working
    either way, and may be asked again.
    """
    if report.word is not Word.WORKING or ask.phase is AskPhase.IN_FLIGHT:
        return ask
    raises = ask.change is not None and (ask.change.qty or 0) > report.qty
    if ask.change is None or (ask.phase is AskPhase.ACCEPTED and not raises):
        return None if started_ns >= ask.answered_ns + EFFECT_NS else ask
    if started_ns < ask.answered_ns + quarantine_ns or started_ns in ask.reads:
        return ask
    reads = (*ask.reads, started_ns)
    return None if len(reads) >= reads_min else msgspec.structs.replace(ask, reads=reads)
