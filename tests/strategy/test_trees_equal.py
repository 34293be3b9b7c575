"""Trees walked here say what XGBoost says, bit for bit in float32: any booster, any row, one or many at a time."""

from typing import Any

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.strategy_desk import StrategyDesk
from tarazu.strategy.calibration import logistic
from tarazu.strategy.decision import Verb
from tarazu.strategy.momentum import FEATURES
from tarazu.strategy.scored import Model, read_model
from tarazu.strategy.trees import Trees, read_trees
from tarazu.strategy.trees_file import IDENTITY, LOGISTIC

ROWS = 2_000
Row = NDArray[np.float32]


def bits(numbers: Any) -> list[int]:
    return np.asarray(numbers, np.float32).view(np.uint32).tolist()  # type: ignore[no-any-return]


def market(seed: int, features: int, missing: float) -> tuple[Row, Row]:
    """Rows with holes, ties and steps, and what is to be learned of them."""
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(ROWS, features)).astype(np.float32) * np.float32(10.0 ** draw.integers(-4, 5))
    rows[:, 0] = np.round(rows[:, 0], 1)
    rows[draw.random(rows.shape) < missing] = np.nan
    won = np.nan_to_num(rows[:, 0]) + draw.normal(size=ROWS) * np.nanstd(rows) > 0
    return rows, won.astype(np.float32)


def grown(rows: Row, won: Row, rounds: int, **params: Any) -> xgboost.Booster:
    names = [f"feature_{n}" for n in range(rows.shape[1])]
    told = xgboost.DMatrix(rows, label=won, feature_names=names, nthread=1)
    return xgboost.train({"nthread": 1, **params}, told, rounds)


def walked(booster: xgboost.Booster) -> Trees:
    return read_trees(bytes(booster.save_raw("json")))


boosters = st.fixed_dictionaries(
    {
        "objective": st.sampled_from([LOGISTIC, IDENTITY]),
        "base_score": st.floats(0.015625, 0.984375, width=32),
        "max_depth": st.integers(1, 8),
        "eta": st.floats(0.015625, 1.0, width=32),
        "gamma": st.sampled_from([0.0, 0.5, 5.0]),
        "num_parallel_tree": st.integers(1, 3),
        "tree_method": st.sampled_from(["hist", "exact", "approx"]),
        "subsample": st.sampled_from([0.5, 1.0]),
        "seed": st.integers(0, 9),
    }
)


@settings(max_examples=50, deadline=None)
@given(params=boosters, seed=st.integers(0, 10_000), features=st.integers(1, 9), missing=st.sampled_from([0, 0.1, 0.7]))
def test_every_margin_is_the_one_that_xgboost_predicts(
    params: dict[str, Any], seed: int, features: int, missing: float
) -> None:
    rows, won = market(seed, features, missing)
    booster = grown(rows, won, seed % 25, **params)
    trees = walked(booster)
    known = bits(booster.inplace_predict(rows))
    assert bits(trees.margins(rows)) == known
    assert bits([trees.margin(row) for row in rows[:100]]) == known[:100]


def test_a_pruned_forest_that_grew_leaf_by_leaf_is_walked_too() -> None:
    rows, won = market(3, 5, 0.2)
    booster = grown(rows, won, 20, objective=LOGISTIC, grow_policy="lossguide", max_leaves=40, max_depth=0, gamma=1.0)
    assert bits(walked(booster).margins(rows)) == bits(booster.inplace_predict(rows))


