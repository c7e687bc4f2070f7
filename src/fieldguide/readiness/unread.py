"""What can be said of data whose rows could not be read: what is declared, answered and told of the attempt.

A level needs no rows where it is about the place and the permission; everything else waits for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fieldguide.errors import DataError
from fieldguide.finding import Finding
from fieldguide.program import Program, Source, computed_features
from fieldguide.readiness import answers
from fieldguide.readiness.accessibility import source as checks
from fieldguide.readiness.answers import Answer
from fieldguide.readiness.assess import program_columns
from fieldguide.readiness.checks import CHECKS, found

WAIT = "first make the rows readable, then grade again"


def unread(
    program: Program, lost: Mapping[str | None, DataError], now: datetime, given: Sequence[Answer]
) -> list[Finding]:
    """Return what is known of a program whose rows could not be read, in the order of the levels.

    `lost` says why, by the name of the joined source, None for the main one. `given` are people's answers.
    """
    main = program.source
    sources: dict[str | None, Source] = {None: main}
    sources |= {join.source.place: join.source for join in main.joins}
    findings = checks.registered(main)
    for name, one in sources.items():
        if name in lost:
            findings += [_about(f, name) for f in checks.unreached(one, lost[name])]
        findings += checks.permission_current(one, now, name)
        findings += answers.of_source(one, given, now, name)
    findings += answers.of_joins(main, given, now)
    findings += answers.of_measurement(main, given, now)
    by = answers.declared_by(main)
    findings += answers.of_columns((*program_columns(program), *computed_features(program)), given, now, by)
    findings += answers.of_question(program.question, given, now, by)
    made = {f.check for f in findings}
    waiting = [c for c in CHECKS.values() if c.kind == "machine" and c.id not in made]
    findings += [found(c.id, "unknown", "waits for the rows", todo=WAIT) for c in waiting]
    place = {check: i for i, check in enumerate(CHECKS)}
    return sorted(findings, key=lambda f: place[f.check])


def _about(finding: Finding, name: str | None) -> Finding:
    return finding if name is None else replace(finding, about=name)
