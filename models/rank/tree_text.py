"""LightGBM's text of a model: trees from several models in one, other outputs for its leaves, trees written by hand.

The text is LightGBM's documented way to store a model; every float in it has all 17 digits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.lazy import lightgbm

FIRST_TREE, LAST_TREE = "\nTree=0\n", "\nend of trees"
PARAMETERS = "\nparameters:", "end of parameters"
TREE, LEAF_VALUES = "Tree=", "leaf_value="
SIZES = "tree_sizes="  # in bytes, for reading with several threads; without them the trees are read one by one
AFTER_ALL = 1e300  # above every float32
MISSING_RIGHT, NEVER_MISSING = 8, 2  # decision types: missing values are NaN and go right; or are none


def without_parameters(text: str) -> str:
    """The text without the parameters of the training: they name the threads, and a model's bytes must not."""
    start, end = (text.index(mark) for mark in PARAMETERS)
    return text[:start] + text[end + len(PARAMETERS[1]) :]


def leaf_values(booster: lightgbm.Booster) -> list[np.ndarray]:
    """One (leaves,) float64 array a tree: its outputs."""
    lines = booster.model_to_string().splitlines()
    return [np.array(line[len(LEAF_VALUES) :].split(), np.float64) for line in lines if line.startswith(LEAF_VALUES)]


def with_leaf_values(booster: lightgbm.Booster, values: Sequence[np.ndarray]) -> lightgbm.Booster:
    """A copy of the trees with other outputs; `values` has the shape that `leaf_values` returns."""
    copy = lightgbm.Booster(model_str=booster.model_to_string())
    for tree, outputs in enumerate(values):
        for leaf, output in enumerate(outputs.tolist()):
            copy.set_leaf_output(tree, leaf, output)
    return copy


def joined(boosters: Sequence[lightgbm.Booster], more: Sequence[str] = ()) -> lightgbm.Booster:
    """One model with the trees of all boosters, one after the other, then `more` trees as `step_tree` writes them.

    The boosters have the same features; the score is the sum of all trees.
    """
    head, trees = "", []
    for booster in boosters:
        text = booster.model_to_string()
        start, end = text.index(FIRST_TREE), text.index(LAST_TREE)
        head = head or text[:start]
        trees += [part.partition("\n")[2] for part in ("\n" + text[start + 1 : end]).split("\n" + TREE)[1:]]
    lines = [line for line in head.splitlines() if not line.startswith(SIZES)]
    numbered = [f"{TREE}{number}\n{body.rstrip()}\n\n" for number, body in enumerate([*trees, *more])]
    return lightgbm.Booster(model_str="\n".join([*lines, "", *numbered]) + LAST_TREE + "\n")


def step_tree(feature: int, edges: np.ndarray, values: np.ndarray) -> str:
    """A tree that is a step function of one feature, without its number.

    edges: (m,) float64, ascending. values: (m + 2,): of x up to the first edge, up to the next, and so on, of x above
    the last edge, and of a missing x.
    """
    left, right, thresholds = [0], [0], [AFTER_ALL]

    def subtree(first: int, last: int) -> int:
        """The node, or -1 - the leaf, that tells the leaves `first` to `last` apart."""
        if first == last:
            return -1 - first
        node, middle = len(thresholds), (first + last) // 2
        thresholds.append(float(edges[middle]))
        left.append(0)
        right.append(0)
        left[node], right[node] = subtree(first, middle), subtree(middle + 1, last)
        return node

    left[0], right[0] = subtree(0, len(edges)), -1 - (len(edges) + 1)
    columns = {
        "num_leaves": [len(values)],
        "num_cat": [0],
        "split_feature": [feature] * len(thresholds),
        "threshold": thresholds,
        "decision_type": [MISSING_RIGHT, *[NEVER_MISSING] * (len(thresholds) - 1)],
        "left_child": left,
        "right_child": right,
        "leaf_value": np.asarray(values, np.float64).tolist(),
        "is_linear": [0],
        "shrinkage": [1],
    }
    return "".join(f"{name}={' '.join(map(repr, column))}\n" for name, column in columns.items())
