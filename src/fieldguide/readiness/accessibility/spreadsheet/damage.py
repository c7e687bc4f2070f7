"""What is said of a spreadsheet's traces: each with the rows to look at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from fieldguide.finding import Finding, Verdict
from fieldguide.readiness.accessibility.privacy.cells import masked
from fieldguide.readiness.accessibility.spreadsheet.traces import Trace
from fieldguide.readiness.checks import found


def spreadsheet_damage(
    traces: Sequence[Trace],
    rows: Mapping[str, Sequence[int]],
    used: Collection[str] | None,
    personal: Collection[str] = (),
    name: str | None = None,
) -> list[Finding]:
    """C1: cells that a spreadsheet has changed.

    `rows` are numbers of rows with such cells, by column; `used` are the columns that the program reads (None: all). What
    is certain fails in a column that is used, and is a note elsewhere. Values of `personal` columns are not shown.
    """
    findings = []
    for trace in traces:
        saw = trace.saw if trace.column not in personal else _hidden(trace)
        if name is not None:
            saw = f"{name}: {saw}"
        reads = used is None or trace.column is None or trace.column in used
        verdict: Verdict = "fail" if trace.certain and reads else "pass"
        if trace.certain and not reads:
            saw += "; the program does not read this column"
        todo = trace.todo or (
            "" if verdict == "fail" else "look at them; export the column anew, as text, if so"
        )
        places = [f"row {n}" for n in rows.get(trace.column or "", ())]
        findings.append(
            found(
                "spreadsheet_damage",
                verdict,
                saw,
                trace.column,
                rows=places,
                expected="cells as they were written",
                todo=todo or None,
            )
        )
    return findings or [found("spreadsheet_damage", "pass", "no trace of a spreadsheet in the cells", name)]


def _hidden(trace: Trace) -> str:
    saw = trace.saw
    for value in sorted(trace.values, key=len, reverse=True):
        saw = saw.replace(value, masked(value))
    return saw
