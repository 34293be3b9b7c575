"""The lines of a contract note, ours beside the broker's. Ours are whole paise; Kite's may be finer.

A line that the broker tells in whole paise is equal or it is a break. One that it tells finer agrees where it is less
than a paisa from ours, which is rounded; of the total, whose lines were each rounded, less than four.
"""

from collections.abc import Iterator, Mapping, Sequence

from tarazu.model.units import PAISE
from tarazu.portfolio.breaks import MILLIPAISE
from tarazu.portfolio.charges import Charges
from tarazu.wire.kite_money import ChargesRow

TOTAL = "total"
LINES = ("brokerage", "stt", "exchange", "sebi", "stamp", "gst", TOTAL)
"""`exchange` has the investor-protection levy in it, as Kite's rows have."""
FINER_MILLIPAISE = {TOTAL: 4 * MILLIPAISE}
ROUNDED_TO_RUPEE = ("stt", "stamp")
"""A note of a day shows them in whole rupees (`portfolio.charges`)."""


def our_lines(cost: Charges) -> dict[str, int]:
    """Paise."""
    return {
        "brokerage": cost.brokerage_paise,
        "stt": cost.stt_paise,
        "exchange": cost.exchange_paise + cost.ipft_paise,
        "sebi": cost.sebi_paise,
        "stamp": cost.stamp_paise,
        "gst": cost.gst_paise,
        TOTAL: cost.total,
    }


def broker_lines(row: ChargesRow) -> dict[str, int]:
    """Millipaise. Raises ValueError for what is no amount."""
    told = {
        "brokerage": row.brokerage,
        "stt": row.transaction_tax,
        "exchange": row.exchange_turnover_charge,
        "sebi": row.sebi_turnover_charge,
        "stamp": row.stamp_duty,
        "gst": row.gst.total,
        TOTAL: row.total,
    }
    return {line: millipaise(rupees) for line, rupees in told.items()}


def millipaise(rupees: float) -> int:
    """Raises ValueError for what is no amount of a contract note."""
    if not 0 <= rupees < 1e12:
        raise ValueError(f"{rupees!r} is no charge")
    return round(rupees * PAISE * MILLIPAISE)


def differing(ours: Mapping[str, int], theirs: Mapping[str, int], of_the_day: bool = False) -> Iterator[str]:
    """The lines that both tell and that differ; the total only where no other line does. Ours paise, theirs
    millipaise. `of_the_day`: the broker's are a whole day's, of which some lines are rounded to the rupee."""
    lines = [line for line in LINES if line in theirs and line != TOTAL]
    differ = [line for line in lines if not _agrees(line, _may_be(line, ours, of_the_day), theirs[line])]
    yield from differ
    if differ or TOTAL not in theirs:
        return
    if len(lines) == len(LINES) - 1:  # each is ours: what is left is the broker's own sum
        total = sum(theirs[line] for line in lines)
        agrees = abs(total - theirs[TOTAL]) < (MILLIPAISE if total % MILLIPAISE else 1)
    else:
        agrees = _agrees(TOTAL, _may_be(TOTAL, ours, of_the_day), theirs[TOTAL])
    if not agrees:
        yield TOTAL


def _may_be(line: str, ours: Mapping[str, int], of_the_day: bool) -> tuple[int, ...]:
    """What the broker may rightly call it, paise."""
    exact = ours[line]
    if not of_the_day or line not in (*ROUNDED_TO_RUPEE, TOTAL):
        return (exact,)
    if line != TOTAL:
        return exact, _rupee(exact)
    stt, stamp = (_rupee(ours[name]) - ours[name] for name in ROUNDED_TO_RUPEE)
    return exact, exact + stt, exact + stt + stamp


def _agrees(line: str, ours_paise: Sequence[int], theirs: int) -> bool:
    if theirs % MILLIPAISE == 0:
        return theirs // MILLIPAISE in ours_paise
    finer = FINER_MILLIPAISE.get(line, MILLIPAISE)
    return any(abs(paise * MILLIPAISE - theirs) < finer for paise in ours_paise)


def _rupee(paise: int) -> int:
    """To the nearest rupee, half up; in paise."""
    return (paise + PAISE // 2) // PAISE * PAISE
