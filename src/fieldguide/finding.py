"""Finding: what any check says, when grading and when monitoring.

One check says one thing about one column (or about the rows as a whole): what it saw, what it
expected, and what to do next. A diagnosis is added when the cause of a change could be named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True)
class Diagnosis:
    """The likeliest cause of a change between two sets of rows (DESIGN 13: a closed list).

    `factor` and `offset` describe new = factor · old + offset; `first_row` is the number of the first
    affected row in the journal (1, 2, 3 …), `since` its time (ISO 8601), `share` the share of the rows
    from there on that are affected (0 … 1).
    """

    cause: str | None
    factor: float | None = None
    offset: float | None = None
    first_row: int | None = None
    since: str | None = None
    share: float | None = None


@dataclass(frozen=True)
class Finding:
    """What one check says.

    `about` is a column, or None for the rows as a whole; `rows` are at most ten keys or places to look
    at; `blocks` is the level that the finding keeps from (None when it passes); `evidence` holds small
    JSON-able values such as a picture of the column before and after.
    """

    check: str
    level: str
    verdict: Verdict
    about: str | None = None
    saw: str = ""
    expected: str = ""
    rows: tuple[str, ...] = ()
    next: str = ""
    blocks: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict, hash=False)
    diagnosis: Diagnosis | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(str(row) for row in self.rows)[:10])
        if self.verdict == "pass":
            object.__setattr__(self, "blocks", None)
        elif self.blocks is None:
            object.__setattr__(self, "blocks", self.level)


def to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as a flat dictionary, as `--json` prints it.

    A finding without a diagnosis has no keys `cause`, `factor`, `offset`, `first_row`, `since`, `share`.
    """
    flat: dict[str, Any] = {
        "check": finding.check,
        "about": finding.about,
        "level": finding.level,
        "verdict": finding.verdict,
        "blocks": finding.blocks,
        "saw": finding.saw,
        "expected": finding.expected,
        "rows": list(finding.rows),
        "next": finding.next,
        "evidence": dict(finding.evidence),
    }
    if finding.diagnosis is not None:
        d = finding.diagnosis
        flat |= {
            "cause": d.cause,
            "factor": d.factor,
            "offset": d.offset,
            "first_row": d.first_row,
            "since": d.since,
            "share": d.share,
        }
    return flat


def from_json(flat: Mapping[str, Any]) -> Finding:
    """Return the finding that `to_json` flattened."""
    diagnosis = None
    if "cause" in flat:
        diagnosis = Diagnosis(
            cause=flat["cause"],
            factor=flat.get("factor"),
            offset=flat.get("offset"),
            first_row=flat.get("first_row"),
            since=flat.get("since"),
            share=flat.get("share"),
        )
    return Finding(
        check=flat["check"],
        level=flat["level"],
        verdict=flat["verdict"],
        about=flat.get("about"),
        saw=flat.get("saw", ""),
        expected=flat.get("expected", ""),
        rows=tuple(flat.get("rows", ())),
        next=flat.get("next", ""),
        blocks=flat.get("blocks"),
        evidence=flat.get("evidence", {}),
        diagnosis=diagnosis,
    )
