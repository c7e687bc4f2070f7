"""Report: the page of a program as one HTML file that works anywhere."""

from __future__ import annotations

from pathlib import Path

from fieldguide.errors import UsageError
from fieldguide.program import Program, named
from fieldguide.steps.home import DEFAULT, Home, at_home
from fieldguide.steps.view import view
from fieldguide.web import report as draw


def report(program: Program, out: Path, *, home: str | Path | Home = DEFAULT) -> None:
    """Write the page of a program to `out`, self-contained.

    Raises UsageError when the folder of `out` does not exist.
    """
    if not out.parent.is_dir():
        raise UsageError(f"{out}: the folder {out.parent} does not exist; make it first.")
    place = at_home(home)
    out.write_text(draw(view(place, place.ledger(), named(program))), encoding="utf-8")
