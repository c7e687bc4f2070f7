"""The checks that guard the levels, as a table, and how a check makes a finding.

A new check is a line in the table of its band and a function beside it; `assess` runs it. What a check needs
to know about itself (its level, what is expected, what to do) is in the table, so that docs and findings agree.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fieldguide.errors import UsageError, suggest
from fieldguide.finding import Finding, Verdict
from fieldguide.readiness.accessibility import table as band_c
from fieldguide.readiness.appropriateness import table as band_a
from fieldguide.readiness.check import Check, Kind
from fieldguide.readiness.faithfulness import table as band_b
from fieldguide.readiness.faithfulness.cells import table as cells

__all__ = ["CHECKS", "Check", "Kind", "check", "found"]

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.id: check
        for check in sorted(
            (*band_c.CHECKS, *band_b.CHECKS, *cells.CHECKS, *band_a.CHECKS),
            key=lambda check: ("CBA".index(check.level[0]), -int(check.level[1:])),
        )
    }
)


def check(name: str) -> Check:
    """Return the check of that id.

    Raises UsageError for an id that is none.
    """
    if name not in CHECKS:
        raise UsageError(f"{name!r} is no check.{suggest(name, CHECKS)} Checks: {', '.join(CHECKS)}.")
    return CHECKS[name]


def found(
    name: str,
    verdict: Verdict,
    saw: str,
    about: str | None = None,
    *,
    rows: Sequence[str] = (),
    expected: str | None = None,
    todo: str | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> Finding:
    """Return a finding of a check in the table, which gives its level, what is expected and what to do.

    `expected` and `todo` say it better where the case is known; what passes has nothing to do unless told.

    >>> found("owner", "unknown", "not answered").blocks
    'C3'
    """
    one = check(name)
    if todo is None:
        todo = "" if verdict == "pass" else one.next
    if about is not None:
        todo = todo.replace(f"waive P {name} ", f"waive P {name} --about {shlex.quote(about)} ")
    return Finding(
        check=one.id,
        level=one.level,
        verdict=verdict,
        about=about,
        saw=saw,
        expected=one.checks if expected is None else expected,
        rows=tuple(rows),
        next=todo,
        evidence=evidence or {},
    )
