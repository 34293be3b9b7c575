"""What a whole answer of Kite's says: yes with an id, no, or nothing that can be believed.

Only Kite's own word is a no. A page from a proxy, whatever its status, tells nothing about the order.

    status                       envelope                          an order                a question
    200                          success, with an order id         Placed                  the data
    429                          error, any type                   No THROTTLED            No THROTTLED
    400 403 404 405 410 413 428  error, Token                      No AUTH_LOST            No AUTH_LOST
    the same                     error, Network, Data or General   Unclear AMBIGUOUS       No REQUEST
    the same                     error, any other type             No, by its type         No, by its type
    5xx                          any, or none                      Unclear SERVER_ERROR    Unclear SERVER_ERROR
    any                          none                              Unclear NOT_KITE        Unclear NOT_KITE
    200                          success, no order id              Unclear NO_ORDER_ID     the data
    whatever else                                                  Unclear AMBIGUOUS       Unclear AMBIGUOUS

Kite v3 "Exceptions and errors": Network is "the API was unable to communicate with the OMS", Data "was unable to
understand a response from the OMS", General is unclassified: with these the order may have got through.
"""

import msgspec

from tarazu.model.outcome import Cause, RefusalKind, Slice
from tarazu.wire.kite_answers import Declined, Malformed, read_envelope
from tarazu.wire.kite_errors import ErrorType

OK = 200
THROTTLED = 429
NO_STATUSES = frozenset({400, 403, 404, 405, 410, 413, 428})
"""KITE facts 1.2, and 413 for a body beyond bounds. 408 is absent: who gave up waiting may have begun to act."""

BEHIND_THE_API = frozenset({ErrorType.NETWORK, ErrorType.DATA, ErrorType.GENERAL})

KIND_OF_TYPE: dict[str, RefusalKind] = {
    ErrorType.TOKEN: RefusalKind.AUTH_LOST,
    ErrorType.PERMISSION: RefusalKind.PERMISSION,
    ErrorType.MARGIN: RefusalKind.MARGIN,
    ErrorType.HOLDING: RefusalKind.HOLDINGS,
}
"""All others, the unheard-of among them, are REQUEST."""

ORDER_ID_CHARS_MAX = 64
"""Ours; Kite's have 15 or 19 digits."""


class Placed(msgspec.Struct, frozen=True):
    order_id: str
    slices: tuple[Slice, ...] = ()


class No(msgspec.Struct, frozen=True):
    kind: RefusalKind
    error_type: str
    message: str


class Unclear(msgspec.Struct, frozen=True):
    cause: Cause
    told: str


class _SliceError(msgspec.Struct):
    error_type: str = ""
    message: str = ""


class _Slice(msgspec.Struct):
    order_id: str | int = ""
    error: _SliceError | None = None


class _Order(msgspec.Struct):
    order_id: str | int = ""
    children: list[_Slice] | None = None


_ORDERS = msgspec.json.Decoder(_Order)
_SLICES = msgspec.json.Decoder(list[_Slice])


def judge_order(status: int, body: bytes) -> Placed | No | Unclear:
    """The answer to a request that would change an order. Any bytes give one of the three."""
    told = _envelope(status, body)
    if isinstance(told, Declined):
        return _no(status, told, certain=told.error_type not in BEHIND_THE_API)
    if isinstance(told, Unclear):
        return told
    return _placed(told)


def judge_read(status: int, body: bytes) -> msgspec.Raw | No | Unclear:
    """The answer to a question: its `data`, still JSON."""
    told = _envelope(status, body)
    return _no(status, told, certain=True) if isinstance(told, Declined) else told


def _envelope(status: int, body: bytes) -> msgspec.Raw | Declined | Unclear:
    if status >= 500:
        return Unclear(Cause.SERVER_ERROR, f"the broker answered {status}")
    try:
        told = read_envelope(body)
    except RecursionError:
        return Unclear(Cause.NOT_KITE, f"{status} with JSON of absurd nesting")
    if isinstance(told, Malformed):
        return Unclear(Cause.NOT_KITE, f"{status}: {told.text}")
    if not isinstance(told, Declined) and status != OK:
        return Unclear(Cause.AMBIGUOUS, f"{status} with a success inside")
    return told


def _no(status: int, told: Declined, certain: bool) -> No | Unclear:
    if not told.error_type:
        return Unclear(Cause.NOT_KITE, f"{status}: an error without its type: {told.message}")
    if status == THROTTLED:
        return No(RefusalKind.THROTTLED, told.error_type, told.message)
    if status in NO_STATUSES and certain:
        return No(KIND_OF_TYPE.get(told.error_type, RefusalKind.REQUEST), told.error_type, told.message)
    return Unclear(Cause.AMBIGUOUS, f"{status} {told.error_type}: {told.message}")


def _placed(data: msgspec.Raw) -> Placed | Unclear:
    """`{order_id, children?}` as the SDKs have it, or the list of slices that the documentation shows."""
    try:
        if bytes(data)[:1] == b"[":
            children = _SLICES.decode(data)
            order_id = next((c.order_id for c in children if c.order_id), "")
        else:
            order = _ORDERS.decode(data)
            order_id, children = order.order_id, order.children or []
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as bad:
        return Unclear(Cause.NO_ORDER_ID, f"a success without a readable order id: {bad}")
    name = str(order_id)
    if not name or len(name) > ORDER_ID_CHARS_MAX or not name.isprintable() or " " in name:
        return Unclear(Cause.NO_ORDER_ID, "a success without an order id")
    return Placed(name, tuple(_slice(child) for child in children))


def _slice(child: _Slice) -> Slice:
    error = child.error or _SliceError()
    return Slice(str(child.order_id), error.error_type, error.message)
