"""Whether numbers are still spread as they were in training: the population stability index, PSI.

    PSI = sum over bins of (now - then) * ln(now / then)

0 where nothing has moved. Lenders' rule of thumb, by which `[models]` has its limits: below 0.10 nothing to speak of,
above 0.25 another population (Siddiqi, Credit Risk Scorecards, 2006). A bin that is empty counts as half
a value, for a logarithm of nothing says nothing. Plain Python: read commands wait for no numpy.
"""

import bisect
import math
from collections.abc import Mapping, Sequence

import msgspec

from tarazu.app.models.manifest import Bins

BINS = 10
PSI_WARN = 0.20
"""`[models] psi_warn`, unless the settings say another."""
ROWS_MIN = 100
"""Of fewer values nothing is said: ten bins of noise alone then make 0.1."""


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """By name of the feature, and of `score`."""

    rows: int
    psi: dict[str, float]
    """Empty: there are too few rows, or nothing to compare them with."""

    @property
    def worst(self) -> tuple[str, float] | None:
        return max(self.psi.items(), key=lambda one: one[1], default=None)


def bins_of(values: Sequence[float], count: int = BINS) -> Bins:
    """Bins of about as many values each; fewer where values repeat. What is not finite is left out; of nothing there is
    one bin."""
    known = sorted(float(value) for value in values if math.isfinite(value))
    cuts = (known[round(len(known) * n / count) - 1] for n in range(1, count) if round(len(known) * n / count) >= 1)
    edges = tuple(edge for edge in sorted(set(cuts)) if edge < known[-1]) if known else ()
    return Bins(edges=edges, shares=_shares(edges, known))


def psi(then: Bins, values: Sequence[float]) -> float:
    """Of the values against the bins. Some of them are finite."""
    return _psi(then.shares, _counts(then.edges, values))


def _psi(then: Sequence[float], counts: Sequence[int]) -> float:
    total = sum(counts)
    assert total, "the drift of nothing"
    floor = 0.5 / total
    pairs = ((max(count / total, floor), max(before, floor)) for count, before in zip(counts, then, strict=True))
    return sum((share - before) * math.log(share / before) for share, before in pairs)


def _counts(edges: Sequence[float], values: Sequence[float]) -> list[int]:
    counts = [0] * (len(edges) + 1)
    for value in values:
        if math.isfinite(value):
            counts[bisect.bisect_left(edges, value)] += 1
    return counts


def _shares(edges: Sequence[float], values: Sequence[float]) -> tuple[float, ...]:
    counts = _counts(edges, values)
    total = sum(counts)
    return tuple(count / total if total else 1 / len(counts) for count in counts)


class Counted:
    """The same as `drift`, of rows that come one by one, without keeping them."""

    def __init__(self, spread: Mapping[str, Bins]) -> None:
        self.rows = 0
        self._spread = spread
        self._counts = {name: [0] * len(bins.shares) for name, bins in spread.items()}

    def add(self, row: Mapping[str, float]) -> None:
        self.rows += 1
        for name, counts in self._counts.items():
            if name in row and math.isfinite(row[name]):
                counts[bisect.bisect_left(self._spread[name].edges, row[name])] += 1

    def drift(self) -> Drift:
        enough = {name: counts for name, counts in self._counts.items() if sum(counts) >= ROWS_MIN}
        psi = {name: _psi(self._spread[name].shares, counts) for name, counts in enough.items()}
        return Drift(rows=self.rows, psi=psi)


def drift(spread: Mapping[str, Bins], rows: Sequence[Mapping[str, float]]) -> Drift:
    """Of every name of `spread` that enough rows tell."""
    counted = Counted(spread)
    for row in rows:
        counted.add(row)
    return counted.drift()
