"""Faults: which entries of the journal hold values that are known to be wrong."""

from __future__ import annotations

from fieldguide.ledger import records
from fieldguide.monitoring.act import FAULTS
from fieldguide.program import Program
from fieldguide.steps.home import Home, name_of


def faults(home: Home, program: Program) -> list[tuple[int, int | None]]:
    """Return from which to which entry of the journal a column was known to be broken."""
    ledger, name = home.ledger(), name_of(program)
    windows = records.read_windows(ledger, name)
    found: list[tuple[int, int | None]] = []
    for incident in records.read_incidents(ledger, name):
        diagnosis = incident.finding.diagnosis
        if diagnosis is None or diagnosis.cause not in FAULTS or diagnosis.first_row is None:
            continue
        end = None
        if incident.closed is not None:
            # the window that closed it was judged just after, and so many clean ones came before it
            judged = sum(window.at <= incident.closed for window in windows)
            end = windows[judged - incident.clean_windows].last
        found.append((diagnosis.first_row, end))
    return found
