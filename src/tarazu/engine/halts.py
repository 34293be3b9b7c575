"""Why no new risk is taken, and how much that forbids: the account's state, and one strategy's.

Apart from the messages that carry it: health files and read commands speak of halts, and need no codec for that.
"""

from enum import StrEnum

import msgspec


class RiskState(StrEnum):
    """Of the account; ordered by what it forbids. Cancellations, stops and exits pass in all three."""

    NORMAL = "NORMAL"
    SOFT_HALT = "SOFT_HALT"
    """Reduce only: no entries, resting ones are cancelled; strategies may leave what they hold."""
    HARD_HALT = "HARD_HALT"
    """The same, and strategies are not asked any more."""


class Halt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why no new risk is taken until a person says otherwise."""

    code: str
    why: str
    since_ns: int
    level: RiskState = RiskState.HARD_HALT


def harder(first: Halt | None, second: Halt | None) -> Halt | None:
    """Of two halts the one that forbids more; the first of equals."""
    if first is None or second is None:
        return first or second
    return second if first.level is RiskState.SOFT_HALT and second.level is RiskState.HARD_HALT else first
