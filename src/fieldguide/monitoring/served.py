"""What must be seen in the served log: every feature, and rows that keep the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

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


class Refusal(Protocol):
    """What is read of a refused row: the column, one word why, and the sentence that the caller got."""

    @property
    def column(self) -> str | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def message(self) -> str: ...


def features_served(answers: pa.Table, features: Sequence[Any]) -> Finding:
    """Return whether every raw column was seen, with a value, in rows that were answered (level A1)."""
    given = answers.filter(pc.invert(pc.fill_null(answers.column("__refused"), False)))
    if not given.num_rows:
        return found("served_features", "unknown", "nothing was served yet")
    never = [f.name for f in features if given.column(f.name).null_count == given.num_rows]
    if never:
        listed = ", ".join(never)
        return found(
            "served_features", "fail", f"never seen with a value in {given.num_rows:,} answers: {listed}"
        )
    return found("served_features", "pass", f"all {len(features)} columns seen in {given.num_rows:,} answers")


def monitors_armed(windows: int, last: str | None = None) -> Finding:
    """Return whether what is served is graded: at least one window was judged (level A1)."""
    if not windows:
        return found("monitors_armed", "unknown", "no window was judged yet")
    when = f", the last at {last}" if last else ""
    return found("monitors_armed", "pass", f"{windows:,} windows judged{when}")


def refused(
    refusals: Iterable[tuple[int, Refusal]], rows: int, times: dict[int, str] | None = None
) -> list[Finding]:
    """Return what a window's refused rows say, by column and reason.

    `refusals` are pairs of the entry's number and the refusal, of a window of `rows` entries; `times` gives
    the time of an entry (ISO 8601). A column sent as another type, or without its required value, has that
    cause. One out of its declared range has no cause here: `comparing.compare`, which reads the refused
    values too, says whether its unit changed.
    """
    seen: dict[tuple[str | None, str], list[tuple[int, Refusal]]] = {}
    for n, refusal in refusals:
        seen.setdefault((refusal.column, refusal.reason), []).append((n, refusal))
    findings = []
    for (column, reason), those in sorted(seen.items(), key=lambda item: -len(item[1])):
        share = len(those) / max(rows, 1)
        if len(those) < FEWEST_ROWS or share < MUCH:
            continue
        first, example = min(those, key=lambda pair: pair[0])
        cause = CAUSES.get(reason)
        findings.append(
            said(
                "served_contract",
                "fail",
                f"{percent(share)} of the rows were refused for {_words(column, reason)} since row {first:,}: {example.message}",
                "rows that keep the contract",
                about=column,
                rows=tuple(str(n) for n, _ in those),
                evidence={"refused": len(those), "rows": rows, "reason": reason},
                diagnosis=Diagnosis(
                    cause, first_row=first, since=(times or {}).get(first), share=round(share, 4)
                ),
            )
        )
    return findings


def reasons(refusals: Iterable[tuple[int, Refusal]]) -> dict[str, int]:
    """Return how many rows were refused, by reason."""
    return dict(Counter(refusal.reason for _, refusal in refusals).most_common())


def _words(column: str | None, reason: str) -> str:
    return f"{column} ({reason})" if column else reason
