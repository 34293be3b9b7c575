"""XGBoost's JSON, as far as a walk needs it, checked field by field: what XGBoost would walk otherwise is refused, and
so is what would read beyond its own memory or never end.

From XGBoost's "Introduction to Model IO" and its JSON schema. Parameters of a structure are text there.
"""

import math
from typing import NamedTuple

import msgspec

from tarazu.strategy.calibration import BadModel

IDENTITY, LOGISTIC = "reg:squarederror", "binary:logitraw"
"""Objectives whose prediction is the margin itself, and whose base score is added as it stands."""
TREES_MAX, DEPTH_MAX, FEATURES_MAX = 10_000, 64, 4_096
"""More is a mistake or a trap: a desk's models have hundreds of trees, six levels deep."""


class Tree(msgspec.Struct):
    left_children: list[int]
    right_children: list[int]
    split_indices: list[int]
    split_conditions: list[float]
    default_left: list[int]
    split_type: list[int] = []
    categories: list[int] = []
    tree_param: dict[str, str] = {}


class Forest(msgspec.Struct):
    trees: list[Tree]
    tree_info: list[int]


class Booster(msgspec.Struct):
    name: str
    model: Forest | None = None


class Objective(msgspec.Struct):
    name: str


class Learner(msgspec.Struct):
    feature_names: list[str]
    gradient_booster: Booster
    learner_model_param: dict[str, str]
    objective: Objective
    attributes: dict[str, str] = {}


class File(msgspec.Struct):
    learner: Learner


def read_learner(text: bytes) -> Learner:
    """With its features named. Raises BadModel."""
    try:
        found = msgspec.json.decode(text, type=File).learner
    except (msgspec.MsgspecError, RecursionError) as bad:
        raise BadModel(str(bad)) from bad
    _check_names(found)
    return found


def forest_of(learner: Learner) -> Forest:
    """Of one booster of trees with one number out; the trees are looked at by `flat`. Raises BadModel."""
    booster, params = learner.gradient_booster, learner.learner_model_param
    if booster.name != "gbtree" or booster.model is None:
        raise BadModel(f"gradient_booster: {booster.name!r} is not walked here, only gbtree")
    if learner.objective.name not in (IDENTITY, LOGISTIC):
        raise BadModel(f"objective: {learner.objective.name!r} is not {LOGISTIC} or {IDENTITY}")
    if params.get("num_class", "0") not in ("0", "1") or params.get("num_target", "1") not in ("0", "1"):
        raise BadModel("num_class: one number is to come out, and there are several")
    if any(booster.model.tree_info) or len(booster.model.trees) > TREES_MAX:
        raise BadModel(f"trees: {len(booster.model.trees):,} of them, at most {TREES_MAX:,}, all of one class")
    return booster.model


def _check_names(learner: Learner) -> None:
    """Raises BadModel."""
    names = tuple(learner.feature_names)
    if not names or len(set(names)) < len(names) or len(names) > FEATURES_MAX:
        raise BadModel("feature_names: there are none, too many, or one is named twice")
    if learner.learner_model_param.get("num_feature") != str(len(names)):
        raise BadModel(f"num_feature: not the {len(names)} that are named")


Node = tuple[int, int, int, int, float]
"""As `trees_kernels` has them: feature; the nodes below, at or above, and for NaN; threshold or leaf."""


class Flat(NamedTuple):
    nodes: list[Node]
    depth: int
    most: float
    """The largest that it adds or takes off."""


def flat(n: int, tree: Tree, features: int) -> Flat:
    """Its nodes level by level; those that pruning has cut off are not reached and not kept. Raises BadModel."""
    _check(n, tree)
    levels, level, made, seen = 0, [0], list[Node](), bytearray(len(tree.left_children))
    while level:
        below: list[int] = []
        first = len(made) + len(level)
        for node in level:
            if not 0 <= node < len(seen) or seen[node]:
                raise BadModel(f"tree {n}: node {node} is not there, or reached twice")
            seen[node] = 1
            made.append(_node(n, tree, node, len(made), first + len(below), features))
            if not _is_leaf(tree, node):
                below += (tree.left_children[node], tree.right_children[node])
        levels, level = levels + 1, below
        if levels > DEPTH_MAX + 1:
            raise BadModel(f"tree {n}: it is more than {DEPTH_MAX} levels deep")
    return Flat(made, levels - 1, max(abs(node[4]) for at, node in enumerate(made) if node[1] == at))


def _check(n: int, tree: Tree) -> None:
    """Raises BadModel."""
    columns = (tree.right_children, tree.split_indices, tree.split_conditions, tree.default_left)
    if not tree.left_children or any(len(column) != len(tree.left_children) for column in columns):
        raise BadModel(f"tree {n}: its columns are not equally long, or empty")
    if any(tree.split_type) or tree.categories or tree.tree_param.get("size_leaf_vector", "1") not in ("0", "1"):
        raise BadModel(f"tree {n}: categories and vectors are not walked here")
    if not all(map(math.isfinite, tree.split_conditions)):
        raise BadModel(f"tree {n}: a number is not finite")


def _is_leaf(tree: Tree, node: int) -> bool:
    return tree.left_children[node] == -1 and tree.right_children[node] == -1


def _node(n: int, tree: Tree, node: int, at: int, left: int, features: int) -> Node:
    """Kept `at`, its children at `left` and behind it. Raises BadModel."""
    value = tree.split_conditions[node]
    if _is_leaf(tree, node):
        return 0, at, at, at, value
    if not 0 <= tree.split_indices[node] < features:
        raise BadModel(f"tree {n}: node {node} asks a feature that has no name")
    if tree.default_left[node] not in (0, 1):
        raise BadModel(f"tree {n}: node {node} has no way for a missing value")
    return tree.split_indices[node], left, left + 1, left + 1 - tree.default_left[node], value
