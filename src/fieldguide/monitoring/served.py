"""Checks on the served log that need no labels and no statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fieldguide.finding import Finding
from fieldguide.program import Feature

MANY_REFUSED = 0.01
"""Share of refused rows of a window from which on it is a finding."""


def replay_mismatch(answers: pa.Table, again: NDArray[np.float64], columns: Sequence[str]) -> Finding:
    """Return whether answers are what the journaled inputs give when they are scored again (FACTS 5.2).

    `again` are those scores, in the order of `answers` (of one release, nothing refused). Under fallback the
    shadow is compared. The share that differs must be 0 exactly; no tolerance.
    """
    told = pc.if_else(answers["__fallback"], answers["__shadow"], answers["__prediction"])
    served = told.to_numpy(zero_copy_only=False).astype(np.float64)
    compared = ~np.isnan(served)
    differs = compared & (served != again)
    saw = (
        f"{int(differs.sum()):,} of {int(compared.sum()):,} answers differ when scored again from the journal"
    )
    evidence = {"mismatch": float(differs.sum() / max(compared.sum(), 1)), "compared": int(compared.sum())}
    if not differs.any():
        verdict = "pass" if compared.any() else "unknown"
        return Finding("replay_mismatch", "A1", verdict, saw=saw, expected="0", evidence=evidence)  # type: ignore[arg-type]
    rows = tuple(answers["__id"].take(pa.array(np.flatnonzero(differs)[:10])).to_pylist())
    return Finding(
        "replay_mismatch",
        "A1",
        "fail",
        saw=saw,
        expected="0",
        rows=rows,
        next=f"Training and serving are not the same code or libraries any more; compare these answers column by column ({', '.join(columns[:8])} …).",
        evidence=evidence,
    )


def served_features(answers: pa.Table, columns: Sequence[Feature]) -> list[Finding]:
    """Return for every raw column whether the served log has seen a value of it (level A1)."""
    findings = []
    for column in columns:
        seen = answers.num_rows - answers[column.name].null_count
        findings.append(
            Finding(
                "served_features",
                "A1",
                "pass" if seen else "unknown",
                about=column.name,
                saw=f"{seen:,} of {answers.num_rows:,} served rows have a value",
                expected="values in the served log",
                next="" if seen else "Send the column, or take it out of features=.",
            )
        )
    return findings


def refused_values(rows: int, refused: Sequence[tuple[str, str, str]]) -> list[Finding]:
    """Return a finding for each column and reason by which many rows of a window were refused.

    `rows` counts the window's rows, `refused` are column, reason and message of those that were refused.
    """
    number = Counter((column, reason) for column, reason, _ in refused)
    message = {(column, reason): text for column, reason, text in refused}
    return [
        Finding(
            "refused_rows",
            "B3",
            "fail",
            about=column or None,
            saw=f"{count:,} of {rows:,} rows were refused: {message[column, reason]}",
            expected="rows that keep the contract",
            next="Ask who sends the rows what changed; the refused values are in the journal.",
            evidence={"share": count / rows, "reason": reason},
        )
        for (column, reason), count in number.most_common()
        if count >= MANY_REFUSED * rows
    ]
