"""A model as a strategy uses it: named features, weights, one number out. Linear, or logistic: a probability.

    {"schema": "tarazu.model/1", "kind": "logistic", "features": ["move_5_bps"], "weights": [0.03], "bias": -0.1}

The file's SHA-256 is its name in every decision made by it. How a model is chosen and trusted is `app.models`.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec


class ModelKind(StrEnum):
    LINEAR = "linear"
    LOGISTIC = "logistic"


class BadModel(ValueError):
    """It cannot be used; the message names the field."""


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


class Model(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    sha256: str
    weights: Weights

    @property
    def short(self) -> str:
        """How decisions name it."""
        return self.sha256[:12]

    def score(self, features: Mapping[str, float]) -> float:
        """A probability of a logistic model. Raises KeyError for a feature that is not there."""
        of = self.weights
        total = of.bias
        for n, name in enumerate(of.features):
            mean = of.means[n] if of.means else 0.0
            scale = of.scales[n] if of.scales else 1.0
            total += of.weights[n] * (features[name] - mean) / scale
        return total if of.kind is ModelKind.LINEAR else logistic(total)


def logistic(x: float) -> float:
    """1 / (1 + exp(-x)), without overflow at either end."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    grown = math.exp(x)
    return grown / (1.0 + grown)


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
