"""Fit: grade if there is no current grade, pass the gate, climb the ladder, keep every rung."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fieldguide.errors import GateError
from fieldguide.finding import Finding, to_json
from fieldguide.learning import Climb, Rung, beats_the_mean, climb, save
from fieldguide.ledger import records
from fieldguide.ledger.rules import failing_up_to_a3
from fieldguide.program import Program, fingerprint, named
from fieldguide.steps.grade import Look, Progress, look
from fieldguide.steps.home import DEFAULT, Home, at_home, data_fingerprint, name_of, system_clock


@dataclass(frozen=True)
class Fit:
    """What a fit gave: the id of the chosen Fitted, every rung, and the level that it was learned at."""

    program: str
    fitted: str
    chosen: str
    rungs: tuple[Rung, ...]
    level: str
    window: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the fit as `fit --json` prints it."""
        return {
            "program": self.program,
            "fitted": self.fitted,
            "chosen": self.chosen,
            "level": self.level,
            "window": self.window,
            "rungs": [rung_json(rung) for rung in self.rungs],
        }


def fit(
    program: Program,
    *,
    home: str | Path | Home = DEFAULT,
    until: str | datetime | None = None,
    now: datetime | None = None,
    on_step: Progress | None = None,
) -> Fit:
    """Climb the ladder of models on the program's data, and keep every rung in the home.

    With `until`, only what was known before that time is used; left out, the window of the release in
    service is kept, if there is one. Raises GateError when a finding up to A3 fails, DataError and
    ProgramError as `grade` does.
    """
    say = on_step or (lambda message: None)
    place, program = at_home(home), named(program)
    now = now or system_clock()
    until = until or _window_in_service(place, program)
    seen = look(program, home=place, until=until, now=now, on_step=on_step)
    _gate(place, program, seen)
    say("loading the rows")
    table = seen.reading.table.to_pyarrow()
    result = climb(program, table, seen.summary, on_step=say)
    say("keeping the fitted models")
    for each in result.fitteds.values():
        save(each, place.fitted)
    _record(place, program, result, now)
    chosen = result.fitteds[result.chosen]
    return Fit(
        program=name_of(program),
        fitted=result.chosen,
        chosen=next(rung.model for rung in result.rungs if rung.fitted == result.chosen),
        rungs=result.rungs,
        level=_level_with(place, program, seen, now),
        window=dict(chosen.manifest["window"]),
    )


def rung_json(rung: Rung) -> dict[str, Any]:
    """Return a rung as JSON: losses with intervals on train, holdout and next period."""
    return {
        "model": rung.model,
        "fitted": rung.fitted,
        "taken": rung.taken,
        "reason": rung.reason,
        "gain": asdict(rung.gain) if rung.gain else None,
        "train": losses_json(rung.train),
        "holdout": losses_json(rung.holdout),
        "next_period": losses_json(rung.next_period),
    }
