"""The label: there is one, it varies, it is known after the prediction, and later rows can be judged on."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from fieldguide.finding import Finding, Verdict
from fieldguide.program import Label, Source
from fieldguide.readiness.appropriateness.strength import FEWEST_LABELED, FEWEST_OF_A_CLASS
from fieldguide.readiness.appropriateness.words import span
from fieldguide.readiness.checks import CHECKS, found
from fieldguide.tables.query import Found, Labels, Periods

MOST_TOO_EARLY = 0.001
MOST_UNTIMED = 0.1


def label_varies(label: Label, known: Labels) -> list[Finding]:
    """A4: there are labels, and more than one value of them."""
    share = known.labeled / max(known.rows, 1)
    saw = f"{known.labeled:,} of {known.rows:,} rows have a label ({share:.1%})"
    evidence = {"labeled": known.labeled, "rows": known.rows, "mean": _round(known.mean)}

    def says(verdict: Verdict, told: str) -> list[Finding]:
        return [found("label_varies", verdict, told, label.name, evidence=evidence)]

    if not known.labeled:
        return says("fail", f"no row has a label: {label.name!r} is null throughout")
    if known.low == known.high:
        only = {0.0: "no", 1.0: "yes"}.get(known.low) if label.kind == "binary" else None
        return says("fail", f"{saw}, and all of them are the same: {only or f'{known.low:g}'}")
    if label.kind == "binary":
        rarer = round(min(known.mean, 1 - known.mean) * known.labeled)
        saw += f", {known.mean:.1%} of them yes"
        if rarer < FEWEST_OF_A_CLASS:
            return says(
                "unknown", f"{saw}: only {rarer} of the rarer answer, too few to learn or to judge by"
            )
    else:
        saw += f", from {known.low:,.6g} to {known.high:,.6g}, {known.mean:,.6g} on average"
    if known.labeled < FEWEST_LABELED:
        return says("unknown", f"{saw}: fewer than {FEWEST_LABELED} are too few to learn or to judge by")
    return says("pass", saw)


def label_after_prediction(label: Label, source: Source, early: Found | None, labeled: int) -> list[Finding]:
    """A4: outcomes become known after the prediction; `early` are labeled rows where they do not.

    None where no column says when the outcome was known: then the declaration is taken at its word.
    """
    check = "label_after_prediction"
    if early is None:
        saw = f"declared to be known within {span(label.arrives_within)}; no column says when it was"
        return [found(check, "pass", saw, label.name)]
    if not early.rows:
        return [
            found(
                check,
                "pass",
                f"{label.known_at!r} lies after {source.time!r} on all labeled rows",
                label.name,
            )
        ]
    share = early.rows / max(labeled, 1)
    most = span(timedelta(seconds=-min(early.values)))
    saw = f"on {early.rows:,} rows ({share:.2%}) the label was known when the prediction is made, up to {most} before"
    verdict: Verdict = "fail" if share > MOST_TOO_EARLY else "pass"
    return [found(check, verdict, saw, label.name, rows=early.examples, todo=CHECKS[check].next)]


def next_period(source: Source, periods: Periods | None) -> list[Finding]:
    """A4: rows can be split by time. A source without a time passes with a note: it must not block for ever."""
    if source.time is None or periods is None:
        todo = CHECKS["next_period"].next
        return [found("next_period", "pass", "no time column: next period unknown", todo=todo)]
    rows = int(periods.rows.sum())
    untimed = periods.untimed / max(rows + periods.untimed, 1)
    if untimed > MOST_UNTIMED:
        saw = f"{periods.untimed:,} rows ({untimed:.1%}) have no time and belong to no period"
        return [found("next_period", "fail", saw, source.time)]
    if (periods.rows > 0).sum() < 2:
        saw = "all rows have the same time: nothing came later"
        return [found("next_period", "unknown", saw, source.time)]
    saw = f"{rows:,} rows with a time, {periods.untimed:,} without"
    return [found("next_period", "pass", saw, source.time)]


def _round(x: float) -> float | None:
    return None if np.isnan(x) else round(float(x), 6)
