"""Monitor: judge what was served in windows, name causes, open and close incidents, fall back and return."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from fieldguide.comparing.compare import compare, confirmed
from fieldguide.comparing.history import History, history
from fieldguide.errors import FieldguideError, GateError
from fieldguide.finding import Finding, from_json, to_json
from fieldguide.journal import joined, last_number, read_answers, refusals, watermark
from fieldguide.learning import Fitted, load, objective_of, predict_table
from fieldguide.ledger import records
from fieldguide.monitoring import (
    Incident,
    bias,
    columns_used,
    cut,
    decide,
    fallback,
    identities,
    live_findings,
    live_of,
    monitors_armed,
    refused_values,
    replay_mismatch,
    served_features,
)
from fieldguide.monitoring.windows import CONTEXT, LEAST, Span
from fieldguide.program import Program, named, presentations, raw_columns
from fieldguide.readiness.grade import Evidence
from fieldguide.steps.faults import faults
from fieldguide.steps.home import DEFAULT, Home, at_home, data_fingerprint, name_of, system_clock
from fieldguide.steps.level import standing
from fieldguide.tables.summary import summarize

RECENT = 30_000
"""Entries of the journal that the checks on outcomes look back at."""
UNSETTLED = 50
"""Windows whose outcomes may still come in and that are looked at again."""
LOOK_BACK = 60.0
"""Seconds between two looks of the watch at answers and outcomes, which read back far."""
ARMED = timedelta(days=1)
"""How long the monitor counts as armed after it looked."""


@dataclass(frozen=True)
class Monitored:
    """What the monitor found: the level now, open alarms about the data, and what the outcomes say.

    `alarms` are the findings of open incidents, `changes` what changed without being a fault, `live` the
    checks on answers and outcomes (identities, bias, replay), `windows` how many windows were judged now.
    """

    program: str
    release: int
    level: str
    windows: int
    alarms: tuple[Finding, ...]
    changes: tuple[Finding, ...]
    live: tuple[Finding, ...]
    fallback: str | None

    @property
    def found(self) -> bool:
        """Whether anything fails."""
        return bool(self.alarms) or any(f.verdict == "fail" for f in self.live)

    def to_json(self) -> dict[str, Any]:
        """Return the result as `monitor --json` prints it; `findings` are all open ones."""
        failing = [f for f in self.live if f.verdict == "fail"]
        return {
            "program": self.program,
            "release": self.release,
            "level": self.level,
            "windows": self.windows,
            "fallback": self.fallback,
            "findings": [open_json(f) for f in (*self.alarms, *failing, *self.changes)],
            "live": [to_json(f) for f in self.live],
        }


def open_json(finding: Finding) -> dict[str, Any]:
    """Return a finding with the keys of a diagnosis, null where the cause is not known."""
    nothing = dict.fromkeys(("cause", "factor", "offset", "first_row", "since", "share"))
    return nothing | to_json(finding)


def monitor(
    program: Program,
    *,
    home: str | Path | Home = DEFAULT,
    now: datetime | None = None,
    once: bool = True,
    outcomes: bool = True,
) -> Monitored:
    """Judge the rows served since the last look, act on what is found, and return what is open.

    Windows have 1,000 rows; with `once`, a rest of 200 or more is judged too. `now` is the time at which
    outcomes are judged mature: left out, the watermark of the journal. Without `outcomes` the checks on
    answers and outcomes (`live`) are left out: they look back over many answers.

    Raises GateError when nothing is in service.
    """
    place, program = at_home(home), named(program)
    ledger, name = place.ledger(), name_of(program)
    release = records.current_release(ledger, name)
    if release is None:
        raise GateError(
            f"{name} has no release in service, so nothing is served. Launch one: fieldguide launch P"
        )
    fitted = load_once(place.fitted / release.fitted)
    with place.turn("monitor"):  # a window is judged once, also when a monitor runs beside the server
        judged = _judge(place, ledger, name, once=once)
    now = now or watermark(place.journal, name)
    _settle(place, ledger, fitted.program, now)
    live = _live_findings(place, ledger, fitted, release, now) if outcomes else []
    if judged:
        _write_evidence(place, ledger, fitted)
    windows = records.read_windows(ledger, name) if outcomes else []
    if windows:
        failing = [to_json(f) for f in live if f.verdict == "fail"]
        records.update_window(ledger, windows[-1], {**windows[-1].live, "outcomes_say": failing})
    alarms = tuple(i.finding for i in records.read_incidents(ledger, name, only_open=True))
    broken = fallback(alarms, columns_used(fitted.program))
    return Monitored(
        program=name,
        release=release.number,
        level=_level(ledger, fitted.program, [f for f in live if f.verdict == "fail"]),
        windows=len(judged),
        alarms=alarms,
        changes=tuple(f for f in judged[-1] if f.verdict == "unknown") if judged else (),
        live=tuple(live),
        fallback=broken.saw if broken else None,
    )


def watch(
    programs: Sequence[Program],
    *,
    home: str | Path | Home = DEFAULT,
    every: float = 2.0,
    beside: int | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Keep judging whole windows as they fill, until interrupted; what cannot be read now is tried again.

    `beside` is the process of a server: when it is gone, the watch ends. `say` is told of every alarm that
    is new and of the return of the model.
    """
    place = at_home(home)
    open_before: dict[str, tuple[Finding, ...]] = {}
    looked_back = time.monotonic()
    while beside is None or os.getppid() == beside:
        for program in programs:
            name = name_of(program)
            try:
                if not _waiting(place, name):
                    continue
                back = time.monotonic() - looked_back >= LOOK_BACK
                looked_back = time.monotonic() if back else looked_back
                seen = monitor(program, home=place, once=False, outcomes=back)
            except FieldguideError as error:
                print(f"fieldguide monitor: {error}", file=sys.stderr)
                continue
            before = {(f.check, f.about) for f in open_before.get(name, ())}
            for finding in seen.alarms:
                if (finding.check, finding.about) not in before:
                    say(f"{name}: level {seen.level}: {finding.saw}")
            if before and not seen.alarms:
                say(f"{name}: level {seen.level}: the alarms are over")
            open_before[name] = seen.alarms
        time.sleep(every)


