"""A step as an entry of the journal: its kind by number, its payload as bytes, and how durable it must be.

Numbers are for ever: a journal of years ago is still read.
"""

import msgspec

from tarazu.engine import messages as m
from tarazu.engine.acts import Alert, AskChange, BeginExit, HaltStrategy, Intend, SetHalt, Severity, Step
from tarazu.engine.messages import Stamped
from tarazu.journal.entry import Durability

KINDS: dict[type[m.Message], int] = {
    m.Started: 1,
    m.Ticked: 2,
    m.Stopping: 3,
    m.RecordTrouble: 4,
    m.MarketMoved: 5,
    m.FeedMoved: 6,
    m.OrderHeard: 7,
    m.Answered: 8,
    m.OrdersRead: 9,
    m.TradesRead: 10,
    m.PositionsRead: 11,
    m.ReadFailed: 12,
    m.BandsRead: 13,
    m.Commanded: 14,
    m.Wanted: 15,
    m.MarginsRead: 16,
    m.DeskNoted: 17,
    m.FlagsSet: 18,
    m.ModelsSet: 19,
}
FAILED = 100
"""The message at which the engine failed, and how: `Failure`. It is in no step, and a replay stops there."""

SHOWN_MAX = 4_000
"""Characters of a message that does not encode."""

NAMES = {number: kind.__name__ for kind, number in KINDS.items()} | {FAILED: "Failed"}


class BadPayload(ValueError):
    """An entry's payload is not what its kind says; a journal of another version, or a bug."""


class Record(msgspec.Struct, frozen=True, array_like=True):
    stamped: Stamped
    step: Step


class Failure(msgspec.Struct, frozen=True, array_like=True):
    stamped: Stamped
    error: str


_ENCODER = msgspec.msgpack.Encoder()
_RECORD = msgspec.msgpack.Decoder(Record)
_FAILURE = msgspec.msgpack.Decoder(Failure)


def encode(stamped: Stamped, step: Step) -> tuple[int, bytes]:
    """Kind and payload."""
    return KINDS[type(stamped.message)], _ENCODER.encode(Record(stamped, step))


def encode_failure(stamped: Stamped, error: str) -> tuple[int, bytes]:
    """Always encodes, and is read back. Where the message itself is not, a RecordTrouble of `FAILED` that shows it
    stands for it."""
    error = error.encode("utf-8", "backslashreplace").decode()
    try:
        payload = _ENCODER.encode(Failure(stamped, error))
        _FAILURE.decode(payload)
        return FAILED, payload
    except (OverflowError, ValueError, TypeError):  # of over 64 bits, no UTF-8, or a field of another type
        shown = f"{type(stamped.message).__name__}: {stamped.message!r}"[:SHOWN_MAX]
        stands = m.RecordTrouble(of="FAILED", ok=False, text=shown)
        return FAILED, _ENCODER.encode(Failure(msgspec.structs.replace(stamped, message=stands), error))


def decode(kind: int, payload: bytes | memoryview) -> Record | Failure:
    """Raises BadPayload."""
    try:
        return _FAILURE.decode(payload) if kind == FAILED else _RECORD.decode(payload)
    except msgspec.MsgspecError as bad:
        raise BadPayload(f"kind {kind}: {bad}") from bad


_FORCING = (m.Started, m.Commanded, m.Stopping, m.FlagsSet, m.ModelsSet)
_FORCE, _GROUP = Durability.FORCE, Durability.GROUP
_FORCED = (Intend, AskChange, BeginExit, SetHalt, HaltStrategy)


def durability(stamped: Stamped, step: Step) -> Durability:
    """FORCE, on the disk before anything of it is done: what is sent or changed, a place to be left, halts, people's
    words, every start (RELIABILITY 4.3, class A). A cancellation waits for no disk."""
    if isinstance(stamped.message, _FORCING):
        return _FORCE
    for act in step.acts:
        if isinstance(act, _FORCED) or _is_sev1(act):
            return _FORCE
    return _GROUP


def is_urgent(stamped: Stamped, step: Step) -> bool:
    """Whether it must be recorded even when only the reserve of the disk is left: all but new risk is."""
    return not (step.acts and any(isinstance(act, Intend) and act.intent.purpose == "ENTRY" for act in step.acts))


def _is_sev1(act: object) -> bool:
    return isinstance(act, Alert) and act.severity is Severity.SEV1
