"""Fit: grade, pass the gate, climb the ladder, keep every rung."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.errors import GateError, ProgramError
from fieldguide.finding import to_json
from fieldguide.learning import Climb, Losses, Rung, beats_the_mean, boundary, climb, save
from fieldguide.ledger import records
from fieldguide.ledger.rules import failing_text
from fieldguide.program import Program, knobs, named, raw_columns
from fieldguide.program import fingerprint as whole_fingerprint
from fieldguide.readiness.grade import Evidence, failing
from fieldguide.steps.grade import Progress, code_hash, grade
from fieldguide.steps.graded import Graded
from fieldguide.steps.home import DEFAULT, Home, at_home, data_fingerprint, name_of, system_clock
from fieldguide.steps.launch import manifest_of
from fieldguide.steps.level import standing
from fieldguide.tables.draw import Wanted
from fieldguide.tables.read import Reading, read
from fieldguide.tables.summary import Blocks, Summary, summarize


@dataclass(frozen=True)
class Fit:
    """What a fit gave: every rung of the ladder, the id of the chosen Fitted, the level it was learned at.

    `fitted` is the chosen id, `chosen` its model, `neutral` the id of the mean; `window` the span of time
    of the training rows; `notes` what was done otherwise than asked. `share` is that of the rows which were
    drawn to learn from: below 1 the fit is exploratory, and cannot be launched.
    """

    program: str
    fitted: str
    chosen: str
    neutral: str
    rungs: tuple[Rung, ...]
    level: str
    window: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    share: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """Return the fit as `fit --json` prints it."""
        return {
            "program": self.program,
            "fitted": self.fitted,
            "chosen": self.chosen,
            "neutral": self.neutral,
            "level": self.level,
            "window": dict(self.window),
            "share": self.share,
            "exploratory": self.share < 1.0,
            "notes": list(self.notes),
            "rungs": [rung_json(rung) for rung in self.rungs],
        }


def fit(
    program: Program,
    *,
    home: str | Path | Home = DEFAULT,
    until: str | datetime | None = None,
    share: float | None = None,
    now: datetime | None = None,
    on_step: Progress | None = None,
) -> Fit:
    """Climb the ladder of models on the program's data, and keep every rung in the home.

    With `until`, only what was known before that time is used; left out, the data window of the release in
    service is kept, if there is one and it was learned from the same source. With `share`, about that share of
    the rows is graded and learned from, drawn by entity and class, with weights: an exploratory fit, which
    gives no evidence and cannot be launched. Raises GateError when a finding
    up to A3 fails, DataError and ProgramError as `grade` does.
    """
    say = on_step or (lambda message: None)
    place, program = at_home(home), named(program)
    if program.label.kind == "none":
        raise ProgramError(
            f"{name_of(program)} has no label, so there is nothing to learn: declare what is observed later, such as "
            'label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=7)).'
        )
    now = now or system_clock()
    known = until or _known_in_service(place, program)
    graded = grade(program, home=place, until=known, share=share, now=now, on_step=on_step)
    reading, _ = graded.rows()
    failures = failing(graded.grade)
    if failures:
        raise GateError(
            f"{name_of(program)} cannot be fitted at level {graded.level}: {failing_text(failures)} All of it: "
            f"fieldguide grade P; to let a check pass in your name: fieldguide waive P {failures[0].check} --by NAME --because …"
        )
    say("loading the rows")
    if share is not None:
        # the grade saw entities of both classes alike; to learn from, those with a positive label are worth more
        reading = read(program, until=known, wanted=Wanted(share))
    table = reading.table.to_pyarrow()
    summary = training_summary(program, reading, table)
    result = climb(program, table, summary, share=1.0 if share is None else share, on_step=say)
    say("keeping the fitted models")
    for fitted in result.fitteds.values():
        save(fitted, place.fitted)
    _record(place, program, result, now, graded, until or _last_known(program, table))
    after = graded.grade
    if graded.share == 1.0:
        proven = standing(
            place.ledger(),
            name_of(program),
            data_fingerprint(program),
            now=now,
            findings=graded.findings,
            extent=reading.extent.hash,
        )
        assert proven is not None
        after = proven
    chosen = result.fitteds[result.chosen]
    return Fit(
        program=name_of(program),
        fitted=result.chosen,
        chosen=str(chosen.manifest["model"]),
        neutral=result.rungs[0].fitted,
        rungs=result.rungs,
        level=after.level,
        window=chosen.manifest["window"],
        notes=result.notes,
        share=graded.share,
    )


def training_summary(program: Program, reading: Reading, table: pa.Table) -> Summary:
    """Return the Summary of the rows before the next period, in blocks of time: what monitoring compares with."""
    begins, rows = boundary(program, table), reading.table
    if begins is not None:
        rows = rows.filter(rows["__time"] < begins)
    return summarize(rows, raw_columns(program), slices=Blocks())


def rung_json(rung: Rung) -> dict[str, Any]:
    """Return a rung as JSON: losses with intervals on train, holdout and next period."""
    return {
        "model": rung.model,
        "fitted": rung.fitted,
        "taken": rung.taken,
        "reason": rung.reason,
        "gain": asdict(rung.gain) if rung.gain else None,
        "train": _losses(rung.train),
        "holdout": _losses(rung.holdout),
        "next_period": _losses(rung.next_period),
    }


def _losses(losses: Losses | None) -> dict[str, Any] | None:
    if losses is None:
        return None
    loss = losses.loss
    return {**asdict(losses), "loss": loss.value, "low": loss.low, "high": loss.high}


def _record(
    home: Home,
    program: Program,
    result: Climb,
    now: datetime,
    graded: Graded,
    known_until: str | datetime | None,
) -> None:
    ledger, name, fingerprint = home.ledger(), name_of(program), data_fingerprint(program)
    finding = beats_the_mean(result)
    climbed = {
        "program": whole_fingerprint(program),
        "finding": to_json(finding),
        "rungs": [rung_json(rung) for rung in result.rungs],
        "known_until": str(known_until) if known_until is not None else None,
        "notes": list(result.notes),
        "share": graded.share,
    }
    at = records.stamp(now)
    fits = [
        records.FitRecord(
            at, name, fingerprint, rung.fitted, rung.model, rung.fitted == result.chosen, climbed
        )
        for rung in result.rungs
    ]
    records.write_fits(ledger, fits)
    if graded.share < 1.0:
        return
    evidence = Evidence(finding, now, extent=graded.extent["hash"], code=code_hash())
    records.write_evidence(ledger, name, fingerprint, "fit", [evidence])


def _known_in_service(home: Home, program: Program) -> str | None:
    """Return until when facts were known to the release in service, so that a new fit keeps its window.

    None without a release, or when the program has another source than it: that one has its own window.
    """
    ledger, name = home.ledger(), name_of(program)
    current = records.current_release(ledger, name)
    if current is None or manifest_of(home, current.fitted)["knobs"]["source"] != knobs(program)["source"]:
        return None
    fits = [f for f in records.read_fits(ledger, name) if f.fitted == current.fitted]
    return fits[-1].climb.get("known_until") if fits else None


def _last_known(program: Program, table: pa.Table) -> datetime | None:
    """Return the moment just after the last fact of a table: rows that come later are another window."""
    if program.source.time is None:
        return None
    latest: list[datetime] = []
    for column in ("__time", "__known_at"):
        value = pc.max(table[column]).as_py()
        if value is not None:
            latest.append(value)
    if not latest:
        return None
    # where silence means no, only labels whose time is over count, and the rows' own times say which
    told_later = program.label.known_at is None and program.label.silence == "unknown"
    wait = program.label.arrives_within if told_later else timedelta(0)
    return max(latest) + wait + timedelta(microseconds=1)
