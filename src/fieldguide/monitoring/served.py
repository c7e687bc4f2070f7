"""What must be seen in the served log: every feature, and rows that keep the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.comparing.words import percent
from fieldguide.finding import Diagnosis, Finding
from fieldguide.monitoring.checks import said
from fieldguide.readiness.levels import found

FEWEST_ROWS = 5
MUCH = 0.01
"""From this share of the window's rows on, refusals of one kind are worth a finding."""

CAUSES = {"type": "type_changed", "null": "null_flood", "absent": "null_flood"}
"""Why a row was refused -> the cause that it is evidence for."""


def served_features(answers: pa.Table, features: Sequence[Any]) -> list[Finding]:
    """Return (in one finding) whether every raw column was seen, with a value, in rows that were answered (level A1)."""
    given = answers.filter(pc.invert(pc.fill_null(answers.column("__refused"), False)))
    if not given.num_rows:
        return [found("served_features", "unknown", "nothing was served yet")]
    never = [f.name for f in features if given.column(f.name).null_count == given.num_rows]
    if never:
        saw = f"never seen with a value in {given.num_rows:,} answers: {', '.join(never)}"
        return [found("served_features", "fail", saw)]
    return [
        found("served_features", "pass", f"all {len(features)} columns seen in {given.num_rows:,} answers")
    ]


def monitors_armed(windows: int, last: str | None = None) -> Finding:
    """Return whether what is served is graded: at least one window was judged (level A1)."""
    if not windows:
        return found("monitors_armed", "unknown", "no window was judged yet")
    when = f", the last at {last}" if last else ""
    return found("monitors_armed", "pass", f"{windows:,} windows judged{when}")


def refused_values(
    rows: int,
    told: Sequence[tuple[str | None, str, str]],
    numbers: Sequence[int] = (),
    times: Mapping[int, str] | None = None,
) -> list[Finding]:
    """Return what a window's refused rows say, by column and reason.

    The window has `rows` entries; `told` gives column, reason (one word) and message of each refused one,
    `numbers` their numbers in the journal, `times` the time of an entry by its number (ISO 8601). A column
    sent as another type, or without its required value, has that cause. One out of its declared range has
    no cause here: `comparing.compare`, which reads the refused values too, says whether its unit changed.
    """
    seen: dict[tuple[str | None, str], list[int]] = {}
    for i, (column, reason, _) in enumerate(told):
        seen.setdefault((column or None, reason), []).append(i)
    findings = []
    for (column, reason), those in sorted(seen.items(), key=lambda item: -len(item[1])):
        share = len(those) / max(rows, 1)
        if len(those) < FEWEST_ROWS or share < MUCH:
            continue
        first = numbers[those[0]] if numbers else None
        since = (times or {}).get(first) if first is not None else None
        where = f" since row {first:,}" if first is not None else ""
        saw = f"{percent(share)} of the rows were refused: {column or 'row'} ({reason}){where}: {told[those[0]][2]}"
        findings.append(
            said(
                "served_contract",
                "fail",
                saw,
                "rows that keep the contract",
                about=column,
                rows=tuple(str(numbers[i]) for i in those[:10]) if numbers else (),
                evidence={"refused": len(those), "rows": rows, "reason": reason},
                diagnosis=Diagnosis(CAUSES.get(reason), first_row=first, since=since, share=round(share, 4)),
            )
        )
    return findings
