"""Does the label arrive in the time that is declared for it? Rows too young for theirs are told apart."""

from __future__ import annotations

import math
from datetime import timedelta

from fieldguide.finding import Finding
from fieldguide.program import Label, Source
from fieldguide.readiness.appropriateness.words import span
from fieldguide.readiness.checks import found
from fieldguide.tables.query.delays import Aged, Delays

FEWEST = 100
"""Mature labels from which on their delays say something."""
MOST_LATE = 0.05
"""Share of the mature labels that may arrive later than declared."""
NOTABLE = 0.01
IMMATURE = 0.9
"""Young rows have fewer labels when their share is below this part of that of mature ones."""
SKEWED = 0.5
"""Difference of log-odds of yes between young and mature labels that matters."""
LONGER = 10.0
"""Declared so many times longer than 99 % of the labels take: said, because nothing is learned meanwhile."""


def label_matures(label: Label, source: Source, delays: Delays | None) -> list[Finding]:
    """A4: labels arrive within `arrives_within`; rows too young for theirs are left out, and not counted as no.

    The distribution of delays is learned from rows that are old enough, so that it is not cut short (FACTS 5.8).
    """
    check, declared = "label_matures", label.arrives_within
    if delays is None:
        saw = "no time column: how long labels take cannot be seen"
        return [found(check, "pass", saw, label.name)]
    mature, young = delays.mature, delays.young
    told = label.known_at is not None
    seen = int((delays.no + delays.yes).sum())
    if told and seen < FEWEST:
        saw = f"only {seen:,} labels are on rows older than the {span(declared)} that a label may take"
        todo = "wait, take a longer time span, or shorten arrives_within= if labels arrive sooner"
        return [found(check, "unknown", saw, label.name, todo=todo)]
    evidence: dict[str, float] = {
        "mature_rows": mature.rows,
        "mature_labeled": mature.labeled,
        "young_rows": young.rows,
        "young_labeled": young.labeled,
    }
    saw = _ages(mature, young, declared, label.silence)
    if not told:
        saw += "; no column says when labels were known (known_at=)"
        return [found(check, "pass", saw, label.name, evidence=evidence)]
    q95, q99 = delays.quantile(0.95), delays.quantile(0.99)
    evidence |= {"seconds_95": round(q95, 1), "seconds_99": round(q99, 1), "late": delays.late}
    saw = f"95 % of the labels arrive within {_span(q95)}, 99 % within {_span(q99)}, {span(declared)} are declared; {saw}"
    late = delays.late / seen
    if late > MOST_LATE:
        saw = f"{late:.1%} of the labels arrive later than the {span(declared)} declared; {saw}"
        todo = f"declare arrives_within= of at least {_span(q99)}: what arrives later is taken for missing, or for a no"
        return [found(check, "fail", saw, label.name, todo=todo, evidence=evidence)]
    skewed = _skewed(delays, label)
    if skewed:
        todo = (
            f"learn and grade with --until {span(declared)} before the last row: the young rows hold only the answers "
            "that come early"
        )
        return [found(check, "fail", f"{skewed}; {saw}", label.name, todo=todo, evidence=evidence)]
    todo = ""
    if late > NOTABLE:
        todo = f"consider a longer arrives_within=: {late:.1%} of the labels arrive after it"
    elif q99 * LONGER < declared.total_seconds():
        todo = f"consider a shorter arrives_within=: 99 % of the labels are there within {_span(q99)}"
    return [found(check, "pass", saw, label.name, todo=todo or None, evidence=evidence)]


def _ages(mature: Aged, young: Aged, declared: timedelta, silence: str) -> str:
    saw = f"{mature.labeled:,} of {mature.rows:,} rows that are old enough have a label"
    if mature.rows:
        saw += f" ({mature.labeled / mature.rows:.1%})"
    if not young.rows:
        return saw
    lacking = young.rows - young.labeled
    saw += f"; {young.rows:,} are younger than {span(declared)}"
    if lacking:
        saw += f", {lacking:,} of them without a label yet: left out, not counted as no"
    elif silence == "unknown":
        saw += ", all with a label"
    return saw


def _skewed(delays: Delays, label: Label) -> str:
    """Say that the labels of young rows are not those that they will have: early answers differ from late ones."""
    mature, young = delays.mature, delays.young
    if label.kind != "binary" or min(young.labeled, mature.labeled) < FEWEST:
        return ""
    usual, lately = mature.labeled / mature.rows, young.labeled / young.rows
    if lately >= IMMATURE * usual or young.labeled < NOTABLE * mature.labeled:
        return ""
    p, q = (min(max(a.yes / a.labeled, 1e-6), 1 - 1e-6) for a in (mature, young))
    away = math.log(q / (1 - q)) - math.log(p / (1 - p))
    error = math.sqrt(p * (1 - p) * (1 / mature.labeled + 1 / young.labeled))
    quicker = delays.quantile(0.5, delays.no) - delays.quantile(0.5, delays.yes)
    if abs(away) < SKEWED or abs(q - p) < 4 * error or not quicker * away > 0:
        return ""
    word = "yes" if away > 0 else "no"
    return (
        f"a {word} is known sooner than its opposite, so {q:.1%} of the {young.labeled:,} labels of young rows are yes, "
        f"against {p:.1%} of the mature ones"
    )


def _span(seconds: float) -> str:
    return span(timedelta(seconds=max(seconds, 0.0)))
