"""Judge: windows of what was served, against what the model that answered was learned from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from fieldguide.comparing.compare import compare, confirmed
from fieldguide.comparing.history import History, history
from fieldguide.finding import Finding, from_json, to_json
from fieldguide.journal import read_answers, refusals
from fieldguide.learning import Fitted, load
from fieldguide.ledger import records
from fieldguide.monitoring import (
    Incident,
    cut,
    decide,
    refused_values,
)
from fieldguide.monitoring.windows import CONTEXT, LEAST, Span
from fieldguide.program import Program, presentations, raw_columns
from fieldguide.steps.home import Home, data_fingerprint, name_of, system_clock
from fieldguide.steps.level import standing
from fieldguide.tables.summary import summarize


@lru_cache(maxsize=4)
def load_once(folder: Path) -> Fitted:
    """Return the fitted model in a folder; the latest few are kept."""
    return load(folder)


@lru_cache(maxsize=16)
def _yardstick(folder: Path, rows: int) -> History:
    return history(load_once(folder).summary, rows)


def judge(home: Home, ledger: sa.Engine, name: str, *, once: bool) -> list[list[Finding]]:
    """Judge the windows that wait, act on each, and return what was found in each.

    A window holds rows of one release only: each is compared with what its own model was learned from.
    """
    windows = records.read_windows(ledger, name)
    last = windows[-1].last if windows else 0
    previous = [from_json(flat) for flat in windows[-1].live.get("gross", [])] if windows else []
    fitteds = {r.number: r.fitted for r in records.read_releases(ledger, name)}
    judged: list[list[Finding]] = []
    waiting = read_answers(home.journal, name, after_n=last)
    runs = list(_runs(waiting["__release"].to_pylist()))
    for number, start, stop in runs:
        over = stop < waiting.num_rows
        spans = cut(stop - start, once=once or over) or ([Span(0, stop - start)] if over else [])
        if number not in fitteds or not spans:
            continue
        folder = home.fitted / fitteds[number]
        program = load_once(folder).program
        columns = raw_columns(program)
        first = waiting["__n"][start].as_py()
        rows = read_answers(home.journal, name, after_n=first - 1, limit=stop - start, columns=columns)
        before = _before(home, program, number, first)
        for span in spans:
            window = rows.slice(span.start, span.rows)
            found = _compare(folder, window, before, previous) if span.rows >= LEAST else []
            found += _refused(home, name, window, found)
            level = _act(ledger, program, number, found)
            record = records.Window(
                at=records.stamp(system_clock()),
                program=name,
                release=number,
                first=window["__n"][0].as_py(),
                last=window["__n"][-1].as_py(),
                level=level,
                live={"gross": [to_json(f) for f in found if f.evidence.get("gross")], "settled": False},
            )
            records.write_window(ledger, record)
            judged.append(found)
            previous, before = found, window
    return judged


def _runs(releases: Sequence[str | None]) -> Iterator[tuple[int, int, int]]:
    """Yield release, start and stop of every run of rows that one release answered; refusals go with their neighbors."""
    known = [int(release) if release else None for release in releases]
    start, current = 0, next((release for release in known if release is not None), None)
    for place, release in enumerate(known):
        if release is not None and current is not None and release != current:
            yield current, start, place
            start, current = place, release
    if current is not None:
        yield current, start, len(known)


def _before(home: Home, program: Program, release: int, first: int) -> pa.Table:
    """Return the rows of a release just before entry `first`, which help to place where a change began."""
    earlier = max(first - 1 - CONTEXT, 0)
    name, columns = name_of(program), raw_columns(program)
    rows = read_answers(home.journal, name, after_n=earlier, limit=first - 1 - earlier, columns=columns)
    return rows.filter(pc.equal(rows["__release"], str(release)))


def _compare(folder: Path, window: pa.Table, before: pa.Table, previous: Sequence[Finding]) -> list[Finding]:
    fitted = load_once(folder)
    shown = {column.name for column in presentations(fitted.program)}
    columns = [column for column in raw_columns(fitted.program) if column.name not in shown]
    summary = summarize(window, columns, like=fitted.summary)
    yardstick = _yardstick(folder, window.num_rows)
    found = compare(summary, window, fitted.summary, columns, before=before, yardstick=yardstick)
    return confirmed(previous, found)


def _refused(home: Home, name: str, window: pa.Table, found: Sequence[Finding]) -> list[Finding]:
    """Return what the window's refused rows say, of columns that `found` does not explain already."""
    if not pc.any(window["__refused"]).as_py():
        return []
    first, last = window["__n"][0].as_py(), window["__n"][-1].as_py()
    told = [each for each in refusals(home.journal, name, first - 1, window.num_rows) if each[0] <= last]
    times = {
        n: at.isoformat() for n, at in zip(window["__n"].to_pylist(), window["__at"].to_pylist(), strict=True)
    }
    said = refused_values(
        window.num_rows,
        [(refused.column, refused.reason, refused.message) for _, refused in told],
        [n for n, _ in told],
        times,
    )
    explained = {f.about for f in found if f.verdict == "fail"}
    return [f for f in said if f.about not in explained]


def _act(ledger: sa.Engine, program: Program, release: int, found: Sequence[Finding]) -> str:
    """Open, update and close incidents as the findings of one window ask; returns the level that they leave."""
    name = name_of(program)
    incidents = [
        Incident(i.id, i.finding, i.clean_windows)
        for i in records.read_incidents(ledger, name, only_open=True)
    ]
    decision = decide(incidents, found)
    at = records.stamp(system_clock())
    for finding in decision.opened:
        records.open_incident(ledger, at, name, release, finding)
    for update in decision.updated:
        closed = at if update.closed else None
        records.update_incident(
            ledger, update.incident, clean_windows=update.clean_windows, closed=closed, finding=update.finding
        )
    return level_now(ledger, program, [])


def level_now(ledger: sa.Engine, program: Program, failing: Sequence[Finding]) -> str:
    """Return the level that a program stands at, with what its outcomes say now."""
    grade = standing(ledger, name_of(program), data_fingerprint(program), now=system_clock(), instead=failing)
    return grade.level if grade is not None else "C4"
