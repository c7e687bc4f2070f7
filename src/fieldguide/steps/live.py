"""Live: what the outcomes say of the release in service, and what of it is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from fieldguide.finding import Finding
from fieldguide.journal import joined, last_number, read_answers
from fieldguide.learning import Fitted, objective_of, predict_table
from fieldguide.ledger import records
from fieldguide.monitoring import (
    bias,
    identities,
    live_findings,
    live_of,
    monitors_armed,
    replay_mismatch,
    served_features,
)
from fieldguide.monitoring.windows import CONTEXT
from fieldguide.program import Program, presentations, raw_columns
from fieldguide.readiness.grade import Evidence
from fieldguide.steps.faults import faults
from fieldguide.steps.home import Home, data_fingerprint, name_of, system_clock
from fieldguide.steps.judge import load_once

RECENT = 30_000
"""Entries of the journal that the checks on outcomes look back at."""
UNSETTLED = 50
"""Windows whose outcomes may still come in and that are looked at again."""
ARMED = timedelta(days=1)
"""How long the monitor counts as armed after it looked."""


def settle(home: Home, ledger: sa.Engine, program: Program, now: datetime | None) -> None:
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


def outcomes_say(
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


def write_evidence(home: Home, ledger: sa.Engine, fitted: Fitted) -> None:
    """Keep for a day that every feature was seen and that the monitor looks (level A1)."""
    program, now, name = fitted.program, system_clock(), str(fitted.program.name)
    windows = records.read_windows(ledger, name)
    rows = read_answers(home.journal, name, max(windows[-1].last - CONTEXT, 0), CONTEXT, raw_columns(program))
    shown = {column.name for column in presentations(program)}
    needed = [column for column in raw_columns(program) if column.name not in shown]
    found = [*served_features(rows, needed), monitors_armed(len(windows), windows[-1].at)]
    evidence = [Evidence(f, now, until=now + ARMED) for f in found]
    records.write_evidence(ledger, name, data_fingerprint(program), "monitor", evidence)
