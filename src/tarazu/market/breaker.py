"""The reconnect-storm breaker: too many links made and lost in a window, and dialling stops until a person says so.

A state and three functions; the state is a value that a file keeps over restarts, so its times are wall ns. Count
connections that were made and lost again, not refused dials: a network that is away is waited for, without a cap.
"""

from enum import StrEnum

import msgspec

from tarazu.model.units import MINUTE_NS


class BreakerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """200 drops an hour on each of three connections (RELIABILITY 7) are 10 a minute and must pass; links that die as
    soon as they are made, at the shortest backoff of 0.5 s, are 100 a minute and more."""

    reconnects_max: int = 30
    window_ns: int = MINUTE_NS


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    operator: str
    reason: str
    ts_ns: int


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """Tripped while `tripped_ns` is set."""

    reconnects_ns: tuple[int, ...] = ()
    """Those of the window, ascending."""
    tripped_ns: int | None = None
    trips: int = 0
    """Since the state began."""
    last_cleared: Cleared | None = None

    @property
    def tripped(self) -> bool:
        return self.tripped_ns is not None


class ClearRefusal(StrEnum):
    NOT_TRIPPED = "NOT_TRIPPED"
    OPERATOR_MISSING = "OPERATOR_MISSING"
    REASON_MISSING = "REASON_MISSING"


def reconnected(breaker: Breaker, limits: BreakerLimits, wall_ns: int) -> Breaker:
    """A connection was made again. Trips above `reconnects_max` within the window; once tripped, stays.

    A wall clock that steps back keeps the later entries in the window: it errs towards tripping.
    """
    kept = tuple(sorted((*(t for t in breaker.reconnects_ns if t > wall_ns - limits.window_ns), wall_ns)))
    if breaker.tripped or len(kept) <= limits.reconnects_max:
        return msgspec.structs.replace(breaker, reconnects_ns=kept)
    return msgspec.structs.replace(breaker, reconnects_ns=kept, tripped_ns=wall_ns, trips=breaker.trips + 1)


def clear(breaker: Breaker, operator: str, reason: str, wall_ns: int) -> Breaker | ClearRefusal:
    """A person's act; the window begins anew. Nothing else resets a tripped breaker, time and restarts included."""
    if not breaker.tripped:
        return ClearRefusal.NOT_TRIPPED
    if not operator.strip():
        return ClearRefusal.OPERATOR_MISSING
    if not reason.strip():
        return ClearRefusal.REASON_MISSING
    cleared = Cleared(operator=operator.strip(), reason=reason.strip(), ts_ns=wall_ns)
    return msgspec.structs.replace(breaker, reconnects_ns=(), tripped_ns=None, last_cleared=cleared)
