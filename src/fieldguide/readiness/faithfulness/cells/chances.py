"""From what the witnesses say of a cell to the chance that it is wrong: logistic weights, learned once.

The weights were learned by `bench/cell_weights.py` on corrupted copies of clean tables, in which the truth is
known, and hold for tables that were not among them (the bench prints that). Nothing is learned from, or set for, the
table that is graded. A chance of 0.8 means: of five such cells four are wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Floats

PRIOR_WRONG, PRIOR_RIGHT = 5.0, 20.0
"""Suspect cells that stand for the tables seen so far, when it is judged how many of a table's are wrong."""
FEWEST, MOST = 1e-4, 0.95
PLAUSIBLE = -2.0
"""Log-odds from which a cell counts as suspect at all."""


@cache
def weights() -> Mapping[str, Mapping[str, float]]:
    """Return the weights by witness and feature; the constant is called ""."""
    text = resources.files(__package__).joinpath("weights.json").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, float]] = json.loads(text)
    return found


def log_odds(witness: str, names: Sequence[str], features: Floats) -> Floats:
    """Return the log-odds that a witness's weights give to rows of features called `names`."""
    own = weights()[witness]
    return np.asarray(features @ np.array([own[name] for name in names]) + own[""])


def chance(odds: Floats) -> Floats:
    """Return log-odds as chances.

    >>> chance(np.array([0.0])).tolist()
    [0.5]
    """
    return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


def moved(odds: Floats) -> float:
    """Return by how much the odds of a table's suspect cells are to be moved, with how many seem to be wrong in it.

    The weights were learned where two thirds of the suspects were wrong. In a clean table hardly one is, in a very
    dirty one most are: the share is estimated from the suspects themselves, and their odds are moved by it, until
    both agree (Saerens, Latinne and Decaestecker 2002). Cells that nothing much speaks against do not count.

    >>> odds = np.array([-1.0, -0.5, -1.5] * 20 + [1.0])
    >>> bool(chance(odds + moved(odds))[-1] < 0.2)
    True
    """
    odds = odds[odds > PLAUSIBLE]
    usual = weights()["usual"][""]
    share, shift = usual, 0.0
    for _ in range(200):
        now = (chance(odds + shift).sum() + PRIOR_WRONG) / (len(odds) + PRIOR_WRONG + PRIOR_RIGHT)
        now = float(min(max(now, FEWEST), MOST))
        if abs(now - share) < 1e-6:
            break
        share = now
        shift = float(np.log(share / (1 - share)) - np.log(usual / (1 - usual)))
    return shift


def adapted(odds: Floats) -> Floats:
    """Return the chances of a table's suspect cells, moved by how many of them seem to be wrong."""
    return chance(odds + moved(odds))
