"""What the checks of cells and of rows say: pure functions of suspects, pairs of rows and declared names."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fieldguide.finding import Finding, Verdict
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.cells.copies import Pair, Repeated
from fieldguide.readiness.faithfulness.cells.suspects import Suspect

CELL_CHECKS = ("consistent_columns", "spelled_alike", "cell_formats", "swapped_fields", "cell_numbers")
TOLD = ("swapped_fields", "cell_numbers")
"""Checks that list cells of which others judge whether they hold a level back (`wild_values`, `default_values`)."""
MANY = 5.0
"""Cells of a column that hold something likely wrong (the sum of their chances), from which its check fails …"""
MANY_SHARE = 0.005
"""… if they are at least this share of its rows."""
COMMON = 0.1
"""A form or spelling that more of the rows have is no slip but a second convention: told, not failed."""
SHOWN = 10


def cell_findings(
    suspects: Sequence[Suspect],
    names: Sequence[str],
    declared: Collection[str],
    places: Sequence[str],
    rows: int,
    looked_at: str,
) -> list[Finding]:
    """B3: what is wrong with single cells, a finding for each check and column with suspects.

    `names` are those of the columns of the source, `declared` those that the program uses, `places` says for each
    suspect where it is, `rows` how many there are of them, `looked_at` what was looked at. A check fails where
    many cells of a declared column are likely wrong; few, or cells of other columns, are told and pass.
    """
    findings = []
    for check in CELL_CHECKS:
        by_column: dict[int, list[int]] = {}
        for i, suspect in enumerate(suspects):
            if suspect.check == check:
                by_column.setdefault(suspect.column, []).append(i)
        findings += [
            _of_column(
                check,
                names[number],
                [suspects[i] for i in at],
                [places[i] for i in at],
                rows,
                names[number] in declared,
                looked_at,
            )
            for number, at in by_column.items()
        ]
        if not by_column:
            findings.append(found(check, "pass", f"nothing suspect in {looked_at}"))
    return findings


def _of_column(
    check: str,
    name: str,
    suspects: Sequence[Suspect],
    places: Sequence[str],
    rows: int,
    declared: bool,
    looked_at: str,
) -> Finding:
    likely = sum(s.chance for s in suspects if s.text is not None)
    slips = check in ("consistent_columns", *TOLD) or len(suspects) <= COMMON * rows
    fails = declared and slips and check not in TOLD and likely >= MANY and likely >= MANY_SHARE * rows
    first = suspects[0]
    cells = "1 cell is" if len(suspects) == 1 else f"{len(suspects):,} cells are"
    better = "" if first.instead is None else f" → {_told(first.instead)}"
    saw = f"{cells} likely wrong, such as row {places[0]}: {_told(first.text)}{better} ({first.why})"
    saw += f"; looked at: {looked_at}"
    unused = "" if declared else "; the program does not use the column"
    shown = [
        {"row": place, "value": s.text, "instead": s.instead, "probability": round(s.chance, 2)}
        for s, place in zip(suspects[:SHOWN], places, strict=False)
    ]
    verdict: Verdict = "fail" if fails else "pass"
    todo = (
        None
        if fails
        else "look at the cells; "
        + (
            "few are no reason to wait"
            if slips
            else "so many may be a second convention, such as that of a country"
        )
    )
    return found(
        check, verdict, saw + unused, name, rows=places[:SHOWN], todo=todo, evidence={"cells": len(suspects), "likely": round(likely, 1), "shown": shown}
    )  # fmt: skip


def duplicate_rows(copies: Repeated, places: Sequence[str], rows: int, looked_at: str) -> Finding:
    """B3: rows equal in every column but the key. Told, never failed: equal rows may be different things."""
    count = len(copies.rows)
    if not count:
        return found("duplicate_rows", "pass", f"no row comes twice in {looked_at}")
    share = count / max(1, rows)
    repeat = "row repeats" if count == 1 else "rows repeat"
    saw = f"{count:,} {repeat} an earlier one in every column but the key ({share:.1%} of {looked_at})"
    if not copies.telling:
        return found(
            "duplicate_rows",
            "pass",
            f"{saw}; no column differs on most rows, so that they may be different things",
        )
    todo = "look at the pairs: if they are copies, keep one of each"
    return found("duplicate_rows", "pass", saw, rows=places[:SHOWN], todo=todo)


def similar_rows(pairs: Sequence[Pair], places: Sequence[str], naming: bool, looked_at: str) -> Finding:
    """B3: pairs of rows that are nearly the same thing. Told, never failed: only people can tell."""
    if not naming:
        return found("similar_rows", "pass", "no column of texts names the rows")
    if not pairs:
        return found("similar_rows", "pass", f"no two rows are nearly the same in {looked_at}")
    count = len(pairs)
    saw = f"{count:,} pair{'s' * (count != 1)} of rows are nearly the same in {looked_at}"
    todo = "look at the pairs: where both are the same thing, keep one"
    return found("similar_rows", "pass", saw, rows=places[:SHOWN], todo=todo)


def _told(text: str | None) -> str:
    return "nothing" if text is None else repr(text if len(text) <= 60 else text[:57] + "…")
