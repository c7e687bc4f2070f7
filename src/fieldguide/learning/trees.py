"""Trees as plain Python: the score of one row without a call into the library that grew them.

A call into XGBoost costs 40 µs before the first tree is looked at; 250 trees of depth 4, written out as
conditional expressions, cost half of that altogether. The score is the constant plus the value of the
leaf in each tree, added in float64 in the order of the trees, in bulk as for one row.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fieldguide.errors import FieldguideError
from fieldguide.learning.layout import Floats

MOST_NODES = 60_000
"""Larger models are not written out as code; their rows are scored by walking the arrays."""

CHUNK = 50
"""Trees of one compiled function."""


@dataclass(frozen=True)
class Tree:
    """One tree: for each node the column and the threshold (left if below), children, and the leaf's value.

    A leaf has -1 as its left child. Thresholds and values are float32 numbers.
    """

    column: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: Floats


def read_trees(model: bytes) -> tuple[Tree, ...]:
    """Return the trees of an XGBoost model in its JSON form.

    Raises FieldguideError for trees with categorical splits, which this encoder never asks for.
    """
    booster = json.loads(model)["learner"]["gradient_booster"]["model"]["trees"]
    found = []
    for tree in booster:
        if tree.get("categories"):
            raise FieldguideError(
                "The model holds categorical splits; only numeric splits can be written out."
            )
        numbers = np.array(tree["split_conditions"], np.float32).astype(np.float64)
        left = tuple(tree["left_children"])
        found.append(
            Tree(
                tuple(tree["split_indices"]),
                tuple(numbers.tolist()),
                left,
                tuple(tree["right_children"]),
                np.where(np.array(left) == -1, numbers, 0.0),
            )
        )
    return tuple(found)


def leaf_sum(trees: Sequence[Tree], constant: float, leaves: Any) -> Floats:
    """Return the score of rows from the leaf of each in every tree: `leaves` is (n, trees) of node numbers."""
    score = np.full(len(leaves), constant)
    for tree, nodes in zip(trees, leaves.T, strict=True):
        score = score + tree.value[nodes.astype(np.intp)]
    return score


def row_scorer(trees: Sequence[Tree], constant: float, width: int) -> Callable[[list[float]], float]:
    """Return the function from a row of the matrix to the score.

    The row is rounded to float32 first, as the library does before it compares.
    """
    pack = struct.Struct(f"{width}f")
    if len(trees) and np.add.reduce([len(tree.left) for tree in trees]) > MOST_NODES:
        return lambda row: _walk(trees, constant, pack.unpack(pack.pack(*row)))
    parts = [_written(trees[start : start + CHUNK], width) for start in range(0, len(trees), CHUNK)]

    def score(row: list[float]) -> float:
        x = pack.unpack(pack.pack(*row))
        total = constant
        for part in parts:
            total = part(x, total)
        return total

    return score


def _written(trees: Sequence[Tree], width: int) -> Callable[[tuple[float, ...], float], float]:
    used = {
        column for tree in trees for column, left in zip(tree.column, tree.left, strict=True) if left != -1
    }
    names = "".join(f"x{i}, " if i in used else "_, " for i in range(width))
    lines = ["def part(x, s):"] + ([f"    ({names}) = x"] if width else [])
    lines += [f"    s += {_expression(tree, 0)}" for tree in trees] + ["    return s"]
    space: dict[str, Any] = {}
    exec(compile("\n".join(lines), "<fieldguide trees>", "exec"), space)
    part: Callable[[tuple[float, ...], float], float] = space["part"]
    return part


def _expression(tree: Tree, node: int) -> str:
    if tree.left[node] == -1:
        return repr(float(tree.value[node]))
    left, right = _expression(tree, tree.left[node]), _expression(tree, tree.right[node])
    return f"({left} if x{tree.column[node]} < {tree.threshold[node]!r} else {right})"


def _walk(trees: Sequence[Tree], constant: float, x: Sequence[float]) -> float:
    total = constant
    for tree in trees:
        node = 0
        while tree.left[node] != -1:
            node = tree.left[node] if x[tree.column[node]] < tree.threshold[node] else tree.right[node]
        total += float(tree.value[node])
    return total


def summed(owners: Sequence[str], values: Sequence[float], names: Sequence[str]) -> Mapping[str, float]:
    """Return the values of columns added up by the feature behind each; features without one have 0.0."""
    found = dict.fromkeys(names, 0.0)
    for owner, value in zip(owners, values, strict=True):
        found[owner] += value
    return found
