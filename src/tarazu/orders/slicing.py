"""An order above the exchange's freeze quantity, as several that are not.

Sliced by us and not by Kite's `autoslice`: each slice then has an intent, a tag and an answer of its own, and a lost
answer is about one of them.
"""

import msgspec

LEGS_MAX = 10  # Kite v3 "Autoslice": at most 10 slices; we ask no more of one parent than Kite would


class NotSliceable(msgspec.Struct, frozen=True):
    """The quantity cannot be ordered; `why` is for people."""

    why: str


def slices(qty: int, lot_size: int, freeze_qty: int, legs_max: int = LEGS_MAX) -> tuple[int, ...] | NotSliceable:
    """`qty` units as quantities of orders: whole lots, none above `freeze_qty` (0: the exchange sets none), the
    largest first, and as few as can be."""
    assert lot_size > 0 and freeze_qty >= 0 and legs_max > 0
    if qty <= 0 or qty % lot_size:
        return NotSliceable(f"{qty} is no whole number of lots of {lot_size}")
    if freeze_qty == 0 or qty <= freeze_qty:
        return (qty,)
    largest = freeze_qty - freeze_qty % lot_size
    if largest == 0:
        return NotSliceable(f"one lot of {lot_size} is above the freeze quantity of {freeze_qty}")
    whole, rest = divmod(qty, largest)
    if whole + bool(rest) > legs_max:
        return NotSliceable(f"{qty} needs {whole + bool(rest)} slices of {largest}; {legs_max} are allowed")
    return (largest,) * whole + ((rest,) if rest else ())
