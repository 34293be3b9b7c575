"""The life of an order as one table: where it stands, what is heard, where it stands then.

FIX's words (GLOSSARY, OrdStatus 39), and four more for what FIX has no word for. The table knows neither quantities nor
time: `evidence` decides which words of the broker are news (`Heard.SEEN_…`) before it asks here.
"""

from enum import StrEnum


class OrdStatus(StrEnum):
    INTENDED = "INTENDED"
    """Written down; not sent by us, as far as this process knows."""
    IN_FLIGHT = "IN_FLIGHT"
    """Sent, not answered."""
    UNKNOWN = "UNKNOWN"
    """Sent, or it may have been, and no answer that could be believed. It counts in full and is looked for by tag."""
    ABSENT = "ABSENT"
    """No such order at the broker: withdrawn, never left this machine, or looked for by the rule and not found."""
    SUBMITTED = "SUBMITTED"
    """The broker has it; not yet the exchange."""
    WORKING = "WORKING"
    """FIX New: at the exchange, or a stop waiting for its trigger."""
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    """Something is filled and the broker has not called it ended."""
    PENDING_MODIFY = "PENDING_MODIFY"
    PENDING_CANCEL = "PENDING_CANCEL"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    """By the broker or the exchange."""
    EXPIRED = "EXPIRED"
    """Ended by its own validity: what an IOC order left."""


class Heard(StrEnum):
    """What can happen to an order, as far as its status is concerned."""

    SEND = "SEND"
    WITHDRAW = "WITHDRAW"
    RESTART = "RESTART"
    """Our process began anew; whatever was under way has lost its answer."""
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    NOT_PLACED = "NOT_PLACED"
    """The request certainly came to nothing, and the broker passed no judgement on it: no byte left, no session."""
    NO_ANSWER = "NO_ANSWER"
    ABSENCE = "ABSENCE"
    """The rule for absence is fulfilled (`unknown`)."""
    ASK_MODIFY = "ASK_MODIFY"
    ASK_CANCEL = "ASK_CANCEL"
    ASK_OVER = "ASK_OVER"
    """What we asked was refused, or has shown its effect or that it has none."""
    FILL = "FILL"
    """A trade, of an order of which no row has been seen."""
    SEEN_SUBMITTED = "SEEN_SUBMITTED"
    SEEN_WORKING = "SEEN_WORKING"
    SEEN_PARTIAL = "SEEN_PARTIAL"
    SEEN_MODIFYING = "SEEN_MODIFYING"
    SEEN_CANCELING = "SEEN_CANCELING"
    SEEN_FILLED = "SEEN_FILLED"
    SEEN_CANCELED = "SEEN_CANCELED"
    SEEN_REJECTED = "SEEN_REJECTED"
    SEEN_EXPIRED = "SEEN_EXPIRED"


_S, _H = OrdStatus, Heard

TERMINAL = frozenset({_S.ABSENT, _S.FILLED, _S.CANCELED, _S.REJECTED, _S.EXPIRED})
AT_BROKER = frozenset({_S.SUBMITTED, _S.WORKING, _S.PARTIALLY_FILLED, _S.PENDING_MODIFY, _S.PENDING_CANCEL})
"""The broker has it and has not called it ended."""
UNANSWERED = frozenset({_S.INTENDED, _S.IN_FLIGHT, _S.UNKNOWN})

