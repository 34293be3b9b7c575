"""What is heard of an order, in our words: a report of its state, and the answer to a request about it."""

from enum import StrEnum

import msgspec

from tarazu.model.ids import BrokerOrderId, InstrumentToken
from tarazu.model.order import OrdType, Product, Side, Validity, Variety
from tarazu.model.outcome import Accepted, OrderOutcome, RefusalKind, Refused, Unknown


class Word(StrEnum):
    """The broker's word for where an order stands."""

    SUBMITTED = "SUBMITTED"
    WORKING = "WORKING"
    MODIFYING = "MODIFYING"
    CANCELING = "CANCELING"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    ODD = "ODD"
    """No word we know. The order counts as working and a human is told (RELIABILITY I18)."""


# Which of two ends the broker has told of, with equally much filled, is kept: any order of hearing gives one state.
END_RANK = {Word.REJECTED: 1, Word.EXPIRED: 2, Word.CANCELED: 3, Word.FILLED: 4}


class OrderReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """FIX ExecutionReport: one order as the broker shows it at one moment. Units and paise."""

    order_id: BrokerOrderId
    tag: str = ""
    key: str
    """`EXCHANGE:TRADINGSYMBOL`."""
    instrument_token: InstrumentToken = InstrumentToken(0)
    side: Side
    product: Product
    order_type: OrdType
    validity: Validity = Validity.DAY
    variety: Variety = Variety.REGULAR
    parent_order_id: str = ""
    qty: int
    """Of the whole order, as last modified."""
    price_paise: int = 0
    trigger_paise: int = 0
    filled_qty: int = 0
    average_paise: int = 0
    """Of the fills, to the nearest paisa; 0 without any."""
    word: Word
    ts_event_ns: int = 0
    """The broker's time of it; 0 where it gave none."""
    text: str = ""

    @property
    def rank(self) -> tuple[int, int]:
        """More filled is later; with equally much filled, an end is later than no end."""
        return self.filled_qty, END_RANK.get(self.word, 0)


class AnswerKind(StrEnum):
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    """The broker's judgement, and certain."""
    NOT_PLACED = "NOT_PLACED"
    """Certainly nothing, without a judgement: no byte left this machine, or the session was over."""
    NO_ANSWER = "NO_ANSWER"


class Answer(msgspec.Struct, frozen=True, gc=False):
    """How a request about an order ended."""

    kind: AnswerKind
    order_id: str = ""
    refusal: RefusalKind | None = None
    text: str = ""


# A token that has run out is no verdict on the order (RELIABILITY I12: nothing is marked rejected).
_UNJUDGED = frozenset({RefusalKind.NOT_SENT, RefusalKind.AUTH_LOST})


def answer_of(outcome: OrderOutcome) -> Answer:
    """The adapter's outcome without its timing, which no state may depend on."""
    match outcome:
        case Accepted():
            return Answer(AnswerKind.ACCEPTED, outcome.order_id)
        case Refused():
            kind = AnswerKind.NOT_PLACED if outcome.kind in _UNJUDGED else AnswerKind.REFUSED
            return Answer(kind, refusal=outcome.kind, text=outcome.message)
        case Unknown():
            return Answer(AnswerKind.NO_ANSWER, text=f"{outcome.cause}: {outcome.told}")
