"""Training whole: forward through the days, judged on those that no model of the way had seen, then once on all.

The figures are of the models on the way, each on days behind its own; the version that is kept is made the same way of
all the days, and no day is left to judge it by: that is for shadow days.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import msgspec
import numpy as np
from numpy.typing import NDArray

from tarazu.app.models.drift import ROWS_MIN as DRIFT_ROWS_MIN
from tarazu.app.models.drift import bins_of, psi
from tarazu.app.models.manifest import Bins, Judged
from tarazu.app.training.boosted import Boosting, TooFew, boosted
from tarazu.app.training.folds import Folds, folds
from tarazu.app.training.judged import Traded, Word, log_loss, traded, word
from tarazu.app.training.rows import DayRows, Rows, joined
from tarazu.strategy.momentum import FEATURES, Params
from tarazu.strategy.scored import Trees, Weights, read_model
from tarazu.strategy.trees import read_trees

Progress = Callable[[int, int], None]
Steps = Callable[[str], AbstractContextManager[Progress]]
SCORE = "score"
"""Beside the features, in what is told of how numbers are spread."""


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the walk."""

    learned: tuple[str, str]
    tested: tuple[str, str]
    rows: tuple[int, int]
    net_paise: int
    baseline_paise: int
    log_loss: float | None
    """None: nothing to judge by on those days."""


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    text: bytes
    """The version."""
    stretches: tuple[Stretch, ...]
    rows: Rows
    """Those judged by, of all stretches."""
    said: NDArray[np.float64]
    """Of each, by the model that had not seen it."""
    word: Word
    model: Traded
    baseline: Traded
    """Every one of them taken, as far as the strategy would."""
    spread: dict[str, Bins]
    """In the rows that the version was made of."""
    drift: dict[str, float]
    """PSI of each feature, from what the first stretch learned from to all that was judged by; empty: too few rows."""

    @property
    def out_of_sample(self) -> Judged:
        return self.model.judged(self.word.log_loss)

    @property
    def drift_psi(self) -> float | None:
        return max(self.drift.values(), default=None)


def trained(
    days: Sequence[DayRows], params: Params, boosting: Boosting, of: Folds, about: str, steps: Steps
) -> Trained:
    """Raises TooFew."""
    rows = joined(days)
    stretches, tested, said = list[Stretch](), list[NDArray[np.intp]](), list[NDArray[np.float64]]()
    parts = list(folds(rows, len(days), of))
    with steps("walk") as progress:
        for n, part in enumerate(parts):
            learned, judged = rows.taken(part.train), rows.taken(part.test)
            model = read_trees(boosted(learned, boosting, of.embargo))
            found = scores(model, judged)
            stretches.append(_stretch(days, part.days, learned, judged, found, params))
            tested.append(part.test)
            said.append(found)
            progress(n + 1, len(parts) + 1)
        text = boosted(rows, boosting, of.embargo, about)
        progress(len(parts) + 1, len(parts) + 1)
    seen, every = rows.taken(np.concatenate(tested)), np.concatenate(said)
    if not len(seen):
        raise TooFew("none of the days that are judged by has a trade in it; take other --days")
    return Trained(
        text=text,
        stretches=tuple(stretches),
        rows=seen,
        said=every,
        word=word(every, seen.won),
        model=traded(seen, every, params.score_min, params),
        baseline=everything(seen, params),
        spread=_spread(read_trees(text), rows),
        drift=_drift(rows.taken(parts[0].train), seen),
    )


def everything(rows: Rows, params: Params) -> Traded:
    """The baseline: no model is asked."""
    return traded(rows, np.ones(len(rows)), 0.0, params)


def against(text: bytes, rows: Rows, params: Params) -> Judged:
    """Another version on the same rows. Raises strategy.calibration.BadModel, KeyError for a feature that is not
    here."""
    said = scores(read_model(text), rows)
    is_probability = bool(len(said)) and 0.0 <= float(said.min()) <= float(said.max()) <= 1.0
    loss = log_loss(said, rows.won) if is_probability else None
    return traded(rows, said, params.score_min, params).judged(loss)


def scores(model: Weights | Trees, rows: Rows) -> NDArray[np.float64]:
    """As the strategy would be told, row by row."""
    if isinstance(model, Trees) and model.features == FEATURES:
        margins = model.margins(np.ascontiguousarray(rows.features))
        return np.array([model.told(float(margin)) for margin in margins], np.float64)
    asked = (dict(zip(FEATURES, map(float, row), strict=True)) for row in rows.features)
    return np.array([model.score(features) for features in asked], np.float64)


def _stretch(
    days: Sequence[DayRows],
    span: tuple[int, int, int, int],
    learned: Rows,
    judged: Rows,
    said: NDArray[np.float64],
    params: Params,
) -> Stretch:
    dates = [days[place].date for place in span]
    return Stretch(
        learned=(dates[0], dates[1]),
        tested=(dates[2], dates[3]),
        rows=(len(learned), len(judged)),
        net_paise=traded(judged, said, params.score_min, params).net_paise,
        baseline_paise=everything(judged, params).net_paise,
        log_loss=log_loss(said, judged.won) if len(judged) else None,
    )


def _columns(rows: Rows) -> dict[str, list[float]]:
    return dict(zip(FEATURES, rows.features.T.astype(np.float64).tolist(), strict=True))


def _spread(model: Trees, rows: Rows) -> dict[str, Bins]:
    columns = {**_columns(rows), SCORE: scores(model, rows).tolist()}
    return {name: bins_of(values) for name, values in columns.items()}


def _drift(learned: Rows, judged: Rows) -> dict[str, float]:
    if len(judged) < DRIFT_ROWS_MIN or not len(learned):
        return {}
    return {name: psi(bins_of(_columns(learned)[name]), values) for name, values in _columns(judged).items()}
