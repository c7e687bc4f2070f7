"""Report: the page of a program as one HTML file that works anywhere."""

from __future__ import annotations

import os
from pathlib import Path

from fieldguide.errors import UsageError
from fieldguide.program import Program, named
from fieldguide.steps.graded import Graded
from fieldguide.steps.home import DEFAULT, Home, at_home
from fieldguide.steps.view import view
from fieldguide.web import report as draw


def report(
    program: Program, out: str | Path, *, home: str | Path | Home = DEFAULT, graded: Graded | None = None
) -> None:
    """Write the page of a program to `out`, self-contained; `graded` is a grading just made (left out: the last one).

    Raises UsageError when the folder of `out` does not exist.
    """
    out = Path(out)
    check_place(out)
    place = at_home(home)
    page = draw(view(place, place.ledger(), named(program), graded))
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        draft.write_text(page, encoding="utf-8")
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def check_place(out: Path) -> None:
    """Raise UsageError when the folder of `out` does not exist."""
    if not out.parent.is_dir():
        raise UsageError(f"{out}: the folder {out.parent} does not exist; make it first.")