def test_at_a_threshold_and_beyond_all_numbers_it_goes_as_xgboost_does() -> None:
    rows, won = market(5, 3, 0.1)
    booster = grown(rows, won, 10, objective=LOGISTIC, max_depth=4)
    trees = walked(booster)
    links, values = np.frombuffer(trees.links, "<i4").reshape(-1, 4), np.frombuffer(trees.values, "<f4")
    asked = links[:, 1] != np.arange(len(links))
    edges = np.repeat(values[asked], 3).reshape(-1, 3)
    near = np.concatenate([edges, np.nextafter(edges, np.float32(np.inf)), np.nextafter(edges, np.float32(-np.inf))])
    huge = np.array([[3.4e38, -3.4e38, 0.0], [-0.0, 1e-45, np.nan], [np.nan] * 3], np.float32)
    every = np.concatenate([near, huge])
    assert asked.sum() > 50 and bits(trees.margins(every)) == bits(booster.inplace_predict(every))


def test_a_block_that_is_not_full_and_no_row_at_all_are_walked() -> None:
    rows, won = market(7, 4, 0.1)
    booster = grown(rows, won, 5, objective=LOGISTIC)
    trees = walked(booster)
    for count in (0, 1, 63, 64, 65, 129):
        found = trees.margins(rows[:count])
        assert len(found) == count and bits(found) == bits(booster.inplace_predict(rows))[:count]


def test_a_model_is_asked_by_name_and_says_a_probability() -> None:
    rows, won = market(11, 3, 0.0)
    booster = grown(rows, won, 5, objective=LOGISTIC)
    model = Model(name="xgb", sha256="ab" * 32, weights=read_model(bytes(booster.save_raw("json"))))
    asked = dict(zip(reversed(model.features), map(float, reversed(rows[0])), strict=True))
    margin = float(booster.inplace_predict(rows[:1])[0])
    assert model.features == ("feature_0", "feature_1", "feature_2")
    assert model.score({**asked, "another": 1.0}) == logistic(margin)
    with pytest.raises(KeyError):
        model.score({"feature_0": 1.0})


def test_a_strategy_asks_trees_as_it_asks_weights_and_has_them_compiled_before_the_day() -> None:
    rows, _ = market(19, len(FEATURES), 0.0)
    told = xgboost.DMatrix(rows, label=rows[:, FEATURES.index("gap_bps")] > 0, feature_names=list(FEATURES), nthread=1)
    text = bytes(xgboost.train({"objective": LOGISTIC, "nthread": 1}, told, 20).save_raw("json"))
    model = Model(name="momentum", sha256="cd" * 32, weights=read_model(text))
    quick = {"bar_seconds": 2, "fast_bars": 3, "slow_bars": 8, "gap_bps_min": 1.0, "lots_max": 1, "risk_rupees": 1e6}
    desk = StrategyDesk("momentum", {"momentum": model}, **quick).begin()
    assert "walk" in vars(model.weights)
    desk.passes(40)
    for _ in range(12):
        desk.passes(1, desk.spot + 1_000)
    entered = desk.last(Verb.ENTER)
    assert entered.why == "the means have crossed, and model cdcdcdcdcdcd agrees"
    assert entered.numbers["score"] == model.score(entered.numbers) > 0.55


def test_its_calibration_is_inside_the_file_and_is_applied() -> None:
    rows, won = market(13, 3, 0.0)
    booster = grown(rows, won, 5, objective=LOGISTIC)
    booster.set_attr(
        **{"tarazu.calibration": '{"kind":"platt","slope":2.0,"intercept":-0.5}', "tarazu.about": "a test"}
    )
    trees = walked(booster)
    margin = float(booster.inplace_predict(rows[:1])[0])
    asked = dict(zip(trees.features, map(float, rows[0]), strict=True))
    assert trees.score(asked) == logistic(2.0 * margin - 0.5) and trees.about == "a test"


def test_a_row_of_another_length_is_a_bug_and_not_a_number() -> None:
    rows, won = market(17, 3, 0.0)
    trees = walked(grown(rows, won, 2, objective=LOGISTIC))
    with pytest.raises(ValueError, match="a row of 2 for 3 features"):
        trees.margin(rows[0, :2])
    with pytest.raises(ValueError, match="rows of shape"):
        trees.margins(rows[:, :2])
