"""The one place that knows XGBoost: rows in, a model's text out. Equal rows and equal words give equal bytes."""

import importlib.util
import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.app.training.folds import learned
from tarazu.app.training.rows import Rows
from tarazu.strategy.calibration import Platt
from tarazu.strategy.momentum import FEATURES
from tarazu.strategy.trees import ABOUT, CALIBRATION
from tarazu.strategy.trees_file import LOGISTIC

CALIBRATED_BY = 4
"""Of the days learned from, the last one in so many calibrates what the others have grown."""
ROWS_MIN = 50
"""Fewer, or of one kind alone, teach nothing."""


class NoTrainer(Exception):
    """XGBoost is not installed; the message says what to do."""


class TooFew(ValueError):
    """There is nothing to learn from; the message is for the user."""


class Boosting(msgspec.Struct, frozen=True, kw_only=True):
    rounds: int = 60
    depth: int = 3
    eta: float = 0.05
    """What each tree adds of its own, shrunk by this."""
    subsample: float = 0.8
    """Share of the rows that each tree sees."""
    weight_min: float = 10.0
    """A leaf is of so much evidence at least (`min_child_weight`)."""
    seed: int = 1


def refuse_without_trainer() -> None:
    """Raises NoTrainer."""
    if importlib.util.find_spec("xgboost") is None:
        raise NoTrainer("xgboost is not installed: pip install 'tarazu[train]'")


def boosted(rows: Rows, boosting: Boosting, embargo: int, about: str = "") -> bytes:
    """XGBoost's JSON, its calibration inside. Grown on the earlier days, calibrated on the last ones: a model is too
    sure of what it has seen. Raises TooFew."""
    places = np.unique(rows.day)
    first = int(places[-max(len(places) // CALIBRATED_BY, 1)]) if len(places) else 0
    grown = rows.taken(learned(rows, 0, first, embargo))
    held = rows.taken(rows.day >= first)
    for what, some in (("grow trees of", grown), ("calibrate by", held)):
        if len(some) < ROWS_MIN or not 0 < some.won.mean() < 1:
            raise TooFew(
                f"{len(some)} trades, {int(some.won.sum())} of them won, to {what}: at least {ROWS_MIN} are needed, "
                "won and lost ones; take more --days, or a smaller gap_bps_min"
            )
    return _saved(_grown(grown, boosting), held, about)


def _grown(rows: Rows, boosting: Boosting):  # type: ignore[no-untyped-def] # xgboost is imported where it is used
    import xgboost

    told = xgboost.DMatrix(rows.features, label=rows.won, feature_names=list(FEATURES), nthread=1)
    return xgboost.train(
        {
            "objective": LOGISTIC,
            "base_score": 0.0,
            "tree_method": "hist",
            "max_depth": boosting.depth,
            "eta": boosting.eta,
            "subsample": boosting.subsample,
            "min_child_weight": boosting.weight_min,
            "seed": boosting.seed,
            "nthread": 1,
        },
        told,
        boosting.rounds,
    )


def _saved(booster, held: Rows, about: str) -> bytes:  # type: ignore[no-untyped-def]
    import xgboost

    margins = booster.predict(xgboost.DMatrix(held.features, feature_names=list(FEATURES), nthread=1))
    calibration = platt(margins.astype(np.float64), held.won)
    booster.set_attr(**{CALIBRATION: msgspec.json.encode(calibration).decode(), ABOUT: about})
    return bytes(booster.save_raw("json"))


def platt(margins: NDArray[np.float64], won: NDArray[np.float64]) -> Platt:
    """By Newton's method on the likelihood, the targets drawn in as Platt does, so that no certainty comes of few rows.
    Where larger margins won less often the model is worth nothing, and the slope is 0: it says the share that won."""
    wins = won.sum()
    target = np.where(won > 0, (wins + 1) / (wins + 2), 1 / (len(won) - wins + 2))
    slope, intercept = 0.0, _logit(float(target.mean()))
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(slope * margins + intercept, -500, 500)))
        weight = np.maximum(p * (1 - p), 1e-12)
        steps = np.array([((target - p) * margins).sum(), (target - p).sum()])
        cross = (weight * margins).sum()
        curves = np.array([[(weight * margins**2).sum() + 1e-9, cross], [cross, weight.sum()]])
        by = np.linalg.solve(curves, steps)
        slope, intercept = slope + float(by[0]), intercept + float(by[1])
        if np.abs(by).max() < 1e-10:
            break
    if not (math.isfinite(slope) and math.isfinite(intercept)) or slope < 0:
        return Platt(slope=0.0, intercept=_logit(float(target.mean())))
    return Platt(slope=slope, intercept=intercept)


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
