"""How a request to the broker ends. For an order there are three ends and no fourth: accepted, refused, not known.

`Refused` is said only where it is certain that the broker did not and will not act on the request. Everything that
leaves doubt is `Unknown`: such an order keeps counting and is looked for by its tag (RELIABILITY facts 2, I1 and I5).
"""

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class RefusalKind(StrEnum):
    REQUEST = "REQUEST"
    """A parameter, a rule, a price band, a state of the order: this request is not taken as it is."""
    MARGIN = "MARGIN"
    HOLDINGS = "HOLDINGS"
    """Shares that are not there, or whose sale the depository has yet to be told of."""
    PERMISSION = "PERMISSION"
    """This account, application or address may not."""
    THROTTLED = "THROTTLED"
    AUTH_LOST = "AUTH_LOST"
    """The session is over: log in. Resting orders are not touched by it."""
    NOT_SENT = "NOT_SENT"
    """No byte left this machine: no connection, or it broke before the first byte."""


class Cause(StrEnum):
    """Why there is no answer that could be believed."""

    NOT_SENT = "NOT_SENT"
    """Of reads only; for an order it is a refusal."""
    TIMEOUT = "TIMEOUT"
    CLOSED = "CLOSED"
    """The connection ended before the answer did."""
    RESET = "RESET"
    """The connection broke before the answer ended."""
    NO_HTTP = "NO_HTTP"
    TOO_LONG = "TOO_LONG"
    SERVER_ERROR = "SERVER_ERROR"
    """5xx: the broker's front does not know either."""
    NOT_KITE = "NOT_KITE"
    """A whole answer, and not the broker's envelope: a proxy's page, broken JSON, rows of another shape."""
    NO_ORDER_ID = "NO_ORDER_ID"
    AMBIGUOUS = "AMBIGUOUS"
    """The broker's envelope, but status and word contradict each other or speak of trouble behind the API."""


class ClockOffset(msgspec.Struct, frozen=True, gc=False):
    """The broker's clock minus ours: within `uncertainty_ns` of `offset_ns`, from so many agreeing answers.

    A skew is certain when `abs(offset_ns) - uncertainty_ns` exceeds the limit: one answer alone knows no better than
    half a second, and its middle may lie that far off a clock that is right.
    """

    offset_ns: int
    uncertainty_ns: int
    samples: int


class Timing(msgspec.Struct, frozen=True, gc=False):
    sent_mono_ns: int
    """Just before the first byte was written; 0 when none was."""
    answered_mono_ns: int
    """When the answer was whole, or given up."""
    clock: ClockOffset | None
    """As known by then."""

    @property
    def elapsed_ns(self) -> int:
        """From the first byte on; 0 when there was none."""
        return self.answered_mono_ns - self.sent_mono_ns if self.sent_mono_ns else 0


class Slice(msgspec.Struct, frozen=True, gc=False):
    """One part of an order that the broker has sliced; without an id it was refused."""

    order_id: str
    error_type: str = ""
    message: str = ""


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The broker has the order: not yet the exchange (KITE facts 0.8)."""

    order_id: str
    slices: tuple[Slice, ...]
    timing: Timing


class Refused(msgspec.Struct, frozen=True, gc=False):
    """Nothing has changed at the broker. `status` is 0 and `error_type` empty where no answer said so."""

    status: int
    error_type: str
    message: str
    kind: RefusalKind
    timing: Timing


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """It may have happened. Never send it again; look for it."""

    cause: Cause
    bytes_written: int
    """Of the request, at least: handed to the kernel when it was written. Over TLS, before encryption."""
    elapsed_ns: int
    told: str
    """For people."""
    timing: Timing


class Answered(msgspec.Struct, Generic[T], frozen=True):
    """A question's answer."""

    value: T
    timing: Timing


class Unavailable(msgspec.Struct, frozen=True, gc=False):
    """A question without an answer. Nothing was at stake; ask again."""

    cause: Cause
    elapsed_ns: int
    told: str
    timing: Timing


OrderOutcome = Accepted | Refused | Unknown
