"""What the pages show of a program: drawn from the ledger and the journal's counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fieldguide.finding import Finding, from_json
from fieldguide.journal import counts, last_number, refusals, watermark
from fieldguide.ledger import records
from fieldguide.monitoring import columns_used, fallback
from fieldguide.program import Program
from fieldguide.steps.graded import Graded, graded_parts
from fieldguide.steps.home import Home, data_fingerprint, name_of, system_clock
from fieldguide.steps.judge import load_once
from fieldguide.steps.launch import manifest_of
from fieldguide.steps.level import standing
from fieldguide.steps.parts import grade_parts, ledger_parts, spoken
from fieldguide.steps.profile import kept_profile
from fieldguide.web.view import (
    FallbackView,
    LiveView,
    PastView,
    Point,
    ProgramView,
    RefusedView,
    ReleaseView,
    RungView,
    ServedView,
)

REFUSALS = 5_000
"""Latest entries of the journal among which refused rows are shown."""
LOSS_NAMES = {"probability": "log loss", "rate": "Poisson loss", "amount": "squared error"}


def views(home: Home, programs: Sequence[Program]) -> list[ProgramView]:
    """Return what is known of each program now."""
    ledger = home.ledger()
    return [view(home, ledger, program) for program in programs]


def view(home: Home, ledger: sa.Engine, program: Program, graded: Graded | None = None) -> ProgramView:
    """Return what is known of one program now; `graded` is a grading that was just made (left out: the last one)."""
    name, now = name_of(program), system_clock()
    releases = records.read_releases(ledger, name)
    every = records.read_incidents(ledger, name)
    incidents = [incident for incident in every if incident.closed is None]
    windows = records.read_windows(ledger, name)
    current = next((r for r in reversed(releases) if r.ended is None), None)
    manifest = manifest_of(home, current.fitted) if current else {}
    fit = _fit_shown(ledger, name, current)
    shown = _of_grade(home, ledger, program, fit, now) if graded is None else graded_parts(graded)
    open_findings = [*(incident.finding for incident in incidents), *_outcomes_say(windows, current)]
    return ProgramView(
        name=name,
        question=program.question.ask,
        one_row_is=program.question.one_row_is,
        decision=program.question.decision,
        open_findings=spoken(program, open_findings),
        past=tuple(
            PastView(i.finding, _time(i.opened), _time(i.closed))
            for i in reversed(every)
            if i.closed is not None
        )[:20],
        as_of=_time(windows[-1].at) if windows else None,
        release=_release(current) if current else None,
        history=tuple(_release(release) for release in reversed(releases)),
        fallback=_fallback(home, incidents, current),
        live=_live(windows, manifest, current),
        served=_served(home, name, windows),
        refused=_refused(home, name),
        rungs=tuple(_rung(rung) for rung in fit.climb.get("rungs", [])) if fit is not None else (),
        timezone=program.source.timezone,
        **shown,
        **ledger_parts(ledger, program, now),
    )


def _of_grade(
    home: Home, ledger: sa.Engine, program: Program, fit: records.FitRecord | None, now: datetime
) -> dict[str, Any]:
    """Return what is shown of the last grading of what serves (or of the program as it is, where nothing does)."""
    fingerprint = fit.fingerprint if fit is not None else data_fingerprint(program)
    grade = standing(ledger, name_of(program), fingerprint, now=now)
    if grade is None:
        return {"owner": program.source.owner or "", "place": program.source.place}
    (record,) = records.read_grades(ledger, name_of(program), fingerprint=fingerprint, last=1)
    parts = grade_parts(program, grade, record.extent, kept_profile(home, program))
    return {**parts, "graded_at": _time(record.at)}


def _fit_shown(ledger: sa.Engine, name: str, current: records.Release | None) -> records.FitRecord | None:
    """Return the fit of the release in service, else the last one, else None; those of samples do not count."""
    fits = [fit for fit in records.read_fits(ledger, name) if not fit.exploratory]
    mine = [fit for fit in fits if current is not None and fit.fitted == current.fitted]
    shown = mine or fits
    return shown[-1] if shown else None


def _outcomes_say(windows: Sequence[records.Window], current: records.Release | None) -> list[Finding]:
    """Return what the latest look at the outcomes of the release in service found to fail."""
    for window in reversed(windows):
        if current is None or window.release != current.number:
            break
        if "outcomes_say" in window.live:
            return [from_json(flat) for flat in window.live["outcomes_say"]]
    return []


def _release(release: records.Release) -> ReleaseView:
    ended = {"replaced": "ended", "rolled back": "rolled back", None: "full"}
    return ReleaseView(
        release=str(release.number),
        model=release.model,
        since=_time(release.at),
        change="; ".join(release.changes),
        by=release.by or None,
        fitted=release.fitted,
        state=ended.get(release.ending, "ended"),
        until=_time(release.ended) if release.ended else None,
    )


def _fallback(
    home: Home, incidents: Sequence[records.Incident], current: records.Release | None
) -> FallbackView | None:
    if current is None or not incidents:
        return None
    fitted = load_once(home.fitted / current.fitted)
    broken = fallback([incident.finding for incident in incidents], columns_used(fitted.program))
    if broken is None:
        return None
    opened = next(incident.opened for incident in incidents if incident.finding is broken)
    return FallbackView(since=_time(opened), reason=broken.saw, prediction=fitted.constant)


def _live(
    windows: Sequence[records.Window], manifest: dict[str, Any], current: records.Release | None
) -> LiveView:
    promised = ((manifest.get("losses") or {}).get("next_period") or {}).get("loss") or {}
    points = [_point(window) for window in windows if window.live.get("since")]
    mine = [window.live for window in windows if current is not None and window.release == current.number]
    judged = [live for live in mine if live.get("loss") is not None and not live.get("fallback")]
    rows = sum(live["outcomes"] for live in judged)

    def mean(field: str) -> float | None:
        return sum(live[field] * live["outcomes"] for live in judged) / rows if rows else None

    observed, predicted = mean("observed"), mean("predicted")
    asked = sum(live.get("answers", 0) for live in mine)
    return LiveView(
        loss_name=LOSS_NAMES.get(str(manifest.get("scale")), "loss"),
        loss=mean("loss"),
        expected=promised.get("value"),
        low=promised.get("low"),
        high=promised.get("high"),
        bias=predicted / observed if predicted is not None and observed else None,
        mature=sum(live.get("mature", 0) for live in mine) / asked if asked else None,
        series=tuple(points),
    )


def _point(window: records.Window) -> Point:
    live = dict(window.live)
    return Point(
        since=_time(live["since"]),
        until=_time(live["until"]),
        answers=live.get("answers", 0),
        refused=live.get("refused", 0),
        outcomes=live.get("outcomes", 0),
        fallback=live.get("fallback", 0),
        loss=live.get("loss"),
        expected=live.get("expected"),
        low=live.get("low"),
        high=live.get("high"),
        predicted=live.get("predicted"),
        observed=live.get("observed"),
        release=str(window.release),
    )


def _served(home: Home, name: str, windows: Sequence[records.Window]) -> ServedView:
    counted = counts(home.journal, name)
    since = [window.live["since"] for window in windows if window.live.get("since")]
    return ServedView(
        answers=counted.answered,
        refused=counted.refused,
        outcomes=counted.outcomes,
        fallback=sum(window.live.get("fallback", 0) for window in windows),
        since=_time(since[0]) if since else None,
        until=watermark(home.journal, name),
    )


def _refused(home: Home, name: str) -> tuple[RefusedView, ...]:
    recent = max(last_number(home.journal, name) - REFUSALS, 0)
    told = [refused for _, refused in refusals(home.journal, name, recent, REFUSALS)]
    number = Counter((r.path, r.reason) for r in told)
    latest = {(r.path, r.reason): r for r in told}
    return tuple(
        RefusedView(path=path, reason=reason, rows=rows, example=latest[path, reason].message)
        for (path, reason), rows in number.most_common(10)
    )


def _rung(rung: dict[str, Any]) -> RungView:
    judged = rung["next_period"] or rung["holdout"] or {}
    gain = rung["gain"] or {}
    return RungView(
        model=rung["model"],
        loss=judged.get("loss"),
        low=judged.get("low"),
        high=judged.get("high"),
        gain=gain.get("value"),
        gain_low=gain.get("low"),
        gain_high=gain.get("high"),
        auc=(judged.get("auc") or {}).get("value"),
        taken=rung["taken"],
        reason=rung["reason"],
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
