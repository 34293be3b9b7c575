"""Numbers as a page says them: rupees, spans of time, the clock of the market."""

from tarazu.model import ist
from tarazu.model.units import CRORE, LAKH, MICROSECOND_NS, MILLISECOND_NS, SECOND_NS, rupees_text


def rupees(paise: int) -> str:
    """`-₹1,234.56`."""
    return f"₹{rupees_text(paise)}" if paise >= 0 else f"-₹{rupees_text(-paise)}"


def signed(paise: int) -> str:
    """The same of a result: what was gained has its sign too."""
    return f"+{rupees(paise)}" if paise > 0 else rupees(paise)


def sign(paise: int) -> str:
    """The class of a result."""
    return "up" if paise > 0 else "down" if paise < 0 else ""


def money(value: float) -> str:
    """Rupees, short, for an axis."""
    minus, value = ("-" if value < 0 else ""), abs(value)
    for unit, letter in ((CRORE, " cr"), (LAKH, " L"), (1_000, " k")):
        if value >= unit:
            return f"{minus}₹{value / unit:,.4g}{letter}"
    return f"{minus}₹{value:,.4g}"


def span(ns: float) -> str:
    """`120 ms`, `1.5 s`, `80 µs`."""
    for unit_ns, letter in ((SECOND_NS, "s"), (MILLISECOND_NS, "ms"), (MICROSECOND_NS, "µs")):
        if ns >= unit_ns:
            return f"{ns / unit_ns:,.3g} {letter}"
    return f"{ns:,.0f} ns"


def clock(ts_ns: int) -> str:
    """IST, to the second; empty for none."""
    return f"{ist.clock_of(ts_ns):%H:%M:%S}" if ts_ns else ""
