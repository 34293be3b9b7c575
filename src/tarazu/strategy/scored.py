"""A model as a strategy uses it: named features go in, one number comes out. Linear, logistic, or boosted trees.

    {"schema": "tarazu.model/1", "kind": "logistic", "features": ["move_5_bps"], "weights": [0.03], "bias": -0.1}

is ours; trees are in the JSON that XGBoost writes (`strategy.trees`). Nothing else is read, and a pickle never.
The file's SHA-256 is its name in every decision made by it. How a model is chosen and trusted is `app.models`.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

from tarazu.strategy.calibration import BadModel, logistic
from tarazu.strategy.trees import Trees, read_trees

__all__ = ["BadModel", "Model", "ModelKind", "Trees", "Weights", "read_model", "read_weights"]


class ModelKind(StrEnum):
    LINEAR = "linear"
    LOGISTIC = "logistic"


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file. A feature enters as (value - mean) / scale."""

    schema: Literal["tarazu.model/1"]
    kind: ModelKind
    features: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float = 0.0
    means: tuple[float, ...] = ()
    """As many as there are features, or none: 0."""
    scales: tuple[float, ...] = ()
    """As many as there are features, or none: 1."""
    about: str = ""
    """What it was trained on, for people."""

    def score(self, features: Mapping[str, float]) -> float:
        """A probability of a logistic model. Raises KeyError for a feature that is not there."""
        total = self.bias
        for n, name in enumerate(self.features):
            mean = self.means[n] if self.means else 0.0
            scale = self.scales[n] if self.scales else 1.0
            total += self.weights[n] * (features[name] - mean) / scale
        return total if self.kind is ModelKind.LINEAR else logistic(total)


class Model(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    sha256: str
    weights: Weights | Trees
    """What was learned."""

    @property
    def short(self) -> str:
        """How decisions name it."""
        return self.sha256[:12]

    @property
    def features(self) -> tuple[str, ...]:
        """What it is to be asked with."""
        return self.weights.features

    def prepare(self) -> None:
        """Trees are compiled now, and not at the first decision: some 40 ms."""
        if isinstance(self.weights, Trees):
            self.weights.prepare()

    def score(self, features: Mapping[str, float]) -> float:
        """Raises KeyError for a feature that is not there."""
        return self.weights.score(features)


class _Kinds(msgspec.Struct):
    """Which of the two it says it is."""

    schema: str = ""
    learner: msgspec.Raw = msgspec.Raw()


def read_model(text: bytes) -> Weights | Trees:
    """Raises BadModel: by its first byte for what is no JSON object, before anything is parsed."""
    if text[:1] != b"{":
        raise BadModel(f"begins with {text[:4]!r}, and a model is a JSON object: XGBoost's, or tarazu.model/1")
    try:
        found = msgspec.json.decode(text, type=_Kinds)
    except (msgspec.MsgspecError, RecursionError) as bad:
        raise BadModel(str(bad)) from bad
    return read_trees(text) if bytes(found.learner) and not found.schema else read_weights(text)


def read_weights(text: bytes) -> Weights:
    """Raises BadModel."""
    try:
        found = msgspec.json.decode(text, type=Weights)
    except msgspec.MsgspecError as bad:
        raise BadModel(str(bad)) from bad
    count = len(found.features)
    if not count or len(set(found.features)) < count:
        raise BadModel("features: there are none, or one is named twice")
    for name, of in (("weights", found.weights), ("means", found.means), ("scales", found.scales)):
        if len(of) != count and (name == "weights" or of):
            raise BadModel(f"{name}: there are {len(of)} for {count} features")
    if not all(math.isfinite(x) for x in (*found.weights, *found.means, *found.scales, found.bias)):
        raise BadModel("a number is not finite")
    if not all(scale > 0 for scale in found.scales):
        raise BadModel("scales: one is not above 0")
    return found
