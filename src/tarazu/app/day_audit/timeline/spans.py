"""How long things took, as counts in buckets: a day of them in memory that does not grow."""

import msgspec

_PARTS = 4
"""Buckets to a power of two: a percentile is told at most a quarter too high, and never too low."""


class Spans(msgspec.Struct, kw_only=True):
    """Of one kind of span."""

    name: str
    buckets: dict[int, int] = {}
    count: int = 0
    worst_ns: int = 0

    def note(self, ns: int) -> None:
        ns = max(ns, 0)
        bucket = bucket_of(ns)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.count += 1
        self.worst_ns = max(self.worst_ns, ns)

    def percentile_ns(self, percent: float) -> int | None:
        """What so many in a hundred did not exceed, rounded up to its bucket; None without any."""
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen * 100 >= self.count * percent:
                return min(top_ns(bucket), self.worst_ns)
        return None


def bucket_of(ns: int) -> int:
    """The number of the narrow bucket that `ns` falls into."""
    if ns < _PARTS:
        return ns
    shift = ns.bit_length() - _PARTS.bit_length()
    return shift * _PARTS + (ns >> shift)


def top_ns(bucket: int) -> int:
    """The largest that falls into it."""
    if bucket < 2 * _PARTS:
        return bucket
    shift = bucket // _PARTS - 1
    return ((bucket - shift * _PARTS + 1) << shift) - 1
