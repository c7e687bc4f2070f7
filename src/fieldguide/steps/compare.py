"""Compare: several programs, and the sources that each of them joins, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fieldguide.errors import UsageError
from fieldguide.ledger import records
from fieldguide.program import Program, named
from fieldguide.readiness.grade import verdicts
from fieldguide.readiness.levels import CHECKS
from fieldguide.readiness.telling import MARKS
from fieldguide.steps.grade import Progress, grade
from fieldguide.steps.home import DEFAULT, Home, at_home, data_fingerprint, name_of, system_clock
from fieldguide.steps.level import standing
from fieldguide.steps.parts import source_views
from fieldguide.steps.told import file_of

WIDEST = 26
"""Signs of a name at the head of a column."""


@dataclass(frozen=True)
class Compared:
    """One column of a comparison: a program (`source` None), or one of the sources that it reads.

    `level` is the level reached; of a source, as far as the checks go that are made of every source. `checks`
    are the worst verdicts by check; `rows` is None where nothing was read.
    """

    program: str
    source: str | None
    level: str
    rows: int | None
    graded_at: datetime
    hours: float = 0.0
    checks: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """How the column is headed: the program, or the program and its source."""
        return self.program if self.source is None else f"{self.program}: {self.source}"


@dataclass(frozen=True)
class Comparison:
    """Several programs and their sources side by side, in the order in which they were given."""

    compared: tuple[Compared, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as `compare --json` prints it."""
        return {"compared": [vars(one) for one in self.compared]}

    def to_text(self, *, everything: bool = False) -> str:
        """Return a table: the level, rows, person-time, and each check that does not hold everywhere."""
        heads = [_short(one.name) for one in self.compared]
        rows = [
            ["level", *(one.level for one in self.compared)],
            ["rows", *(f"{one.rows:,}" if one.rows is not None else "–" for one in self.compared)],
            ["person-time", *(f"{one.hours:g} h" if one.source is None else "" for one in self.compared)],
        ]
        same = 0
        for check in CHECKS.values():
            told = [one.checks.get(check.id) for one in self.compared]
            if not any(told):
                continue
            if not everything and set(told) <= {"pass", None}:
                same += 1
                continue
            rows.append([f"{check.level} {check.id}", *(MARKS.get(v or "", "") for v in told)])
        table = _table(["", *heads], rows)
        rest = f"\n{same} checks hold wherever they are made; --all shows them." if same else ""
        return f"{table}\n\n✓ holds  ✗ fails  ? unknown  (blank: not made of it){rest}"

    def __str__(self) -> str:
        return self.to_text()


def compare(
    programs: Sequence[Program],
    *,
    home: str | Path | Home = DEFAULT,
    now: datetime | None = None,
    on_step: Progress | None = None,
) -> Comparison:
    """Return several programs side by side, each with the sources that it joins.

    The last grading of each is taken; a program that was not graded as it is declared now is graded first.

    Raises UsageError without a program, and what `grade` raises.
    """
    if not programs:
        raise UsageError("compare lacks what is compared; name one program or several.")
    place, now = at_home(home), now or system_clock()
    given = [named(program) for program in programs]
    names = [name_of(program) for program in given]
    told: list[Compared] = []
    for program, name in zip(given, names, strict=True):
        called = name if names.count(name) == 1 else f"{name} ({file_of(program)})"
        told += _columns(place, program, called, now, on_step)
    return Comparison(tuple(told))


def _columns(
    place: Home, program: Program, called: str, now: datetime, on_step: Progress | None
) -> list[Compared]:
    ledger, name, fingerprint = place.ledger(), name_of(program), data_fingerprint(program)
    found = standing(ledger, name, fingerprint, now=now)
    if found is None:
        grade(program, home=place, now=now, on_step=on_step)
        found = standing(ledger, name, fingerprint, now=now)
        assert found is not None
    (record,) = records.read_grades(ledger, name, fingerprint=fingerprint, last=1)
    at, rows = datetime.fromisoformat(record.at), record.extent.get("rows")
    hours = sum(one.minutes for one in records.read_effort(ledger, name)) / 60
    told = [Compared(called, None, found.level, rows, at, hours, dict(verdicts(found)))]
    if program.source.joins:
        told += [
            Compared(called, one.name, one.level, one.rows, at, 0.0, {check: v for check, v, _ in one.checks})
            for one in source_views(program, record.extent, found.findings)
        ]
    return told


def _short(name: str) -> str:
    return name if len(name) <= WIDEST else name[: WIDEST - 1] + "…"


def _table(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )
