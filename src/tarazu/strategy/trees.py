"""Boosted trees as a strategy uses them: read from the JSON that XGBoost writes, walked without XGBoost.

The sum of the leaves, the margin, is the one that XGBoost's own `predict` gives for the same row, bit for bit in
float32. The file's `feature_names` say what goes in, its attribute `tarazu.calibration` (`calibration.Platt`) what a
margin is turned into a probability by. Both are inside the file, so that its hash covers them.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import TYPE_CHECKING

import msgspec

from tarazu.strategy.calibration import BadModel, Platt, logistic, read_platt
from tarazu.strategy.trees_file import LOGISTIC, Node, flat, forest_of, read_learner

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tarazu.strategy.trees_kernels import Walk

CALIBRATION = "tarazu.calibration"
ABOUT = "tarazu.about"
"""The booster's attributes that are ours."""
NODES_MAX = 4_000_000
"""More is a mistake or a trap: a desk's models have thousands."""
MARGIN_MAX = 1e30
"""Below float32's largest: a sum of leaves is never infinite, and so never NaN."""


class Trees(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    features: tuple[str, ...]
    """In the order of a row."""
    objective: str
    calibration: Platt | None
    about: str
    """What it was trained on, for people."""
    count: int
    """Trees."""
    depth: int
    """Levels of the deepest one below its root."""
    start: float
    """What the margin begins with: a float32."""
    links: bytes
    values: bytes
    roots: bytes
    """As `trees_kernels.Walk` takes them, little-endian."""

    @cached_property
    def walk(self) -> "Walk":
        """Compiled; brings numpy and numba, which reading a model does not."""
        from tarazu.strategy.trees_kernels import Walk

        return Walk(self.links, self.values, self.roots, self.depth, self.start, len(self.features))

    def prepare(self) -> None:
        """Walk once, so that whatever the first walk has to fetch is there."""
        self.walk.one(self.walk.row_of([0.0] * len(self.features)))

    def margin(self, row: "NDArray[np.float32]") -> float:
        """The float32 that XGBoost predicts. NaN goes the way that a tree has for missing values."""
        return self.walk.one(row)

    def margins(self, rows: "NDArray[np.float32]") -> "NDArray[np.float32]":
        return self.walk.many(rows)

    def score(self, features: Mapping[str, float]) -> float:
        """A probability, where the file says how one is made or was trained for one; else the margin. Raises KeyError
        for a feature that is not there."""
        row = self.walk.row_of([features[name] for name in self.features])
        return self.told(self.walk.one(row))

    def told(self, margin: float) -> float:
        """What is said of a margin."""
        if self.calibration is not None:
            return self.calibration.probability(margin)
        return logistic(margin) if self.objective == LOGISTIC else margin


def read_trees(text: bytes) -> Trees:
    """Raises BadModel for what is not one sum of trees of named numbers, or is not whole."""
    learner = read_learner(text)
    names = tuple(learner.feature_names)
    made = [flat(n, tree, len(names)) for n, tree in enumerate(forest_of(learner).trees)]
    starts = list(accumulate((len(tree.nodes) for tree in made), initial=0))
    if starts[-1] > NODES_MAX:
        raise BadModel(f"trees: {starts[-1]:,} nodes are more than {NODES_MAX:,}")
    start = _start(learner.learner_model_param.get("base_score", ""))
    if abs(start) + sum(tree.most for tree in made) > MARGIN_MAX:
        raise BadModel(f"trees: their leaves come to more than {MARGIN_MAX:g}, which no probability needs")
    nodes = [_moved(node, first) for tree, first in zip(made, starts, strict=False) for node in tree.nodes]
    said = learner.attributes.get(CALIBRATION)
    return Trees(
        features=names,
        objective=learner.objective.name,
        calibration=read_platt(said) if said is not None else None,
        about=learner.attributes.get(ABOUT, ""),
        count=len(made),
        depth=max((tree.depth for tree in made), default=0),
        start=start,
        links=_packed("i", list(chain.from_iterable(node[:4] for node in nodes))),
        values=_packed("f", [node[4] for node in nodes]),
        roots=_packed("i", starts[:-1]),
    )


def _moved(node: Node, start: int) -> Node:
    feature, below, above, missing, value = node
    return feature, below + start, above + start, missing + start, value


def _start(base_score: str) -> float:
    """`5E-1`, and `[5E-1]` since XGBoost 3.1. Raises BadModel."""
    try:
        found = float(base_score.removeprefix("[").removesuffix("]"))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise BadModel(f"base_score: {base_score[:40]!r} is not one number")
    return float(struct.unpack("<f", _packed("f", [found]))[0])


def _packed(kind: str, numbers: Sequence[float]) -> bytes:
    """Raises BadModel for what is outside float32 or int32."""
    try:
        return struct.pack(f"<{len(numbers)}{kind}", *numbers)
    except (struct.error, OverflowError) as bad:
        raise BadModel(f"a number is too large: {bad}") from bad