@lru_cache(maxsize=4)
def load_once(folder: Path) -> Fitted:
    """Return the fitted model in a folder; the latest few are kept."""
    return load(folder)


@lru_cache(maxsize=16)
def _yardstick(folder: Path, rows: int) -> History:
    return history(load_once(folder).summary, rows)


def _waiting(home: Home, name: str) -> bool:
    ledger = home.ledger()
    windows = records.read_windows(ledger, name)
    last = windows[-1].last if windows else 0
    waiting = last_number(home.journal, name) - last
    return bool(cut(waiting, once=False)) and records.current_release(ledger, name) is not None


def _judge(home: Home, ledger: sa.Engine, name: str, *, once: bool) -> list[list[Finding]]:
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
    return _level(ledger, program, [])


def _settle(home: Home, ledger: sa.Engine, program: Program, now: datetime | None) -> None:
    """Look again at windows whose outcomes have come in: those whose time is over, and the latest few."""
    name, within = name_of(program), program.label.arrives_within
    fitteds = {r.number: r.fitted for r in records.read_releases(ledger, name)}
    waiting = [w for w in records.read_windows(ledger, name) if not w.live.get("settled")]
    over = [
        w for w in waiting
        if now is not None and "until" in w.live and datetime.fromisoformat(w.live["until"]) + within <= now
    ]  # fmt: skip
    latest = [w for w in waiting[-UNSETTLED:] if w not in over]
    for window in [
        *over[:UNSETTLED],
        *(w for w in waiting if "until" not in w.live and w not in latest),
        *latest,
    ]:
        rows = window.last - window.first + 1
        served = joined(home.journal, name, (), program.label, now, window.first - 1, rows)
        if served.num_rows and window.release in fitteds:
            fitted = load_once(home.fitted / fitteds[window.release])
            records.update_window(ledger, window, {**window.live, **_window_live(fitted, served)})


