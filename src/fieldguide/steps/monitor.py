"""Monitor: judge what was served in windows, name causes, open and close incidents, fall back and return."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fieldguide.errors import FieldguideError, GateError
from fieldguide.finding import Finding, to_json
from fieldguide.journal import last_number, watermark
from fieldguide.ledger import records
from fieldguide.monitoring import (
    columns_used,
    cut,
    fallback,
)
from fieldguide.program import Program, named
from fieldguide.steps.home import DEFAULT, Home, at_home, name_of
from fieldguide.steps.judge import judge, level_now, load_once
from fieldguide.steps.live import outcomes_say, settle, write_evidence

LOOK_BACK = 60.0
"""Seconds between two looks of the watch at answers and outcomes, which read back far."""


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
        judged = judge(place, ledger, name, once=once)
    now = now or watermark(place.journal, name)
    settle(place, ledger, fitted.program, now)
    live = outcomes_say(place, ledger, fitted, release, now) if outcomes else []
    if judged:
        write_evidence(place, ledger, fitted)
    windows = records.read_windows(ledger, name) if outcomes else []
    if windows:
        failing = [to_json(f) for f in live if f.verdict == "fail"]
        records.update_window(ledger, windows[-1], {**windows[-1].live, "outcomes_say": failing})
    alarms = tuple(i.finding for i in records.read_incidents(ledger, name, only_open=True))
    broken = fallback(alarms, columns_used(fitted.program))
    return Monitored(
        program=name,
        release=release.number,
        level=level_now(ledger, fitted.program, [f for f in live if f.verdict == "fail"]),
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


def _waiting(home: Home, name: str) -> bool:
    ledger = home.ledger()
    windows = records.read_windows(ledger, name)
    last = windows[-1].last if windows else 0
    waiting = last_number(home.journal, name) - last
    return bool(cut(waiting, once=False)) and records.current_release(ledger, name) is not None
