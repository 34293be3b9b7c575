"""How long things take, over five minutes, in memory that does not grow.

Each measurement is a count in a bucket; buckets are an eighth of a power of two wide, so that a percentile is told at
most an eighth too high and never too low. Time is cut into slices of ten seconds; the oldest falls away whole.
"""

import threading
import time
from collections import deque

from tarazu.app.main.timings_health import TimingPage, TimingsPage
from tarazu.model.units import SECOND_NS

SLICE_NS = 10 * SECOND_NS
SLICES = 30
_PARTS = 8
_PERCENT = 99


class _Slice:
    def __init__(self, number: int) -> None:
        self.number = number
        self.counts: dict[int, int] = {}
        self.worst_ns = 0

    def note(self, ns: int) -> None:
        bucket = _bucket(ns)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.worst_ns = max(self.worst_ns, ns)


class Timing:
    """One thing that is measured; any thread notes, any thread reads."""

    def __init__(self) -> None:
        self._slices: deque[_Slice] = deque(maxlen=SLICES)
        self._alone = threading.Lock()

    def note(self, ns: int, mono_ns: int | None = None) -> None:
        """It took `ns`, and ended at `mono_ns` of CLOCK_MONOTONIC, now if not told."""
        number = (time.monotonic_ns() if mono_ns is None else mono_ns) // SLICE_NS
        with self._alone:
            if not self._slices or self._slices[-1].number < number:
                self._slices.append(_Slice(number))
            self._slices[-1].note(max(ns, 0))

    def page(self, mono_ns: int, waiting_ns: int = 0) -> TimingPage:
        """As of `mono_ns`. `waiting_ns`: for how long the one has lasted that has lasted longest and is not over; it
        counts as what it has taken by now."""
        number = mono_ns // SLICE_NS
        with self._alone:
            slices = [one for one in self._slices if number - SLICES < one.number <= number]
            counts: dict[int, int] = {}
            for one in slices:
                for bucket, count in one.counts.items():
                    counts[bucket] = counts.get(bucket, 0) + count
            worst_ns = max((one.worst_ns for one in slices), default=0)
            late = [one.worst_ns for one in slices if one.number >= number - 1]
        if waiting_ns:
            counts[_bucket(waiting_ns)] = counts.get(_bucket(waiting_ns), 0) + 1
            worst_ns, late = max(worst_ns, waiting_ns), [*late, waiting_ns]
        if not counts:
            return TimingPage()
        return TimingPage(
            now_ns=max(late, default=None),
            p99_ns=min(_percentile(counts), worst_ns),
            worst_ns=worst_ns,
            count=sum(counts.values()),
        )


class Timings:
    """What main measures of itself."""

    def __init__(self) -> None:
        self.order_ack, self.decision_loop, self.db_write, self.clock_skew = (Timing() for _ in range(4))

    def page(self, mono_ns: int, unanswered_ns: int) -> TimingsPage:
        """`unanswered_ns`: for how long the request that has waited longest has no answer."""
        return TimingsPage(
            order_ack=self.order_ack.page(mono_ns, unanswered_ns),
            decision_loop=self.decision_loop.page(mono_ns),
            db_write=self.db_write.page(mono_ns),
            clock_skew=self.clock_skew.page(mono_ns),
        )


def _bucket(ns: int) -> int:
    """The number of the narrow bucket that `ns` falls into."""
    if ns < _PARTS:
        return ns
    shift = ns.bit_length() - _PARTS.bit_length()
    return shift * _PARTS + (ns >> shift)


def _top_ns(bucket: int) -> int:
    """The largest that falls into it."""
    if bucket < 2 * _PARTS:
        return bucket
    shift = bucket // _PARTS - 1
    return ((bucket - shift * _PARTS + 1) << shift) - 1


def _percentile(counts: dict[int, int]) -> int:
    """What 99 in a hundred did not exceed."""
    total, seen = sum(counts.values()), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen * 100 >= total * _PERCENT:
            return _top_ns(bucket)
    raise AssertionError("a percentile of nothing")
