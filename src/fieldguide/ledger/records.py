"""What is written in the ledger and read back: values in, values out.

Every function takes the engine of `open_ledger` first. Times are ISO 8601 texts in UTC.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from fieldguide.errors import DataError
from fieldguide.finding import Finding, from_json, to_json
from fieldguide.ledger import schema
from fieldguide.readiness.answers import Answer, Waiver
from fieldguide.readiness.grade import Evidence


@dataclass(frozen=True)
class GradeRecord:
    """A grade as it was recorded: the level, the findings, and the extent of the rows they are about.

    `share` is that of the rows which were graded; a grade of a sample is exploratory, and opens no gate.
    """

    at: str
    program: str
    fingerprint: str
    level: str
    extent: Mapping[str, Any]
    code: str
    findings: tuple[Finding, ...] = ()
    share: float = 1.0


@dataclass(frozen=True)
class Effort:
    """Person-time that somebody noted for a level."""

    at: str
    level: str
    minutes: float
    by: str


@dataclass(frozen=True)
class FitRecord:
    """A rung of a climb: which Fitted it gave, and whether the ladder chose it.

    `climb` is what the whole climb found; of one on a sample it has the `share` of the rows (1 otherwise).
    """

    at: str
    program: str
    fingerprint: str
    fitted: str
    model: str
    chosen: bool
    climb: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exploratory(self) -> bool:
        """Whether it was learned from a sample, which shows nothing and cannot be launched."""
        return float(self.climb.get("share", 1.0)) < 1.0


@dataclass(frozen=True)
class Release:
    """A Fitted in service, and what changed with it; `ended` when it was replaced or rolled back.

    `restores` is the number of the release that a rollback put back in service.
    """

    at: str
    program: str
    number: int
    fitted: str
    model: str
    changes: tuple[str, ...]
    by: str
    because: str = ""
    restores: int | None = None
    ended: str | None = None
    ending: str | None = None


@dataclass(frozen=True)
class Incident:
    """A failing finding of the monitor, open until the source is right again."""

    id: int
    opened: str
    closed: str | None
    program: str
    release: int
    check: str
    about: str | None
    clean_windows: int
    finding: Finding


@dataclass(frozen=True)
class Window:
    """Entries `first` to `last` of the journal, judged at `at`; `live` holds losses and shares."""

    at: str
    program: str
    release: int
    first: int
    last: int
    level: str
    live: Mapping[str, Any] = field(default_factory=dict)


def stamp(now: datetime) -> str:
    """Return a time as the ledger writes it: ISO 8601 in UTC, to the microsecond.

    >>> stamp(datetime(2013, 10, 1, tzinfo=UTC))
    '2013-10-01T00:00:00.000000+00:00'
    """
    return now.astimezone(UTC).isoformat(timespec="microseconds")


@contextlib.contextmanager
def _writing(ledger: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection for one transaction that writes; raise DataError when the ledger cannot be written."""
    try:
        with ledger.execution_options(writes=True).begin() as connection:
            yield connection
    except sa.exc.OperationalError as error:
        raise DataError(
            f"The ledger {ledger.url.database} cannot be written: {error.orig}. Check the rights of the folder and the space on "
            "its disk, or choose another --home."
        ) from error


