"""Monitor: judge what was served in windows, name causes, open and close incidents, fall back and return."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

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
    cut,
    decide,
    identities,
    live_of,
    refused_values,
    replay_mismatch,
    served_features,
)
from fieldguide.program import Program, arguments, computed_features, named, raw_columns
from fieldguide.readiness.grade import Evidence, level_of
from fieldguide.steps.home import DEFAULT, Home, at_home, data_fingerprint, name_of, system_clock
from fieldguide.tables.summary import summarize

RECENT = 30_000
"""Entries of the journal that the checks on outcomes look back at."""
UNSETTLED = 50
"""Windows whose outcomes may still come in and that are looked at again."""
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
) -> Monitored:
    """Judge the rows served since the last look, act on what is found, and return what is open.

    Windows have 1,000 rows; with `once`, a rest of 200 or more is judged too. `now` is the time at which
    outcomes are judged mature: left out, the watermark of the journal.

    Raises GateError when nothing is in service.
    """
    place, program = at_home(home), named(program)
    ledger, name = place.ledger(), name_of(program)
    release = records.current_release(ledger, name)
    if release is None:
        raise GateError(
            f"{name} has no release in service, so nothing is served. Launch one: fieldguide launch P"
        )
    fitted = _load(place.fitted / release.fitted)
    judged = _judge(place, ledger, fitted, release, once=once)
    now = now or watermark(place.journal, name)
    _settle(place, ledger, fitted, now)
    live = _live_findings(place, fitted, release, now)
    if judged:
        _write_evidence(ledger, fitted, judged)
    incidents = records.read_incidents(ledger, name, only_open=True)
    alarms = tuple(incident.finding for incident in incidents)
    back = next((i.finding.saw for i in incidents if i.fallback), None)
    changes = tuple(f for f in judged[-1].findings if f.verdict == "unknown") if judged else ()
    level = _level(ledger, fitted, [*alarms, *(f for f in live if f.verdict == "fail")])
    return Monitored(name, release.number, level, len(judged), alarms, changes, tuple(live), back)


def watch(programs: Sequence[Program], *, home: str | Path | Home = DEFAULT, every: float = 2.0) -> None:
    """Keep judging whole windows as they fill, until interrupted; what cannot be read now is tried again."""
    place = at_home(home)
    while True:
        for program in programs:
            try:
                if _waiting(place, name_of(program)):
                    monitor(program, home=place, once=False)
            except FieldguideError as error:
                print(f"fieldguide monitor: {error}", file=sys.stderr)
        time.sleep(every)


@dataclass(frozen=True)
class _Judged:
    rows: pa.Table
    findings: list[Finding]


@lru_cache(maxsize=4)
def _load(folder: Path) -> Fitted:
    return load(folder)


@lru_cache(maxsize=16)
def _yardstick(folder: Path, rows: int) -> History:
    return history(_load(folder).summary, rows)


def _waiting(home: Home, name: str) -> bool:
    ledger = home.ledger()
    try:
        windows = records.read_windows(ledger, name)
        last = windows[-1].last if windows else 0
        ready = last_number(home.journal, name) - last
        return bool(cut(ready, once=False)) and records.current_release(ledger, name) is not None
    finally:
        ledger.dispose()


def _judge(
    home: Home, ledger: sa.Engine, fitted: Fitted, release: records.Release, *, once: bool
) -> list[_Judged]:
    program, name = fitted.program, str(fitted.program.name)
    windows = records.read_windows(ledger, name)
    last = windows[-1].last if windows else 0
    columns = raw_columns(program)
    rows = read_answers(home.journal, name, after_n=last, columns=columns)
    previous = [from_json(flat) for flat in windows[-1].live.get("changes", [])] if windows else []
    before = read_answers(
        home.journal, name, after_n=max(last - 1_000, 0), limit=min(last, 1_000), columns=columns
    )
    judged: list[_Judged] = []
    for part in cut(rows.num_rows, once=once):
        window = rows.slice(part.start, part.stop - part.start)
        summary = summarize(window, columns, like=fitted.summary)
        found = compare(
            summary,
            window,
            fitted.summary,
            columns,
            before=before,
            yardstick=_yardstick(home.fitted / fitted.id, window.num_rows),
        )
        found = [*confirmed(previous, found), *_refused(home, name, window, found)]
        level = _act(ledger, fitted, release, found)
        first, final = window["__n"][0].as_py(), window["__n"][-1].as_py()
        unknown = [to_json(f) for f in found if f.verdict == "unknown"]
        at = records.stamp(system_clock())
        live = {"changes": unknown, "settled": False}
        records.write_window(ledger, records.Window(at, name, release.number, first, final, level, live))
        judged.append(_Judged(window, found))
        previous, before = found, window
    return judged


def _refused(home: Home, name: str, window: pa.Table, found: Sequence[Finding]) -> list[Finding]:
    first, last = window["__n"][0].as_py(), window["__n"][-1].as_py()
    if not pc.any(window["__refused"]).as_py():
        return []
    told = [
        (refused.column or "", refused.reason, refused.message)
        for n, refused in refusals(home.journal, name, after_n=first - 1, limit=window.num_rows)
        if n <= last
    ]
    named_already = {f.about for f in found if f.verdict == "fail"}
    return [f for f in refused_values(window.num_rows, told) if f.about not in named_already]


def _act(ledger: sa.Engine, fitted: Fitted, release: records.Release, found: Sequence[Finding]) -> str:
    name = str(fitted.program.name)
    incidents = records.read_incidents(ledger, name, only_open=True)
    decision = decide(
        [Incident(i.id, i.finding, i.clean_windows) for i in incidents], found, _used(fitted.program)
    )
    at = records.stamp(system_clock())
    by_id = {incident.id: incident for incident in incidents}
    for finding, fallback in decision.opened:
        records.open_incident(ledger, at, name, release.number, finding, fallback)
    for incident in decision.goes_on:
        records.update_incident(ledger, incident, clean_windows=0)
    for incident, clean in decision.cleaner:
        records.update_incident(ledger, incident, clean_windows=clean)
    for incident in decision.closed:
        records.update_incident(ledger, incident, clean_windows=by_id[incident].clean_windows + 1, closed=at)
    still = records.read_incidents(ledger, name, only_open=True)
    return _level(ledger, fitted, [incident.finding for incident in still])


def _used(program: Program) -> set[str]:
    """Return the raw columns that the features read, presentation aside."""
    columns = raw_columns(program)
    names = {f.name for f in columns if any(f is each for each in program.features)}
    for feature in computed_features(program):
        if feature.of is not None:
            names |= {columns[position].name for position in arguments(program, feature.of)}
    return names


def _settle(home: Home, ledger: sa.Engine, fitted: Fitted, now: datetime | None) -> None:
    """Look again at the windows whose outcomes may still have come in."""
    name = str(fitted.program.name)
    open_windows = [w for w in records.read_windows(ledger, name) if not w.live.get("settled")]
    objective = objective_of(fitted.program)
    for window in open_windows[-UNSETTLED:]:
        served = joined(
            home.journal,
            name,
            (),
            fitted.program.label,
            now,
            window.first - 1,
            window.last - window.first + 1,
        )
        if served.num_rows:
            live = live_of(served, objective, _promised(fitted)).to_json()
            records.update_window(ledger, window, {**window.live, **live})


def _promised(fitted: Fitted) -> Any:
    losses = fitted.manifest["losses"]
    judged = losses.get("next_period") or losses.get("holdout") or {}
    return judged.get("loss")


def _live_findings(
    home: Home, fitted: Fitted, release: records.Release, now: datetime | None
) -> list[Finding]:
    name = str(fitted.program.name)
    after = max(last_number(home.journal, name) - RECENT, 0)
    served = joined(home.journal, name, (), fitted.program.label, now, after)
    served = served.filter(pc.equal(served["__release"], str(release.number)))
    if not served.num_rows:
        return []
    neutral = release.model == "Mean"
    findings = [
        _replayed(home, fitted, release),
        bias(served, fitted.program.source.timezone, neutral=neutral),
    ]
    if not neutral:
        return findings
    proof = identities(
        served,
        constant=fitted.constant,
        objective=objective_of(fitted.program),
        facts=fitted.manifest["label"],
    )
    return [*proof, *findings]


def _replayed(home: Home, fitted: Fitted, release: records.Release) -> Finding:
    columns = raw_columns(fitted.program)
    name = str(fitted.program.name)
    last = last_number(home.journal, name)
    rows = read_answers(home.journal, name, after_n=max(last - 1_000, 0), columns=columns)
    mine = pc.and_(pc.equal(rows["__release"], str(release.number)), pc.invert(rows["__refused"]))
    rows = rows.filter(mine)
    return replay_mismatch(rows, predict_table(fitted, rows), [column.name for column in columns])


def _write_evidence(ledger: sa.Engine, fitted: Fitted, judged: Sequence[_Judged]) -> None:
    program, now = fitted.program, system_clock()
    rows = judged[-1].rows
    armed = Finding(
        "monitors_armed",
        "A1",
        "pass",
        saw=f"the monitor judged rows up to number {rows['__n'][-1].as_py():,}",
        expected="what is served is graded against what was learned from",
    )
    found = [*served_features(rows.filter(pc.invert(rows["__refused"])), raw_columns(program)), armed]
    evidence = [Evidence(f, now, until=now + ARMED) for f in found]
    records.write_evidence(ledger, str(program.name), data_fingerprint(program), "monitor", evidence)


def _level(ledger: sa.Engine, fitted: Fitted, failing: Sequence[Finding]) -> str:
    name, fingerprint, now = str(fitted.program.name), data_fingerprint(fitted.program), system_clock()
    grades = [g for g in records.read_grades(ledger, name) if g.fingerprint == fingerprint]
    graded = grades[-1].findings if grades else ()
    evidence = [
        e.finding
        for e in records.read_evidence(ledger, name, fingerprint)
        if e.until is None or e.until > now
    ]
    _, waivers = records.read_answers(ledger, name)
    return level_of([*graded, *evidence, *failing], waivers, now).level
