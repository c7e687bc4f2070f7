"""The level that a program stands at: one definition for grading, launching, monitoring and the pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from fieldguide.finding import Finding
from fieldguide.ledger import records
from fieldguide.readiness.checks import CHECKS
from fieldguide.readiness.grade import Grade, current, level_of


def standing(
    ledger: sa.Engine,
    name: str,
    fingerprint: str,
    *,
    now: datetime,
    findings: Sequence[Finding] | None = None,
    instead: Sequence[Finding] = (),
    extent: str | None = None,
) -> Grade | None:
    """Return the grade that findings, evidence of other steps, open incidents and waivers give together.

    `fingerprint` is that of the question, source, features and label that the grade is about; `findings`
    are those of a grading (left out: of the last one recorded), `instead` take the place of evidence of the
    same check, `extent` is the hash of the rows that evidence must be about. What rested on an answer or a
    permission that has ended since is unknown. None when nothing was graded.
    """
    if findings is None:
        grades = records.read_grades(ledger, name, fingerprint=fingerprint, last=1)
        if not grades:
            return None
        findings = grades[-1].findings
    findings = [lapsed(finding, now) for finding in findings]
    replaced = {finding.check for finding in instead}
    evidence = current(records.read_evidence(ledger, name, fingerprint), now, extent=extent)
    incidents = records.read_incidents(ledger, name, only_open=True)
    _, waivers = records.read_answers(ledger, name)
    return level_of(
        [
            *findings,
            *(finding for finding in evidence if finding.check not in replaced),
            *instead,
            *(incident.finding for incident in incidents),
        ],
        waivers,
        now,
    )


def lapsed(finding: Finding, now: datetime) -> Finding:
    """Return a finding as it counts at `now`: one that passed until a time (`evidence["until"]`) is unknown after it.

    >>> from datetime import UTC
    >>> answer = Finding("license", "C2", "pass", saw="confirmed by Ann", evidence={"until": "2026-05-01T00:00:00+00:00"})
    >>> lapsed(answer, datetime(2026, 6, 1, tzinfo=UTC)).saw
    'confirmed by Ann; that ended on 2026-05-01'
    """
    until = finding.evidence.get("until")
    if finding.verdict != "pass" or not isinstance(until, str) or now < datetime.fromisoformat(until):
        return finding
    one = CHECKS.get(finding.check)
    todo = one.next if one is not None else finding.next
    saw = f"{finding.saw}; that ended on {until[:10]}"
    return replace(finding, verdict="unknown", blocks=finding.level, saw=saw, next=todo)