_ENDS = {
    _H.SEEN_FILLED: _S.FILLED,  # over CANCELED: the fill crossed our cancel
    _H.SEEN_CANCELED: _S.CANCELED,
    _H.SEEN_REJECTED: _S.REJECTED,
    _H.SEEN_EXPIRED: _S.EXPIRED,
}
_GROWN = {
    _H.SEEN_PARTIAL: _S.PARTIALLY_FILLED,
    _H.SEEN_MODIFYING: _S.PENDING_MODIFY,
    _H.SEEN_CANCELING: _S.PENDING_CANCEL,
} | _ENDS
# Presence is always evidence: what the broker shows is, whatever we had concluded.
_PRESENT = {_H.SEEN_SUBMITTED: _S.SUBMITTED, _H.SEEN_WORKING: _S.WORKING, _H.FILL: _S.PARTIALLY_FILLED} | _GROWN
_ASKED = {_H.ASK_MODIFY: _S.PENDING_MODIFY, _H.ASK_CANCEL: _S.PENDING_CANCEL}
_ANSWERED = {
    _H.ACCEPTED: _S.SUBMITTED,
    _H.REFUSED: _S.REJECTED,
    _H.NOT_PLACED: _S.ABSENT,
    _H.NO_ANSWER: _S.UNKNOWN,
}
_AT_EXCHANGE = {_H.SEEN_WORKING: _S.WORKING} | _GROWN
# After an end on the broker's word only a word with more filled is news (`evidence`), so these cells are corrections
# that add fills; the words that come with nothing filled move nothing.
_CORRECTED = _GROWN

NEXT: dict[OrdStatus, dict[Heard, OrdStatus]] = {
    _S.INTENDED: {_H.SEND: _S.IN_FLIGHT, _H.WITHDRAW: _S.ABSENT, _H.RESTART: _S.UNKNOWN} | _PRESENT,
    _S.IN_FLIGHT: {_H.RESTART: _S.UNKNOWN} | _ANSWERED | _PRESENT,
    _S.UNKNOWN: {_H.RESTART: _S.UNKNOWN, _H.ABSENCE: _S.ABSENT} | _ANSWERED | _PRESENT,
    _S.ABSENT: {_H.ACCEPTED: _S.SUBMITTED} | _PRESENT,
    _S.SUBMITTED: {_H.FILL: _S.PARTIALLY_FILLED} | _ASKED | _AT_EXCHANGE,
    _S.WORKING: _ASKED | _AT_EXCHANGE,
    _S.PARTIALLY_FILLED: _ASKED | _GROWN,
    _S.PENDING_MODIFY: {_H.ASK_CANCEL: _S.PENDING_CANCEL, _H.ASK_OVER: _S.WORKING} | _AT_EXCHANGE,
    _S.PENDING_CANCEL: {_H.ASK_CANCEL: _S.PENDING_CANCEL, _H.ASK_OVER: _S.WORKING} | _AT_EXCHANGE,
    _S.FILLED: _CORRECTED,
    _S.CANCELED: _CORRECTED,
    # Refused over the API, then seen after all: adopted like any other. Rejected in a row: only fills are news.
    _S.REJECTED: _PRESENT,
    _S.EXPIRED: _CORRECTED,
}

_SENT_LATER = (_H.SEND, _H.WITHDRAW)
_ANSWERS = (_H.ACCEPTED, _H.REFUSED, _H.NOT_PLACED, _H.NO_ANSWER)
_ASKS = (_H.ASK_MODIFY, _H.ASK_CANCEL)

# What only a bug of ours can bring about: a second send, a word about what was never asked.
IMPOSSIBLE: frozenset[tuple[OrdStatus, Heard]] = frozenset(
    [(status, heard) for status in _S if status is not _S.INTENDED for heard in _SENT_LATER]
    + [(_S.INTENDED, heard) for heard in (*_ANSWERS, _H.ASK_OVER)]
    + [(status, _H.ABSENCE) for status in _S if status is not _S.UNKNOWN]
    + [(status, heard) for status in TERMINAL | UNANSWERED for heard in _ASKS]
    + [(_S.PENDING_CANCEL, _H.ASK_MODIFY), (_S.PENDING_MODIFY, _H.ASK_MODIFY)]
)


def step(status: OrdStatus, heard: Heard) -> OrdStatus:
    """Where an order stands next. What the table does not name changes nothing."""
    assert (status, heard) not in IMPOSSIBLE, f"{heard} of an order that is {status}: tarazu's own bug"
    return NEXT[status].get(heard, status)
