"""The second opinion: a sentinel's price over REST against the prices the feed showed around that time.

RELIABILITY I9: once a second, five sentinels. A feed can be alive, on time and wrong; REST comes another way.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from tarazu.model.ids import InstrumentToken
from tarazu.model.units import SECOND_NS


class Agreement(StrEnum):
    AGREES = "AGREES"
    DISAGREES = "DISAGREES"
    UNDECIDED = "UNDECIDED"
    """The feed showed no price up to then: silence is for other limits to judge."""


class SentinelLimits(msgspec.Struct, frozen=True, kw_only=True):
    slack_ns: int = 3 * SECOND_NS
    """REST and ticker may be this far apart in time: Kite's ticks arrive 0.4-3.0 s late (KITE facts 2.6)."""
    tolerance_bps: int = 2
    """And this far apart in price, of the REST price, for ticks the ticker conflated away…"""
    tolerance_paise: int = 5
    """…but at least one tick."""
    disagreements: int = 3
    """So many in a row of one sentinel, one a second, make it count."""


class Sample(msgspec.Struct, frozen=True):
    """What the feed showed from `ts_ns` on."""

    ts_ns: int
    ltp_paise: int


def compare(
    rest_ltp_paise: int, asked_ns: int, answered_ns: int, history: Sequence[Sample], limits: SentinelLimits
) -> Agreement:
    """Whether the feed showed the REST price between `asked_ns` and `answered_ns`, give or take the slack.

    `history` ascends in time, on the clock of the other times; the last price before the window counts as shown in
    it. A price between the lowest and highest shown agrees: the ticker skips trades.
    """
    start, end = asked_ns - limits.slack_ns, answered_ns + limits.slack_ns
    shown = [s.ltp_paise for s in history if start <= s.ts_ns <= end]
    before = [s.ltp_paise for s in history if s.ts_ns < start]
    shown += before[-1:]
    if not shown:
        return Agreement.UNDECIDED
    slack = max(limits.tolerance_paise, rest_ltp_paise * limits.tolerance_bps // 10_000)
    inside = min(shown) - slack <= rest_ltp_paise <= max(shown) + slack
    return Agreement.AGREES if inside else Agreement.DISAGREES


class SentinelWatch:
    """Disagreements in a row, by sentinel. One agreement forgives; UNDECIDED changes nothing."""

    def __init__(self, sentinels: Iterable[InstrumentToken], limits: SentinelLimits) -> None:
        self._limits = limits
        self._streaks = dict.fromkeys(sentinels, 0)

    def take(self, token: InstrumentToken, agreement: Agreement) -> None:
        """Raises KeyError for a token that is no sentinel."""
        streak = self._streaks[token]
        if agreement is Agreement.DISAGREES:
            self._streaks[token] = streak + 1
        elif agreement is Agreement.AGREES:
            self._streaks[token] = 0

    @property
    def disagreeing(self) -> frozenset[InstrumentToken]:
        """For `Sighting.disagreeing`."""
        return frozenset(t for t, streak in self._streaks.items() if streak >= self._limits.disagreements)
