"""Boosted trees walked here, beside XGBoost's `inplace_predict` on one thread: one row, as a decision asks, and many.

The rows are other ones each time, so that no processor learns its way by heart. Before anything is measured every row
must come out bit for bit as XGBoost predicts it.
"""

from collections.abc import Iterator

import numpy as np
import xgboost
from numpy.typing import NDArray

from tarazu.ops.bench import Case, against_peer, interleaved
from tarazu.strategy.momentum import FEATURES
from tarazu.strategy.trees import Trees, read_trees
from tarazu.strategy.trees_file import LOGISTIC

ROWS, MISSING = 4_000, 0.05
ONE_GOAL = 20.0
"""Issue 7."""
FORESTS = ((60, 3), (200, 4), (500, 6))
"""Trees and their depth; the first is what `tarazu train xgb` makes unless it is told otherwise."""


def forest(rounds: int, depth: int) -> tuple[xgboost.Booster, Trees, NDArray[np.float32]]:
    draw = np.random.default_rng(7)
    rows = draw.normal(size=(ROWS, len(FEATURES))).astype(np.float32)
    rows[draw.random(rows.shape) < MISSING] = np.nan
    won = np.nan_to_num(rows[:, 0] * rows[:, 1]) + draw.normal(size=ROWS) > 0
    told = xgboost.DMatrix(rows, label=won, feature_names=list(FEATURES), nthread=1)
    booster = xgboost.train({"objective": LOGISTIC, "max_depth": depth, "eta": 0.05, "nthread": 1}, told, rounds)
    return booster, read_trees(bytes(booster.save_raw("json"))), rows


def cases() -> Iterator[Case]:
    for rounds, depth in FORESTS:
        yield from _of(f"{rounds} trees {depth} deep", *forest(rounds, depth))


def _of(name: str, booster: xgboost.Booster, trees: Trees, rows: NDArray[np.float32]) -> Iterator[Case]:
    assert np.array_equal(trees.margins(rows).view(np.uint32), booster.inplace_predict(rows).view(np.uint32))
    some = list(rows[:512])
    alone = [rows[n : n + 1] for n in range(512)]
    named = [dict(zip(FEATURES, map(float, row), strict=True)) for row in some]

    def by_xgboost() -> None:
        for row in alone:
            booster.inplace_predict(row)

    ours_s, peer_s = interleaved(lambda: [trees.margin(row) for row in some], by_xgboost)
    yield _case(f"one row, {name}", len(some) / ours_s, len(some) / peer_s, ONE_GOAL)
    ours_s, peer_s = interleaved(lambda: [trees.score(asked) for asked in named], by_xgboost)
    yield _case("  asked by name, a probability", len(some) / ours_s, len(some) / peer_s, None)
    ours_s, peer_s = interleaved(lambda: trees.margins(rows), lambda: booster.inplace_predict(rows))
    yield _case(f"  {ROWS:,} rows at once", ROWS / ours_s, ROWS / peer_s, None)


def _case(case: str, ours: float, peer: float, goal: float | None) -> Case:
    return against_peer("trees", case, ours=ours, peer=peer, unit="rows/s", goal=goal)
