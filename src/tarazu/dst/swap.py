"""A part of the product, and what stands in its place in a mutant."""

from collections.abc import Callable
from typing import Any

import msgspec


class Swap(msgspec.Struct, frozen=True):
    """`owner.name`, as it is looked up when it is used, is replaced by what `wrong` makes of it."""

    owner: Any
    name: str
    wrong: Callable[[Any], Any]


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    seen: str
    """Where it is seen in the wild; "ours": a way in which this engine could be wrong."""
    breaks: str
    """Of the invariants (I) and controls (C) of RELIABILITY, and the oracle's own names: those expected to catch it."""
    control: str = ""
    """Ids of the controls of `risk.controls` that it takes away, with blanks between."""
    narrow: str = ""
    """The trait of a day (`plan.traits_of`), mostly a narrow limit, without which it is not seen; days that have it are
    tried. Empty: all."""
    swaps: tuple[Swap, ...]
