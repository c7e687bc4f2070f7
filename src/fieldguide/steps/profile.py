"""Profiles: the Summary of the last grading of a program, kept in the home for pictures of its columns."""

from __future__ import annotations

import os

from fieldguide.errors import DataError
from fieldguide.program import Program, raw_columns
from fieldguide.steps.home import Home, name_of
from fieldguide.tables.summary import Summary, load, save


def keep_profile(home: Home, program: Program, summary: Summary) -> None:
    """Keep the Summary of a grading in place of that of the grading before."""
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
    return summary if {c.name: c.kind for c in summary.columns.values()} == kinds else None
