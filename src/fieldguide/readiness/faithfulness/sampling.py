"""B2: the weights of the rows: how many rows they are worth."""

from __future__ import annotations

from fieldguide.finding import Finding
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import number
from fieldguide.tables.query.measured import Weights

DOMINATING = 0.05
"""Share of all weight that one row may have."""
FEWEST_ROWS = 100
EFFECTIVE = 0.1
"""The rows must be worth at least so large a part of their number."""


def weights(name: str | None, seen: Weights | None) -> list[Finding]:
    """B2: weights are finite and not negative, and some rows do not outweigh the others.

    `name` is the column of the weights, `seen` what they are; None where none is declared. The effective number of
    rows is (Σ w)² / Σ w² (FACTS F6).
    """
    if name is None or seen is None:
        return [found("weights", "pass", "no weights are declared: each row counts once")]
    if seen.negative or seen.odd or not seen.total:
        parts = []
        if seen.negative:
            parts.append(f"{seen.negative:,} weights are negative")
        if seen.odd:
            parts.append(f"{seen.odd:,} are NaN or infinite")
        if not seen.total:
            parts.append("no row has a weight above zero")
        if seen.missing:
            parts.append(f"{seen.missing:,} lack a weight and count as 1")
        return [found("weights", "fail", "; ".join(parts), name)]
    effective = seen.total**2 / seen.squares
    largest = seen.largest / seen.total
    saw = f"{seen.rows:,} rows are worth {effective:,.0f} equal ones"
    if seen.zero:
        saw += f"; {seen.zero:,} have no weight"
    todo = ""
    if seen.missing:
        saw += f"; {seen.missing:,} lack a weight and count as 1"
    if seen.rows >= FEWEST_ROWS and largest >= DOMINATING:
        saw += f"; one row has {largest:.1%} of all weight ({number(seen.largest)})"
        todo = "look at the rows with the largest weights: one row must not decide for all; cap the weights if they are right"
    elif seen.rows >= FEWEST_ROWS and effective < EFFECTIVE * seen.rows:
        todo = "weights differ so much that few rows count: expect wide intervals, or cap the weights"
    if seen.missing:
        fill = "fill the missing weights at the source (0 leaves a row out), or take those rows out, if 1 is not what they weigh"
        todo = f"{fill}; {todo}" if todo else fill
    evidence = {"effective": round(effective, 1), "largest": round(largest, 6), "missing": seen.missing}
    return [found("weights", "pass", saw, name, todo=todo, evidence=evidence)]
