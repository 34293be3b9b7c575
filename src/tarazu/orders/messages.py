"""What the blotter is told and what it answers. Every change of its state is one of these, and they can be replayed.

`ts_ns` is the engine's steady time: UTC at the start, carried on by the monotonic clock, so that a stepped wall clock
shortens no quarantine (RELIABILITY I13). It never goes back.
"""

from enum import StrEnum

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.order_request import Cancellation, NewOrder, OrderChange
from tarazu.orders.intent import OrderIntent
from tarazu.orders.lifecycle import OrdStatus
from tarazu.orders.report import Answer, OrderReport


class _In(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    ts_ns: int


# An order of ours, from intent to answer. `ref` is its tag.


class Intended(_In, frozen=True):
    """An intent, as it is written to the journal."""

    intent: OrderIntent


class Durable(_In, frozen=True):
    """The intent is on the disk: it may be sent."""

    ref: str


class Withdrawn(_In, frozen=True):
    """It will not be sent after all."""

    ref: str
    why: str


class Send(_In, frozen=True):
    """Send it, now. Once: a second is an assertion."""

    ref: str


class PlaceAnswered(_In, frozen=True):
    ref: str
    answer: Answer


# Requests about an order at the broker. `ref` is a tag of ours, or `#` and the order id of a foreign one.


class AskChange(_In, frozen=True):
    ref: str
    change: OrderChange
    """Its `order_id`, `variety` and `parent_order_id` are filled in by the blotter."""


class AskCancel(_In, frozen=True):
    ref: str


class ChangeAnswered(_In, frozen=True):
    ref: str
    answer: Answer


class CancelAnswered(_In, frozen=True):
    ref: str
    answer: Answer


# What the broker shows.


class Reported(_In, frozen=True):
    """A text frame of the ticker, or a postback: a hint."""

    report: OrderReport


class BookRead(_In, frozen=True):
    """`GET /orders`, the truth as of some moment after `started_ns`. It never lowers a state."""

    started_ns: int
    reports: tuple[OrderReport, ...]
    whole: bool = True
    """Every row was read, at least its id and tag. A read that is not proves no absence."""


class TradesRead(_In, frozen=True):
    """`GET /trades`, of the day or of one order."""

    started_ns: int
    fills: tuple[Fill, ...]


# Of the process, and of its people.


class Restarted(_In, frozen=True):
    """Our process began anew on this journal."""


class Timed(_In, frozen=True):
    """Time has passed; once a second will do."""


class Claimed(_In, frozen=True):
    """A person says: this untagged order is that unknown one of ours."""

    order_id: str
    ref: str


class Disowned(_In, frozen=True):
    """A person says: this untagged order is none of ours."""

    order_id: str


Message = (
    Intended | Durable | Withdrawn | Send | PlaceAnswered | AskChange | AskCancel | ChangeAnswered | CancelAnswered
    | Reported | BookRead | TradesRead | Restarted | Timed | Claimed | Disowned
)  # fmt: skip


class _Out(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    ref: str


class SendOrder(_Out, frozen=True):
    order: NewOrder


class ModifyOrder(_Out, frozen=True):
    change: OrderChange


class CancelOrder(_Out, frozen=True):
    cancellation: Cancellation


class Moved(_Out, frozen=True):
    """An order's status or filled quantity is another than before."""

    was: OrdStatus
    status: OrdStatus
    cum_qty: int
    text: str = ""


class Filled(_Out, frozen=True):
    """One execution, told once, in the order heard. `ref` may be a foreign order's."""

    fill: Fill


class WhyNot(StrEnum):
    NO_SUCH_ORDER = "NO_SUCH_ORDER"
    ENDED = "ENDED"
    NOT_AT_BROKER = "NOT_AT_BROKER"
    """Not sent, or not answered yet: there is no order id to ask with."""
    UNDER_WAY = "UNDER_WAY"
    """A change or a cancellation of it is unanswered, or its effect not seen yet."""
    NO_CHANGE = "NO_CHANGE"


class NotAsked(_Out, frozen=True):
    """A change or cancellation that was not passed on."""

    why: WhyNot


class CancelWanted(_Out, frozen=True):
    """This order should not be there. Answer with AskCancel; the throttle's reserve is for it."""

    why: str


class ReadWanted(_Out, frozen=True):
    """A full read of orders (and trades) would settle something; do not wait for the next interval."""

    why: str


class AlarmKind(StrEnum):
    FOREIGN = "FOREIGN"
    """An order nobody here decided: by hand, GTT, square-off, another program. Counted in exposure."""
    NO_INTENT = "NO_INTENT"
    """It carries a tag of ours of which there is no intent: another instance, or a lost journal. Halt."""
    DOUBLED = "DOUBLED"
    """Two orders at the broker carry one tag. Halt."""
    TAG_MISMATCH = "TAG_MISMATCH"
    """Our tag on an order of another instrument or side."""
    UNKNOWN = "UNKNOWN"
    LOOKALIKE = "LOOKALIKE"
    """Untagged, and like an unknown order of ours: its symbol is blocked until a person claims or disowns it."""
    LATE = "LATE"
    """Found after it had been taken for absent or refused; adopted."""
    ABSENT = "ABSENT"
    """An unknown order is taken for absent, by the rule."""
    CORRECTED = "CORRECTED"
    """More is filled than when the broker called it ended."""
    DISPUTED = "DISPUTED"
    """The broker shows as working what it had called ended. It cools anew."""
    ODD = "ODD"
    """A status or row we do not know; counted as working."""
    OVERFILLED = "OVERFILLED"
    STUCK = "STUCK"
    """Longer in a passing state than any order should be."""
    ASK_NOT_SENT = "ASK_NOT_SENT"
    """A change or cancellation that nobody has judged: it did not leave, or the session was over."""
    ASK_FAILED = "ASK_FAILED"
    """A change or cancellation was refused, or has shown no effect."""
    REFUSED_YET_THERE = "REFUSED_YET_THERE"
    """The broker refused the request over the API and had shown the order before."""
    AUTH_LOST = "AUTH_LOST"
    """The session is over. Nothing is resent, resting stops are left alone."""


class Alarm(_Out, frozen=True):
    kind: AlarmKind
    text: str


Output = SendOrder | ModifyOrder | CancelOrder | Moved | Filled | NotAsked | CancelWanted | ReadWanted | Alarm
