"""The proof of a neutral launch: the identities that hold at any base rate, on what was served."""

from __future__ import annotations

import pyarrow.compute as pc

from fieldguide.errors import DataError, ProgramError
from fieldguide.finding import Finding
from fieldguide.journal import joined, watermark
from fieldguide.learning import load, objective_of
from fieldguide.ledger.records import Release
from fieldguide.monitoring import identities
from fieldguide.program import Program
from fieldguide.steps.home import Home, name_of
from fieldguide.tables.read import read


def neutral_proof(home: Home, program: Program, release: Release) -> list[Finding]:
    """Return the findings of the identities (DESIGN 7) on the answers of a neutral release; empty before any.

    The outcomes are compared with the source's own labels where the source can be read and holds the keys.
    """
    name = name_of(program)
    fitted = load(home.fitted / release.fitted)
    now = watermark(home.journal, name)
    served = joined(home.journal, name, (), fitted.program.label, now)
    served = served.filter(pc.equal(served["__release"], str(release.number)))
    if not served.num_rows:
        return []
    return identities(
        served,
        constant=fitted.constant,
        objective=objective_of(fitted.program),
        facts=fitted.manifest["label"],
        now=now,
        source_labels=_source_labels(program),
    )


def _source_labels(program: Program) -> dict[str, float]:
    if not program.source.keys:
        return {}
    try:
        table = read(program).table
    except (DataError, ProgramError):
        return {}  # the source is gone or another since the fit; its labels cannot be compared, the other identities can
    rows = table.filter(table["__label"].notnull() & table["__key"].notnull())
    found = rows.select("__key", "__label").to_pyarrow()
    return dict(zip(found["__key"].to_pylist(), found["__label"].to_pylist(), strict=True))
