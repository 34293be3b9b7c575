"""What a score is turned into a probability by, and what is said of a model that cannot be used."""

import math
from typing import Literal

import msgspec


class BadModel(ValueError):
    """It cannot be used; the message names the field."""


class Platt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Platt (1999): the probability of a margin is logistic(slope x margin + intercept)."""

    kind: Literal["platt"] = "platt"
    slope: float
    intercept: float

    def probability(self, margin: float) -> float:
        return logistic(self.slope * margin + self.intercept)


def read_platt(text: str) -> Platt:
    """Raises BadModel. A slope below 0 would turn the model's word round, and is refused."""
    try:
        found = msgspec.json.decode(text, type=Platt)
    except msgspec.MsgspecError as bad:
        raise BadModel(f"calibration: {bad}") from bad
    if not (math.isfinite(found.slope) and math.isfinite(found.intercept) and found.slope >= 0):
        raise BadModel(f"calibration: slope {found.slope} and intercept {found.intercept} are to be finite, slope >= 0")
    return found


def logistic(x: float) -> float:
    """1 / (1 + exp(-x)), without overflow at either end."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    grown = math.exp(x)
    return grown / (1.0 + grown)
