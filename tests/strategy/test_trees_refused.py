"""What is no sum of trees of named numbers is refused by field, and nothing that is not JSON is parsed at all."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tarazu.strategy.scored import BadModel, Weights, read_model
from tarazu.strategy.trees import Trees, read_trees
from tarazu.strategy.trees_file import DEPTH_MAX

File = dict[str, Any]
STUMP: File = {
    "left_children": [1, -1, -1],
    "right_children": [2, -1, -1],
    "split_indices": [0, 0, 0],
    "split_conditions": [0.5, -1.0, 1.0],
    "default_left": [1, 0, 0],
    "split_type": [0, 0, 0],
    "categories": [],
    "tree_param": {"num_nodes": "3", "size_leaf_vector": "1"},
}
WHOLE: File = {
    "learner": {
        "attributes": {},
        "feature_names": ["a", "b"],
        "gradient_booster": {"name": "gbtree", "model": {"trees": [STUMP], "tree_info": [0]}},
        "learner_model_param": {"base_score": "[5E-1]", "num_class": "0", "num_feature": "2", "num_target": "1"},
        "objective": {"name": "binary:logitraw"},
    },
    "version": [3, 2, 0],
}


def changed(change: Callable[[File, File], object]) -> bytes:
    """The file with something done to its learner or to its tree."""
    whole = deepcopy(WHOLE)
    learner = whole["learner"]
    change(learner, learner["gradient_booster"]["model"]["trees"][0])
    return json.dumps(whole).encode()


def chain(levels: int) -> File:
    """A tree that goes down and down."""
    nodes = 2 * levels + 1
    inner = [node % 2 == 0 and node < nodes - 1 for node in range(nodes)]
    return {
        **STUMP,
        "left_children": [node + 1 if is_inner else -1 for node, is_inner in enumerate(inner)],
        "right_children": [node + 2 if is_inner else -1 for node, is_inner in enumerate(inner)],
        **{name: [0] * nodes for name in ("split_indices", "split_conditions", "default_left", "split_type")},
    }


def test_the_file_as_it_stands_is_read() -> None:
    trees = read_model(json.dumps(WHOLE).encode())
    assert isinstance(trees, Trees) and (trees.count, trees.depth, trees.features) == (1, 1, ("a", "b"))
    nothing = {"a": float("nan"), "b": 0.0}
    assert [trees.told(0.0), trees.score(nothing)] == [0.5, trees.score({"a": 0.0, "b": 0.0})]
    assert trees.score({"a": 0.5, "b": 0.0}) > 0.5 > trees.score({"a": 0.4, "b": 0.0})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda of, tree: of.pop("objective"), "objective"),
        (lambda of, tree: of.update(objective={"name": "multi:softprob"}), "objective: 'multi:softprob'"),
        (lambda of, tree: of.update(objective={"name": "binary:logistic"}), "objective: 'binary:logistic'"),
        (lambda of, tree: of["gradient_booster"].update(name="dart"), "'dart' is not walked"),
        (lambda of, tree: of.update(gradient_booster={"name": "gblinear"}), "'gblinear' is not walked"),
        (lambda of, tree: of["learner_model_param"].update(num_class="3"), "num_class"),
        (lambda of, tree: of["learner_model_param"].update(num_feature="3"), "num_feature"),
        (lambda of, tree: of["learner_model_param"].update(base_score="[1E-1,2E-1]"), "base_score"),
        (lambda of, tree: of["learner_model_param"].update(base_score="nan"), "base_score"),
        (lambda of, tree: of["learner_model_param"].update(base_score="1e39"), "too large"),
        (lambda of, tree: of.update(feature_names=[]), "feature_names"),
        (lambda of, tree: of.update(feature_names=["a", "a"]), "feature_names"),
        (lambda of, tree: of.update(attributes={"tarazu.calibration": "{}"}), "calibration"),
        (
            lambda of, tree: of.update(attributes={"tarazu.calibration": '{"slope":-1,"intercept":0}'}),
            "calibration: slope -1",
        ),
        (lambda of, tree: tree.update(left_children=[0, -1, -1]), "node 0 is not there, or reached twice"),
        (lambda of, tree: tree.update(right_children=[1, -1, -1]), "node 1 is not there, or reached twice"),
        (lambda of, tree: tree.update(right_children=[9, -1, -1]), "node 9 is not there"),
        (lambda of, tree: tree.update(right_children=[-2, -1, -1]), "node -2 is not there"),
        (lambda of, tree: tree.update(left_children=[1, -1, 1]), "reached twice|node -1"),
        (lambda of, tree: tree.update(split_indices=[2, 0, 0]), "asks a feature that has no name"),
        (lambda of, tree: tree.update(split_indices=[-1, 0, 0]), "asks a feature that has no name"),
        (lambda of, tree: tree.update(default_left=[2, 0, 0]), "no way for a missing value"),
        (lambda of, tree: tree.update(split_conditions=[1e39, 0.5, 1.0]), "too large"),
        (lambda of, tree: tree.update(split_conditions=[0.5, 1e38, 1.0]), "no probability needs"),
        (lambda of, tree: tree.update(split_conditions=[0.5, 1.0]), "not equally long"),
        (lambda of, tree: tree.update(split_type=[1, 0, 0]), "categories"),
        (lambda of, tree: tree.update(tree_param={"size_leaf_vector": "2"}), "vectors"),
        (lambda of, tree: tree.update(chain(DEPTH_MAX + 1)), "levels deep"),
        (lambda of, tree: of["gradient_booster"]["model"].update(tree_info=[1]), "all of one class"),
    ],
)
def test_what_cannot_be_walked_as_xgboost_would_is_refused_by_field(
    change: Callable[[File, File], object], why: str
) -> None:
    with pytest.raises(BadModel, match=why):
        read_trees(changed(change))


def test_a_tree_of_the_most_levels_is_walked() -> None:
    trees = read_trees(changed(lambda of, tree: tree.update(chain(DEPTH_MAX))))
    assert trees.depth == DEPTH_MAX and trees.score({"a": 1.0, "b": 0.0}) == trees.told(0.5)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"null", b"\x80\x04.", b" {}", b'{"learner":1}', b"{}", b"\xff" * 9]
)
def test_what_is_no_model_at_all_is_refused(text: bytes) -> None:
    with pytest.raises(BadModel):
        read_model(text)


def test_both_formats_are_told_apart_and_a_file_that_says_it_is_ours_is_not_taken_for_trees() -> None:
    ours = {"schema": "tarazu.model/1", "kind": "linear", "features": ["a"], "weights": [1]}
    assert isinstance(read_model(json.dumps(ours).encode()), Weights)
    with pytest.raises(BadModel, match="learner"):
        read_model(json.dumps({**ours, **WHOLE}).encode())


class Canary:
    """A pickle that leaves a file behind when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_is_called_a_model_never_runs(tmp_path: Path, protocol: int) -> None:
    canary = tmp_path / "ran"
    poison = pickle.dumps(Canary(canary), protocol)
    for text in (poison, b"{" + poison, b'{"learner":' + poison):
        with pytest.raises(BadModel):
            read_model(text)
    assert not canary.exists()
    pickle.loads(poison)
    assert canary.exists(), "it would have run"


def test_to_read_a_model_brings_neither_numpy_nor_numba() -> None:
    told = "import sys; from tarazu.strategy.scored import read_model; read_model(sys.stdin.buffer.read())"
    asked = f"{told}; print(sorted({{'numpy', 'numba', 'xgboost'}} & sys.modules.keys()))"
    ran = subprocess.run(
        [sys.executable, "-c", asked], input=json.dumps(WHOLE).encode(), capture_output=True, check=True
    )
    assert ran.stdout.strip() == b"[]"
