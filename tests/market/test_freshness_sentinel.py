"""REST against the ticker: agree, disagree, or not to be decided."""

import pytest

from tarazu.market.sentinel import Agreement, Sample, SentinelLimits, SentinelWatch, compare
from tarazu.model.ids import InstrumentToken
from tarazu.model.units import SECOND_NS

LIMITS = SentinelLimits(slack_ns=3 * SECOND_NS, tolerance_bps=2, tolerance_paise=5, disagreements=3)
NIFTY = InstrumentToken(256265)

# `feed's prices as second=rupees | asked-answered | REST rupees | verdict`; 2 bps of 26,000 are 5.20.
COMPARISONS = """
    0=26000 5=26010 10=26020  | 9-10   | 26015    | AGREES
    0=26000 5=26010 10=26020  | 9-10   | 26020    | AGREES
    0=26000 5=26010 10=26020  | 9-10   | 26025.20 | AGREES
    0=26000 5=26010 10=26020  | 9-10   | 26025.25 | DISAGREES
    0=26000 5=26010 10=26020  | 9-10   | 26000    | DISAGREES
    0=26000 5=26010 10=26020  | 7-8    | 26000    | AGREES
    0=26000                   | 60-61  | 26000    | AGREES
    0=26000                   | 60-61  | 26100    | DISAGREES
    20=26000                  | 9-10   | 26000    | UNDECIDED
    13=26000                  | 9-10   | 26000    | AGREES
                              | 9-10   | 26000    | UNDECIDED
    0=1.00                    | 1-2    | 1.05     | AGREES
    0=1.00                    | 1-2    | 1.10     | DISAGREES
"""


def paise(rupees: str) -> int:
    return round(float(rupees) * 100)


@pytest.mark.parametrize("row", COMPARISONS.strip("\n").splitlines())
def test_comparison(row: str) -> None:
    feed, asked, rest, verdict = (part.strip() for part in row.split("|"))
    history = [Sample(int(s) * SECOND_NS, paise(p)) for s, p in (sample.split("=") for sample in feed.split())]
    start, end = (int(s) * SECOND_NS for s in asked.split("-"))
    assert compare(paise(rest), start, end, history, LIMITS) is Agreement(verdict)


@pytest.mark.control("C25")
def test_three_disagreements_in_a_row_count_and_one_agreement_forgives() -> None:
    watch = SentinelWatch([NIFTY], LIMITS)
    for agreement, counts in [
        (Agreement.DISAGREES, False),
        (Agreement.DISAGREES, False),
        (Agreement.AGREES, False),
        (Agreement.DISAGREES, False),
        (Agreement.DISAGREES, False),
        (Agreement.UNDECIDED, False),
        (Agreement.DISAGREES, True),
        (Agreement.UNDECIDED, True),
        (Agreement.AGREES, False),
    ]:
        watch.take(NIFTY, agreement)
        assert watch.disagreeing == (frozenset({NIFTY}) if counts else frozenset())


def test_only_sentinels_are_watched() -> None:
    with pytest.raises(KeyError):
        SentinelWatch([NIFTY], LIMITS).take(InstrumentToken(1), Agreement.AGREES)
