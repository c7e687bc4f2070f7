"""Profiles: the Summary of the last grading of a program, kept in the home for pictures of its columns."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fieldguide.errors import DataError
from fieldguide.finding import Finding
from fieldguide.program import Program, raw_columns
from fieldguide.steps.home import Home, name_of
from fieldguide.tables.summary import Summary, load, save, stretch

STRETCHES = 60
"""Stretches of the rows that a profile is kept by."""


def keep_profile(home: Home, program: Program, summary: Summary, findings: Sequence[Finding]) -> None:
    """Keep the Summary of a grading in place of that of the grading before, without its personal columns."""
    hidden = {f.about for f in findings if f.evidence.get("personal")}
    hidden |= {f.name for f in raw_columns(program) if f.kind == "text"}
    columns = {name: column for name, column in summary.columns.items() if name not in hidden}
    summary = thinned(Summary(summary.rows, summary.since, columns))
    path = home.profiles / f"{name_of(program)}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save(summary, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def kept_profile(home: Home, program: Program) -> Summary | None:
    """Return the Summary of the last grading, None where there is none, or none of these columns."""
    path = home.profiles / f"{name_of(program)}.npz"
    if not path.is_file():
        return None
    try:
        summary = load(path)
    except DataError:
        return None  # of another version: the next grading writes it anew
    kinds = {f.name: f.kind for f in raw_columns(program)}
    return summary if all(kinds.get(c.name) == c.kind for c in summary.columns.values()) else None


def thinned(summary: Summary) -> Summary:
    """Return a summary of at most STRETCHES stretches of the rows: as many as a picture shows."""
    return summary if len(summary.rows) <= STRETCHES else stretch(summary, -(-len(summary.rows) // STRETCHES))
