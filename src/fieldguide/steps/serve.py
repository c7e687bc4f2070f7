"""Serve: the releases of programs over HTTP, with the pages at / and the monitor as a process beside the server."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from fieldguide.errors import FieldguideError, GateError, JournalError, UsageError
from fieldguide.journal import Journal
from fieldguide.learning import Fitted, load, row_predictor
from fieldguide.ledger import records
from fieldguide.monitoring import columns_used, fallback
from fieldguide.program import Program, named
from fieldguide.serving import App, Service, run
from fieldguide.steps.home import DEFAULT, Home, at_home, name_of, system_clock
from fieldguide.steps.view import views
from fieldguide.tables.contract import contract
from fieldguide.web.pages import pages

log = logging.getLogger("fieldguide.serving")

RESTART = 5.0
"""Seconds before a monitor that ended is started again."""


def serve(
    programs: Sequence[Program],
    *,
    home: str | Path | Home = DEFAULT,
    host: str = "127.0.0.1",
    port: int = 8000,
    specs: Sequence[str] = (),
    clock: Callable[[], datetime] = system_clock,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Answer for the released programs until SIGTERM or Ctrl-C; a monitor process runs for each of `specs`.

    The code that answers is the one that the release carries; the programs only give their names.

    Raises GateError when none of the programs has a release, UsageError for a host that is not loopback or
    a port that is taken or a home in which another server writes.
    """
    place = at_home(home)
    programs = [named(program) for program in programs]
    names = [name_of(program) for program in programs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(
            f"{twice[0]!r} is the name of more than one of these programs; give each its own: fg.Program(name=…)."
        )
    ledger = place.ledger()
    if not any(records.current_release(ledger, name) for name in names):
        raise GateError(
            f"{', '.join(names)}: nothing is in service in {place.folder}. Launch the neutral release first: fieldguide launch P"
        )
    refresh = refresher(place, names)
    app = App(
        Journal(place.journal, clock),
        refresh(),
        refresh=refresh,
        programs=names,
        pages=pages(lambda: views(place, programs)),
    )
    try:
        with _monitors(specs, place):
            run(app, host, port, on_ready=on_ready)
    except JournalError as error:
        raise UsageError(str(error)) from error


def refresher(home: Home, names: Sequence[str]) -> Callable[[], Mapping[str, Service]]:
    """Return the function that gives the services as the ledger has them now; a Fitted is loaded once."""
    ledger = home.ledger()
    loaded: dict[str, Fitted] = {}
    current: dict[str, Service] = {}
    told: dict[str, str] = {}

    def fresh(name: str) -> Service | None:
        release = records.current_release(ledger, name)
        if release is None:
            return None
        if release.fitted not in loaded:
            loaded[release.fitted] = load(home.fitted / release.fitted)
        fitted = loaded[release.fitted]
        reason = fallback_of(records.read_incidents(ledger, name, only_open=True), fitted.program)
        known = current.get(name)
        if known is None or known.release != str(release.number) or known.fallback != reason:
            return service_of(fitted, release, reason)
        return known

    def refresh() -> Mapping[str, Service]:
        services: dict[str, Service] = {}
        for name in names:
            try:
                service = fresh(name)
            except FieldguideError as error:
                # one release that cannot be loaded must not keep the others from what is new for them
                service = current.get(name)
                if told.get(name) != str(error):
                    log.error("%s stays as it is: %s", name, error)
                told[name] = str(error)
            if service is not None:
                services[name] = service
        current.clear()
        current.update(services)
        return services

    return refresh


def service_of(fitted: Fitted, release: records.Release, fallback: Mapping[str, object] | None) -> Service:
    """Return what answers for a release: its own code, contract and prediction."""
    levels = {
        name: frozenset(column.labels)
        for name, column in fitted.summary.columns.items()
        if column.kind == "category" and column.labels
    }
    return Service(
        program=fitted.program,
        contract=contract(fitted.program),
        predict=row_predictor(fitted),
        constant=fitted.constant,
        scale=str(fitted.manifest["scale"]),
        release=str(release.number),
        fitted_id=fitted.id,
        fallback=fallback,
        seen=levels,
    )


def fallback_of(incidents: Sequence[records.Incident], program: Program) -> dict[str, object] | None:
    """Return why the constant answers for a program's model, from the open incidents; None when the model does."""
    broken = fallback([incident.finding for incident in incidents], columns_used(program))
    if broken is None:
        return None
    opened = next(incident.opened for incident in incidents if incident.finding is broken)
    return {
        "reason": broken.saw,
        "check": broken.check,
        "column": broken.about,
        "since": opened,
        "cause": broken.diagnosis.cause if broken.diagnosis else None,
    }


@contextlib.contextmanager
def _monitors(specs: Sequence[str], home: Home) -> Iterator[None]:
    """Keep a monitor process for each of `specs`; one that ends is started again, and the log says so."""
    done = threading.Event()
    threads = [
        threading.Thread(target=_keep_monitoring, args=(spec, home, done), daemon=True) for spec in specs
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def _keep_monitoring(spec: str, home: Home, done: threading.Event) -> None:
    command = [
        sys.executable,
        "-m",
        "fieldguide",
        "monitor",
        spec,
        "--home",
        str(home.folder),
        "--beside",
        str(os.getpid()),
    ]
    while not done.is_set():
        process = subprocess.Popen(command)
        while process.poll() is None and not done.wait(0.2):
            pass
        if not done.is_set():
            print(
                f"The monitor of {spec} ended with {process.returncode}; starting it again.", file=sys.stderr
            )
            done.wait(RESTART)
    process.terminate()
    process.wait()
