"""Figures as the look tells them."""

from collections.abc import Sequence

from tarazu.model.units import PAISE


def change(now: float, before: float | None) -> str:
    """` (+12 %)` against the window before; ` (before 0)` where that is no share of it; nothing where none is known."""
    if before is None:
        return ""
    if not before:
        return "" if not now else " (before 0)"
    percent = round(100 * (now - before) / before)
    return f" ({percent:+} %)" if percent else " (=)"


def rupees(paise: int) -> str:
    """`+3,102.25`."""
    return f"{paise / PAISE:+,.2f}"


def capped(told: Sequence[str], most: int, between: str = ", ") -> str:
    """The first, and how many more."""
    rest = len(told) - most
    return between.join([*told[:most], *([f"+{rest} more"] if rest > 0 else [])])


def gib(size: int) -> str:
    if size < 1 << 30:
        return f"{size / (1 << 20):.1f} MiB"
    return f"{size / (1 << 30):.1f} GiB"