def _insert(ledger: sa.Engine, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        with _writing(ledger) as connection:
            connection.execute(sa.insert(table), list(rows))


def _select(ledger: sa.Engine, table: sa.Table, program: str, *conditions: Any) -> list[Any]:
    query = sa.select(table).where(table.c.program == program, *conditions).order_by(table.c.id)
    with ledger.connect() as connection:
        return list(connection.execute(query))


def write_grade(ledger: sa.Engine, grade: GradeRecord) -> None:
    """Record a grade."""
    row = {
        "at": grade.at,
        "program": grade.program,
        "fingerprint": grade.fingerprint,
        "level": grade.level,
        "extent": json.dumps(dict(grade.extent)),
        "code": grade.code,
        "findings": _dump(grade.findings),
        "share": None if grade.share >= 1.0 else grade.share,
    }
    _insert(ledger, schema.grades, [row])


def read_grades(
    ledger: sa.Engine,
    program: str,
    *,
    fingerprint: str | None = None,
    last: int | None = None,
    samples: bool = False,
) -> list[GradeRecord]:
    """Return the recorded grades of a program, the oldest first; of one fingerprint, or the last few only.

    Those of samples are left out unless `samples` asks for them, so that nothing rests on one by accident.
    """
    table = schema.grades
    query = sa.select(table).where(table.c.program == program).order_by(table.c.id.desc()).limit(last)
    if not samples:
        query = query.where(table.c.share.is_(None))
    if fingerprint is not None:
        query = query.where(table.c.fingerprint == fingerprint)
    with ledger.connect() as connection:
        found = list(connection.execute(query))
    return [
        GradeRecord(
            r.at,
            r.program,
            r.fingerprint,
            r.level,
            json.loads(r.extent),
            r.code,
            _findings(r.findings),
            1.0 if r.share is None else r.share,
        )
        for r in reversed(found)
    ]


def count_grades(ledger: sa.Engine, program: str) -> int:
    """Return how many gradings of all rows of a program are recorded."""
    table = schema.grades
    query = sa.select(sa.func.count()).where(table.c.program == program, table.c.share.is_(None))
    with ledger.connect() as connection:
        return int(connection.execute(query).scalar_one())


def write_evidence(
    ledger: sa.Engine, program: str, fingerprint: str, origin: str, evidence: Sequence[Evidence]
) -> None:
    """Record what another step than a grading found: `origin` is "fit" or "monitor"."""
    rows = [
        {
            "at": stamp(each.at),
            "program": program,
            "fingerprint": fingerprint,
            "origin": origin,
            "check": each.finding.check,
            "until": stamp(each.until) if each.until else None,
            "extent": each.extent,
            "code": each.code,
            "finding": json.dumps(to_json(each.finding)),
        }
        for each in evidence
    ]
    _insert(ledger, schema.evidence, rows)


def read_evidence(ledger: sa.Engine, program: str, fingerprint: str) -> list[Evidence]:
    """Return the latest evidence of every check (and column) for a program of this fingerprint."""
    latest: dict[tuple[str, str | None], Evidence] = {}
    for r in _select(ledger, schema.evidence, program, schema.evidence.c.fingerprint == fingerprint):
        finding = from_json(json.loads(r.finding))
        until = datetime.fromisoformat(r.until) if r.until else None
        latest[finding.check, finding.about] = Evidence(
            finding, datetime.fromisoformat(r.at), until, r.extent, r.code
        )
    return list(latest.values())


def write_answers(ledger: sa.Engine, program: str, answers: Sequence[Answer | Waiver]) -> None:
    """Record what a named person confirmed or waived, of several columns at once: all or nothing."""
    rows = [
        {
            "at": stamp(answer.at),
            "program": program,
            "kind": "waive" if isinstance(answer, Waiver) else "confirm",
            "check": answer.check,
            "about": answer.about,
            "by": answer.by,
            "because": answer.because,
            "until": stamp(answer.until) if answer.until else None,
        }
        for answer in answers
    ]
    _insert(ledger, schema.answers, rows)


def read_answers(ledger: sa.Engine, program: str) -> tuple[list[Answer], list[Waiver]]:
    """Return the confirmations and the waivers of a program, the oldest first."""
    answers: list[Answer] = []
    waivers: list[Waiver] = []
    for r in _select(ledger, schema.answers, program):
        values: dict[str, Any] = {
            "check": r.check,
            "about": r.about,
            "by": r.by,
            "because": r.because,
            "until": datetime.fromisoformat(r.until) if r.until else None,
            "at": datetime.fromisoformat(r.at),
        }
        if r.kind == "waive":
            waivers.append(Waiver(**values))
        else:
            answers.append(Answer(**values))
    return answers, waivers


def write_effort(ledger: sa.Engine, at: str, program: str, level: str, minutes: float, by: str) -> None:
    """Record person-time that went into reaching a level."""
    row = {"at": at, "program": program, "level": level, "minutes": minutes, "by": by}
    _insert(ledger, schema.effort, [row])


def read_effort(ledger: sa.Engine, program: str) -> list[Effort]:
    """Return the person-time that was noted for a program, the oldest first."""
    return [Effort(r.at, r.level, r.minutes, r.by) for r in _select(ledger, schema.effort, program)]


def write_fits(ledger: sa.Engine, fits: Sequence[FitRecord]) -> None:
    """Record the rungs of a climb."""
    rows = [{**vars(fit), "climb": json.dumps(dict(fit.climb))} for fit in fits]
    _insert(ledger, schema.fits, rows)


def read_fits(ledger: sa.Engine, program: str) -> list[FitRecord]:
    """Return every recorded fit of a program, the oldest first."""
    return [
        FitRecord(r.at, r.program, r.fingerprint, r.fitted, r.model, bool(r.chosen), json.loads(r.climb))
        for r in _select(ledger, schema.fits, program)
    ]


def write_release(ledger: sa.Engine, release: Release, ending: str | None) -> None:
    """Put a release in service; the one before it ends for the reason `ending`. All or nothing."""
    table = schema.releases
    row = {**vars(release), "changes": json.dumps(list(release.changes))}
    with _writing(ledger) as connection:
        current = sa.and_(table.c.program == release.program, table.c.ended.is_(None))
        connection.execute(sa.update(table).where(current).values(ended=release.at, ending=ending))
        connection.execute(sa.insert(table), [row])


def read_releases(ledger: sa.Engine, program: str) -> list[Release]:
    """Return every release of a program, the oldest first; the last one without `ended` is in service."""
    return [
        Release(
            at=r.at,
            program=r.program,
            number=r.number,
            fitted=r.fitted,
            model=r.model,
            changes=tuple(json.loads(r.changes)),
            by=r.by,
            because=r.because,
            restores=r.restores,
            ended=r.ended,
            ending=r.ending,
        )
        for r in _select(ledger, schema.releases, program)
    ]


def current_release(ledger: sa.Engine, program: str) -> Release | None:
    """Return the release in service, or None."""
    releases = [release for release in read_releases(ledger, program) if release.ended is None]
    return releases[-1] if releases else None


def open_incident(ledger: sa.Engine, at: str, program: str, release: int, finding: Finding) -> None:
    """Record that an incident began while a release was in service."""
    row = {
        "opened": at,
        "program": program,
        "release": release,
        "check": finding.check,
        "about": finding.about,
        "clean_windows": 0,
        "finding": json.dumps(to_json(finding)),
    }
    _insert(ledger, schema.incidents, [row])


def update_incident(
    ledger: sa.Engine,
    incident: int,
    *,
    clean_windows: int,
    closed: str | None = None,
    finding: Finding | None = None,
) -> None:
    """Record how many clean windows followed an incident, and when it was closed."""
    values: dict[str, Any] = {"clean_windows": clean_windows, "closed": closed}
    if finding is not None:
        values["finding"] = json.dumps(to_json(finding))
    with _writing(ledger) as connection:
        connection.execute(
            sa.update(schema.incidents).where(schema.incidents.c.id == incident).values(**values)
        )


def read_incidents(ledger: sa.Engine, program: str, *, only_open: bool = False) -> list[Incident]:
    """Return the incidents of a program, the oldest first."""
    conditions = [schema.incidents.c.closed.is_(None)] if only_open else []
    return [
        Incident(
            id=r.id,
            opened=r.opened,
            closed=r.closed,
            program=r.program,
            release=r.release,
            check=r.check,
            about=r.about,
            clean_windows=r.clean_windows,
            finding=from_json(json.loads(r.finding)),
        )
        for r in _select(ledger, schema.incidents, program, *conditions)
    ]


def write_window(ledger: sa.Engine, window: Window) -> None:
    """Record a judged window."""
    _insert(ledger, schema.windows, [{**vars(window), "live": json.dumps(dict(window.live))}])


def update_window(ledger: sa.Engine, window: Window, live: Mapping[str, Any]) -> None:
    """Record what became of a window's answers since it was judged."""
    table = schema.windows
    place = sa.and_(
        table.c.program == window.program, table.c.first == window.first, table.c.last == window.last
    )
    with _writing(ledger) as connection:
        connection.execute(sa.update(table).where(place).values(live=json.dumps(dict(live))))


def read_windows(ledger: sa.Engine, program: str) -> list[Window]:
    """Return the judged windows of a program, the oldest first."""
    return [
        Window(r.at, r.program, r.release, r.first, r.last, r.level, json.loads(r.live))
        for r in _select(ledger, schema.windows, program)
    ]


def _dump(findings: Sequence[Finding]) -> str:
    return json.dumps([to_json(finding) for finding in findings])


def _findings(text: str) -> tuple[Finding, ...]:
    return tuple(from_json(flat) for flat in json.loads(text))
