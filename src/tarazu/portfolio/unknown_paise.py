"""Money that may not be known. Not knowing is a result: it is never 0, and a sum with it in is not known either.

`Paise` is what every figure of the books that hangs on a price is: whole paise, or `UnknownPaise` with its causes.
Adding and subtracting work on both; comparing with a number is a TypeError, so no limit is passed by accident.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeAlias

import msgspec


class Cause(StrEnum):
    """Why an amount is not known."""

    NO_PRICE = "NO_PRICE"
    """Open units and no mark for their instrument."""
    STALE_PRICE = "STALE_PRICE"
    """The mark is older than allowed, or from the future."""
    NO_CLOSE = "NO_CLOSE"
    """Units carried in, and no price of yesterday to begin their day at."""
    NO_INSTRUMENT = "NO_INSTRUMENT"
    """Not in the day's master: which charges apply is not known."""
    OTHER_SEGMENT = "OTHER_SEGMENT"
    """Traded where prices are finer than a paisa, units have multipliers, and charges are not in our rate card."""


class UnknownPaise(msgspec.Struct, frozen=True):
    """An amount that cannot be told, and each reason with the instrument it is about."""

    causes: tuple[tuple[Cause, str], ...]
    """(why, key), each once and in order: equal amounts have equal bytes."""

    @classmethod
    def of(cls, causes: Iterable[tuple[Cause, str]]) -> "UnknownPaise":
        return cls(tuple(sorted(set(causes))))

    @classmethod
    def because(cls, cause: Cause, key: str) -> "UnknownPaise":
        return cls(((cause, key),))

    def __add__(self, other: "Paise") -> "UnknownPaise":
        if not isinstance(other, UnknownPaise):
            return self
        return UnknownPaise.of((*self.causes, *other.causes))

    __radd__ = __sub__ = __rsub__ = __add__

    def __neg__(self) -> "UnknownPaise":
        return self

    def __str__(self) -> str:
        """`UNKNOWN: NO_PRICE NSE:INFY, STALE_PRICE NSE:TCS`."""
        return "UNKNOWN: " + ", ".join(f"{cause} {key}" for cause, key in self.causes)


Paise: TypeAlias = int | UnknownPaise
"""Exact, or not known."""
