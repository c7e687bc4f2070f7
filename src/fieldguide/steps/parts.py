"""What the pages show of a grade, whether it was just made or is read from the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fieldguide.errors import for_program
from fieldguide.finding import Finding
from fieldguide.ledger import records
from fieldguide.ledger.history import Expiring
from fieldguide.program import Program, raw_columns
from fieldguide.readiness.answers import Answer, Waiver, valid
from fieldguide.readiness.grade import Grade
from fieldguide.readiness.levels import LEVELS, RANK
from fieldguide.steps.columns import column_views
from fieldguide.steps.history import effort_json, expiring_soon, gradings
from fieldguide.steps.home import name_of
from fieldguide.steps.told import file_of
from fieldguide.tables.summary import Summary
from fieldguide.web.view import EffortView, ExpiringView, GradingView, SaidView, SourceView, WaiverView

MOST_GRADINGS = 40
"""Gradings that the picture of the levels over time holds."""


def grade_parts(
    program: Program, grade: Grade, extent: Mapping[str, Any], summary: Summary | None
) -> dict[str, Any]:
    """Return the fields of a ProgramView that a grade fills: the level, findings, sources and columns."""
    source = program.source
    findings = spoken(program, grade.findings)
    return {
        "level": grade.level,
        "held_back_by": spoken(program, grade.held_back_by),
        "findings": findings,
        "waived": tuple(
            WaiverView(finding, waiver.by, waiver.because, waiver.until)
            for finding, waiver in zip(
                spoken(program, [f for f, _ in grade.waived]), [w for _, w in grade.waived], strict=True
            )
        ),
        "owner": source.owner or "",
        "owners": _owners(program, extent),
        "place": source.place,
        "rows": extent.get("rows"),
        "share": extent.get("share"),
        "error": extent.get("error"),
        "sources": source_views(program, extent, findings),
        "columns": () if summary is None else column_views(program, summary, findings),
    }


def ledger_parts(ledger: sa.Engine, program: Program, now: datetime) -> dict[str, Any]:
    """Return the fields of a ProgramView that the ledger fills: earlier gradings, answers, person-time, what ends."""
    name = name_of(program)
    read = records.read_grades(ledger, name, last=MOST_GRADINGS + 1)
    answers, waivers = records.read_answers(ledger, name)
    told = gradings(read)[:MOST_GRADINGS]
    return {
        "gradings": tuple(
            GradingView(
                at=one.at,
                level=one.level,
                rows=one.rows,
                change="the first" if one.change is None else str(one.change),
                climbed=0 if one.change is None else one.change.climbed,
            )
            for one in told
        ),
        "gradings_total": records.count_grades(ledger, name),
        "said": _said([*answers, *waivers], now),
        "effort": effort_views(records.read_effort(ledger, name)),
        "expiring": expiring_views(expiring_soon(ledger, program, now), now),
    }


def spoken(program: Program, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings whose commands name the program's file."""
    file = file_of(program)
    return tuple(replace(f, next=for_program(f.next, file)) for f in findings)


def effort_views(effort: Sequence[records.Effort]) -> tuple[EffortView, ...]:
    """Return person-time as it is shown: hours by level, and who noted them."""
    return tuple(
        EffortView(one["level"], one["minutes"] / 60, tuple(one["by"])) for one in effort_json(effort)
    )


def expiring_views(expiring: Sequence[Expiring], now: datetime) -> tuple[ExpiringView, ...]:
    """Return what ends soon as it is shown."""
    return tuple(ExpiringView(each.what, each.until, (each.until - now).days) for each in expiring)


def _said(given: Sequence[Answer | Waiver], now: datetime) -> tuple[SaidView, ...]:
    return tuple(
        SaidView(
            at=each.at,
            by=each.by,
            verb="waives" if isinstance(each, Waiver) else "confirms",
            check=each.check,
            about=each.about,
            because=each.because,
            until=each.until,
            counts=valid(each, now),
        )
        for each in sorted(given, key=lambda each: each.at, reverse=True)
    )


def _owners(program: Program, extent: Mapping[str, Any]) -> dict[str, str]:
    """Return who answers for each column that is not simply the main source's: its own owner, or its source's."""
    by_source = {join.source.place: join.source.owner or "" for join in program.source.joins}
    owners = {
        str(column): owner
        for one in extent.get("sources") or ()
        if (owner := by_source.get(str(one.get("name")), ""))
        for column in one.get("brings") or ()
    }
    return {**by_source, **owners, **{f.name: f.owner for f in raw_columns(program) if f.owner}}


def source_views(
    program: Program, extent: Mapping[str, Any], findings: Sequence[Finding]
) -> tuple[SourceView, ...]:
    """Return each source with what bands C and B found of it and of the columns that it brought.

    Of the main source only the checks are told that are made of a joined one, too; its level is that of all.
    """
    main, joined = program.source.place, [join.source.place for join in program.source.joins]
    sizes = {str(one.get("name")): one for one in extent.get("sources") or ()}
    brought = {name: {str(column) for column in sizes.get(name, {}).get("brings") or ()} for name in joined}
    own = {f.name for f in raw_columns(program)} - set().union(*brought.values())
    about: dict[str, set[str | None]] = {main: {None, *own}}
    for name in joined:
        about[name] = {name, *brought[name]}
    mine = {name: [f for f in findings if f.level[0] in "CB" and f.about in about[name]] for name in about}
    every = {f.check for name in joined for f in mine[name]}
    return tuple(
        SourceView(
            name=name,
            main=name == main,
            level=_as_far_as(mine[name]),
            rows=sizes.get(name, {}).get("rows"),
            columns=sizes.get(name, {}).get("columns"),
            rejected=sizes.get(name, {}).get("rejected") or 0,
            checks=tuple((f.check, f.verdict, _of(f, name)) for f in _worst(mine[name]) if f.check in every),
        )
        for name in (main, *joined)
    )


def _worst(findings: Sequence[Finding]) -> list[Finding]:
    """Return of each check the finding that says the worst, in their order."""
    ranks = {"fail": 0, "unknown": 1, "pass": 2}
    worst: dict[str, Finding] = {}
    for f in findings:
        if f.check not in worst or ranks[f.verdict] < ranks[worst[f.check].verdict]:
            worst[f.check] = f
    return list(worst.values())


def _of(finding: Finding, source: str) -> str:
    column = finding.about if finding.about not in (None, source) else ""
    return f"{column}: {finding.saw}" if column else finding.saw


def _as_far_as(findings: Sequence[Finding]) -> str:
    """Return the highest level of a source: below the first check of it that does not hold, else that of its last one."""
    ranks = sorted(RANK[f.level] for f in findings)
    stops = [RANK[f.level] for f in findings if f.verdict != "pass"]
    if not ranks:
        return LEVELS[0].name
    return LEVELS[max(min(stops) - 1, 0) if stops else ranks[-1]].name
