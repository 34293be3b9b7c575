"""Money and time units. Money is integer paise, time is integer nanoseconds; rupees and IST appear only in text."""

from decimal import Decimal

PAISE = 100  # paise in a rupee
LAKH = 100_000
CRORE = 10_000_000

MICROSECOND_NS = 1_000
MILLISECOND_NS = 1_000_000
SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS


def rupees(paise: int) -> float:
    """`paise` as the float of rupees that Kite's JSON carries; exact to the paisa for any sum a desk will see."""
    return paise / PAISE


def rupees_text(paise: int) -> str:
    """`-123456` as `-1,234.56`: rupees for people to read."""
    return f"{Decimal(paise) / PAISE:,.2f}"


def div_half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded half away from zero, in integers: how a contract note rounds to the paisa."""
    assert denominator > 0
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude
