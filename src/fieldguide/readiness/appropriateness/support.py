"""Are there rows enough: for each weight of the planned model, for each answer, for each group of people?"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Label
from fieldguide.readiness.checks import found
from fieldguide.tables.query import ByLabel
from fieldguide.tables.tally import Floats

SHRINKAGE = 0.9
"""Expected shrinkage that Riley's number of rows is for: weights learned from fewer rows are too large by more than 10 %."""
ROWS_A_WEIGHT = 80
"""Zinkevich's rule 21: about 1,000 rows for a dozen features."""
ANSWERS_A_WEIGHT = 10
FEW_ROWS, FEW_ANSWERS = 30, 10
"""A group with fewer labeled rows, or fewer of the rarer answer, has hardly anything to learn or to judge from."""
SMALL = 0.9
"""Share of the labeled rows below which groups are listed as small: a group that is nearly all rows is none."""
PEOPLE = re.compile(
    r"(^|_)(sex|gender|race|ethnic\w*|nationality|citizenship|religion|age|age_?group|disab\w*|marital\w*|birth_?(place|country)|"
    r"native_?country|language|orientation)($|_)",
    re.IGNORECASE,
)
"""Names of columns by which people must not be treated unlike without a reason."""


@dataclass(frozen=True)
class Planned:
    """The planned model: how many weights it has, and how much of the label the columns explain.

    `explained` is Cox and Snell's R² (binary and counts) or the explained variance, on rows that the model did
    not see; None where it cannot be told.
    """

    model: str
    weights: int
    explained: float | None


@dataclass(frozen=True)
class Group:
    """Rows of one value of a column: with a label, and of them those of the rarer answer (None for amounts)."""

    column: str
    value: str
    rows: int
    answers: int | None

    @property
    def few(self) -> bool:
        """Whether there is hardly anything to learn or to judge from."""
        return self.rows < FEW_ROWS or (self.answers is not None and self.answers < FEW_ANSWERS)

    @property
    def text(self) -> str:
        """The group as a text tells it."""
        told = "" if self.answers is None else f", {self.answers:,} of the rarer answer"
        return f"{self.column}={self.value} ({self.rows:,} rows{told})"


def riley(weights: int, explained: float, shrinkage: float = SHRINKAGE) -> float:
    """Return how many rows let weights shrink by no more than expected (Riley et al. 2019; FACTS 8).

    `explained` is Cox and Snell's R² of the model.

    >>> round(riley(10, 0.2))
    398
    """
    if explained <= 0.0:
        return math.inf
    if explained >= 1.0:
        return 0.0
    return (
        weights / ((shrinkage - 1.0) * math.log(1.0 - explained / shrinkage))
        if explained < shrinkage
        else 0.0
    )


def cox_snell(y: Floats, p: Floats, weight: Floats) -> float:
    """Return Cox and Snell's R² of probabilities: 1 − exp(−2 · gain of mean log-likelihood over the mean)."""
    w = weight / weight.sum()
    mean = float(np.dot(w, y))
    p = np.clip(p, 1e-12, 1 - 1e-12)
    gain = float(np.dot(w, y * np.log(p / mean) + (1 - y) * np.log((1 - p) / (1 - mean))))
    return 1.0 - math.exp(-2.0 * gain) if gain > 0 else 0.0


def groups_of(columns: Sequence[ByLabel], label: Label, yes_is_rarer: bool) -> list[Group]:
    """Return the rows behind each value of categories and flags."""
    out = []
    for c in columns:
        if c.kind not in ("category", "boolean") or c.values is None:
            continue
        for i, value in enumerate(c.values):
            rows = int(c.labeled[i])
            answers = None
            if label.kind == "binary":
                answers = round(float(c.total[i])) if yes_is_rarer else rows - round(float(c.total[i]))
            out.append(Group(c.column, str(value), rows, answers))
    return out


def support(
    label: Label, labeled: int, rarer: int | None, planned: Planned, groups: Sequence[Group], share: float
) -> list[Finding]:
    """A2: rows for each weight, and the groups that have too few of them. Told, with thresholds; it blocks nothing.

    `labeled` rows have a label, `rarer` of them the rarer answer (None for amounts); `groups` were counted on
    this share of the rows.
    """
    check = "support"
    rows_a_weight = labeled / max(planned.weights, 1)
    saw = f"{planned.model} has about {planned.weights:,} weights: {rows_a_weight:,.0f} labeled rows for each"
    todo = []
    evidence: dict[str, object] = {
        "labeled": labeled,
        "weights": planned.weights,
        "rows_a_weight": round(rows_a_weight, 1),
    }
    if rarer is not None:
        saw += f", {rarer / max(planned.weights, 1):,.1f} of the rarer answer"
        evidence["rarer"] = rarer
    if planned.explained is not None and planned.explained > 0.001:
        wanted = riley(planned.weights, planned.explained)
        evidence |= {
            "explained": round(planned.explained, 4),
            "riley_rows": None if math.isinf(wanted) else round(wanted),
        }
        if wanted > labeled:
            saw += f"; {wanted:,.0f} rows would keep weights from being too large by more than 10 % (Riley)"
            todo.append("use a stronger prior, fewer or coarser columns, or collect more rows")
    elif planned.explained is not None:
        saw += "; the columns explain nothing of the label on rows that the model did not see"
    few_answers = rarer is not None and rarer < ANSWERS_A_WEIGHT * planned.weights
    if rows_a_weight < ROWS_A_WEIGHT and few_answers and not todo:
        todo.append("use a stronger prior, or fewer or coarser columns")
    counted = "" if share >= 1 else f" in a sample of {share:.1%}"
    small = sorted(
        (g for g in groups if g.few and 0 < g.rows < SMALL * labeled), key=lambda g: (g.answers or 0, g.rows)
    )
    small = [g for g in small if share >= 1 or g.rows < FEW_ROWS * share]
    if small:
        saw += f"; {'1 group has' if len(small) == 1 else f'{len(small)} groups have'} hardly any{counted}: {', '.join(g.text for g in small[:3])}"
        evidence["small_groups"] = [[g.column, g.value, g.rows, g.answers] for g in small[:20]]
        todo.append(
            "do not promise anything for the small groups; collect more of them, or put them together"
        )
    findings = [found(check, "pass", saw, label.name, todo="; ".join(todo) or None, evidence=evidence)]
    for column in dict.fromkeys(g.column for g in groups if PEOPLE.search(g.column)):
        own = sorted((g for g in groups if g.column == column), key=lambda g: g.rows)
        told = ", ".join(
            f"{g.value}: {g.rows:,}" + ("" if g.answers is None else f" ({g.answers:,})") for g in own[:6]
        )
        word = "labeled rows" if label.kind != "binary" else "labeled rows (of the rarer answer)"
        saw = f"{word} by group{counted}: {told}" + (
            f", and {len(own) - 6} larger ones" if len(own) > 6 else ""
        )
        todo_people = "judge the model by group, the smallest first" if len(own) > 1 else None
        findings.append(found(check, "pass", saw, column, todo=todo_people))
    return findings
