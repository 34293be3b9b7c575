"""The walk down boosted trees, compiled: float32 throughout, tree by tree from the first, as XGBoost adds them up.

All trees go down a level together, each by its own node: no step waits for another one's memory, and the processor has
no way to guess wrong. A leaf is its own child, so that a short tree may be walked for as long as a deep one.
"""

# numba infers the types from the signatures.
# mypy: disable-error-code="no-untyped-def"

import numpy as np
from numba import float32, int32, int64, njit, types, void
from numpy.typing import NDArray

COLUMNS = 4
"""Of `links`: which feature is asked; the node below its threshold, at or above it, and where it is NaN."""
BLOCK = 64
"""Rows that go down a tree together."""
_LINKS = types.Array(int32, 2, "C", readonly=True)
_VALUES = types.Array(float32, 1, "C", readonly=True)
_ROOTS = types.Array(int32, 1, "C", readonly=True)
_ROWS = types.Array(float32, 2, "C", readonly=True)


@njit(float32(_LINKS, _VALUES, _ROOTS, int64, float32, _VALUES), cache=True)
def margin_of(links, values, roots, depth, start, row):
    """`values` are thresholds, and in a leaf what it adds. NaN is below nothing and unequal to itself."""
    nodes = roots.copy()
    for _ in range(depth):
        for tree in range(len(nodes)):
            node = nodes[tree]
            x = row[links[node, 0]]
            nodes[tree] = links[node, 1 + (not x < values[node]) + (x != x)]
    total = start
    for tree in range(len(nodes)):
        total += values[nodes[tree]]
    return total


@njit(void(_LINKS, _VALUES, _ROOTS, int64, float32, _ROWS, float32[::1]), cache=True)
def margins_of(links, values, roots, depth, start, rows, out):
    """Many rows, a block and a tree at a time."""
    nodes = np.empty(BLOCK, np.int32)
    out[:] = start
    for first in range(0, len(rows), BLOCK):
        count = min(BLOCK, len(rows) - first)
        for tree in range(len(roots)):
            nodes[:] = roots[tree]
            for _ in range(depth):
                for n in range(count):
                    node = nodes[n]
                    x = rows[first + n, links[node, 0]]
                    nodes[n] = links[node, 1 + (not x < values[node]) + (x != x)]
            for n in range(count):
                out[first + n] += values[nodes[n]]


class Walk:
    """The trees as the kernels take them. What they are made of was checked by `trees.read_trees`."""

    def __init__(self, links: bytes, values: bytes, roots: bytes, depth: int, start: float, features: int) -> None:
        self._links = np.frombuffer(links, "<i4").reshape(-1, COLUMNS)
        self._values = np.frombuffer(values, "<f4")
        self._roots = np.frombuffer(roots, "<i4")
        self._depth, self._start, self._features = depth, np.float32(start), features

    def one(self, row: NDArray[np.float32]) -> float:
        """A float32, as Python has it. Raises ValueError for another number of features."""
        if len(row) != self._features:
            raise ValueError(f"a row of {len(row)} for {self._features} features")
        return float(margin_of(self._links, self._values, self._roots, self._depth, self._start, row))

    def many(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of rows that lie one after another. Raises ValueError for another number of features."""
        if rows.ndim != 2 or rows.shape[1] != self._features:
            raise ValueError(f"rows of shape {rows.shape} for {self._features} features")
        out = np.empty(len(rows), np.float32)
        margins_of(self._links, self._values, self._roots, self._depth, self._start, rows, out)
        return out

    def row_of(self, numbers: list[float]) -> NDArray[np.float32]:
        return np.array(numbers, np.float32)