def _window_live(fitted: Fitted, served: pa.Table) -> dict[str, Any]:
    """Return what became of one window's answers, as the ledger keeps it and the pages show it."""
    promised = _promised(fitted) or {}
    answered = served.filter(pc.invert(served["__refused"]))
    known = answered.filter(pc.and_(answered["__mature"], pc.is_valid(answered["__label"])))
    label, prediction = (known[name].to_numpy() for name in ("__label", "__prediction"))
    objective = objective_of(fitted.program)
    distinct, place = np.unique(prediction, return_inverse=True)
    score = np.array([objective.link(p) for p in distinct.tolist()])[place]
    since, until = pc.min(served["__time"]).as_py(), pc.max(served["__time"]).as_py()
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "answers": answered.num_rows,
        "refused": served.num_rows - answered.num_rows,
        "fallback": int(pc.sum(answered["__fallback"]).as_py() or 0),
        "mature": int(pc.sum(answered["__mature"]).as_py() or 0),
        "outcomes": len(label),
        "settled": bool(pc.all(answered["__closed"]).as_py()) if answered.num_rows else True,
        "loss": float(np.mean(objective.value(label, score))) if len(label) else None,
        "predicted": float(np.mean(prediction)) if len(label) else None,
        "observed": float(np.mean(label)) if len(label) else None,
        "expected": promised.get("value"),
        "low": promised.get("low"),
        "high": promised.get("high"),
    }


def _promised(fitted: Fitted) -> dict[str, float] | None:
    """Return the loss that the next period's rows let expect, with its interval."""
    losses = fitted.manifest["losses"]
    judged = losses.get("next_period") or losses.get("holdout") or {}
    loss: dict[str, float] | None = judged.get("loss")
    return loss


def _live_findings(
    home: Home, ledger: sa.Engine, fitted: Fitted, release: records.Release, now: datetime | None
) -> list[Finding]:
    """Return the checks on answers and outcomes of the release in service."""
    name, zone = name_of(fitted.program), fitted.program.source.timezone
    settled = [w.first for w in records.read_windows(ledger, name) if w.live.get("settled")]
    recent = max(last_number(home.journal, name) - RECENT, 0)
    after = min([recent, *(first - 1 for first in settled[-RECENT // 1_000 :][:1])])
    served = joined(home.journal, name, (), fitted.program.label, now, after)
    served = served.filter(pc.equal(served["__release"], str(release.number)))
    for first, end in faults(home, fitted.program):  # what was said of broken rows is no measure of the model
        inside = pc.greater_equal(served["__n"], first)
        inside = inside if end is None else pc.and_(inside, pc.less_equal(served["__n"], end))
        served = served.filter(pc.invert(inside)) if release.model != "Mean" else served
    if not served.num_rows:
        return []
    objective = objective_of(fitted.program)
    replayed = _replayed(home, fitted, release)
    if release.model != "Mean":
        live = live_of(served, objective, _promised(fitted), constant=fitted.constant, timezone=zone)
        return [replayed, *live_findings(live), bias(served, zone)]
    facts = fitted.manifest["label"]
    proof = identities(served, constant=fitted.constant, objective=objective, facts=facts, now=now)
    return [*proof, bias(served, zone, neutral=True, proof=proof), replayed]


def _replayed(home: Home, fitted: Fitted, release: records.Release) -> Finding:
    """Return whether the latest answers are what the journal gives when it is scored again."""
    columns, name = raw_columns(fitted.program), str(fitted.program.name)
    after = max(last_number(home.journal, name) - CONTEXT, 0)
    rows = read_answers(home.journal, name, after_n=after, columns=columns)
    mine = pc.and_(pc.equal(rows["__release"], str(release.number)), pc.invert(rows["__refused"]))
    rows = rows.filter(mine)
    return replay_mismatch(rows, predict_table(fitted, rows), [column.name for column in columns])


def _write_evidence(home: Home, ledger: sa.Engine, fitted: Fitted) -> None:
    """Keep for a day that every feature was seen and that the monitor looks (level A1)."""
    program, now, name = fitted.program, system_clock(), str(fitted.program.name)
    windows = records.read_windows(ledger, name)
    rows = read_answers(home.journal, name, max(windows[-1].last - CONTEXT, 0), CONTEXT, raw_columns(program))
    shown = {column.name for column in presentations(program)}
    needed = [column for column in raw_columns(program) if column.name not in shown]
    found = [*served_features(rows, needed), monitors_armed(len(windows), windows[-1].at)]
    evidence = [Evidence(f, now, until=now + ARMED) for f in found]
    records.write_evidence(ledger, name, data_fingerprint(program), "monitor", evidence)


def _level(ledger: sa.Engine, program: Program, failing: Sequence[Finding]) -> str:
    grade = standing(ledger, name_of(program), data_fingerprint(program), now=system_clock(), instead=failing)
    return grade.level if grade is not None else "C4"
