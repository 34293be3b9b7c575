"""What a strategy concluded, traded or not, with the numbers behind it (`tarazu why`, `tarazu decisions`)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from tarazu.strategy.wants import Want


class Verb(StrEnum):
    ENTER = "ENTER"
    ADJUST = "ADJUST"
    LEAVE = "LEAVE"
    HOLD = "HOLD"
    PASS = "PASS"
    """Looked at, and not taken."""


Facts = Mapping[str, float]
NONE: Facts = MappingProxyType({})


class Decision(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Kept in the journal when it carries wants, is another than the last about the same thing, or is `measured`."""

    strategy: str
    verb: Verb
    about: str
    """An instrument key, or an underlying's."""
    why: str
    """A short reason that stays the same while nothing changes; what changes goes into `numbers`."""
    numbers: dict[str, float] = {}
    """What it was decided by, by name."""
    wants: tuple[Want, ...] = ()
    measured: bool = False
    """Kept though it repeats the last one: a model's drift, and what another model would have said, is told by these
    alone."""


def numbered(facts: Facts) -> dict[str, float]:
    """As a decision keeps them: what is read from a journal is of the same type as what was written."""
    return {name: float(value) for name, value in facts.items()}
