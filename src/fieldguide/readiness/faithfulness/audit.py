"""B2: values against those of a sample that was measured anew (Bland and Altman 1986), column by column."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import number, unit_of
from fieldguide.tables.query.measured import Compared

FEWEST_PAIRS = 10
LIMITS = 1.96
BIASED = 4.0
"""Standard errors by which a bias must differ from nothing to be spoken of."""
LARGE_BIAS = 0.1
"""Bias in standard deviations of the column, at least, that is worth a look."""
WIDE = 0.5
"""Deviation of the differences, in standard deviations of the column, from which on the two hardly agree."""
EQUAL_NAMES = 0.9


def no_audit() -> list[Finding]:
    """B2: say that there is no audit."""
    return [found("audit", "pass", "no audit is declared")]


def not_read(why: str) -> list[Finding]:
    """B2: the declared audit could not be read."""
    return [
        found(
            "audit",
            "unknown",
            f"the audit could not be read: {why}",
            todo="correct Source(audit=…), or take it out",
        )
    ]


def audit(
    features: Mapping[str, Feature], matched: int, alone: int, columns: Mapping[str, Compared]
) -> list[Finding]:
    """B2: say of each column how it agrees with the audit: share equal, bias, limits of agreement.

    `matched` rows of the audit have a partner here, `alone` have none. Unknown when hardly any has.
    """
    if matched < FEWEST_PAIRS:
        saw = f"{matched:,} of {matched + alone:,} rows of the audit have the key of a row here"
        todo = "compare the spelling and the type of the key on both sides: Source(key=…)"
        return [found("audit", "unknown", saw, todo=todo)]
    findings = [
        told for name, one in columns.items() if (told := _of_column(features[name], one)) is not None
    ]
    lost = f"; {alone:,} others have no row here" if alone else ""
    saw = f"{matched:,} rows were measured anew{lost}; {len(findings)} columns compared"
    todo = (
        "look why rows that were measured anew are not among these" if alone > 0.1 * (matched + alone) else ""
    )
    return [found("audit", "pass", saw, todo=todo, evidence={"matched": matched, "alone": alone}), *findings]


def _of_column(feature: Feature, one: Compared) -> Finding | None:
    if one.pairs < FEWEST_PAIRS:
        return None
    share = one.equal / one.pairs
    saw = f"{share:.1%} of {one.pairs:,} values are equal"
    evidence: dict[str, float] = {"equal": round(share, 4), "pairs": one.pairs}
    todo = ""
    if feature.kind == "number" and math.isfinite(one.deviation):
        unit = unit_of(feature)
        low, high = one.bias - LIMITS * one.deviation, one.bias + LIMITS * one.deviation
        saw += (
            f"; these are {number(_short(abs(one.bias)))}{unit} {'above' if one.bias >= 0 else 'below'} those measured anew on average, "
            f"19 of 20 lie between {number(_short(low))} and {number(_short(high))} off"
        )
        evidence |= {"bias": one.bias, "low": low, "high": high}
        error = one.deviation / math.sqrt(one.pairs)
        spread = one.spread if one.spread > 0 else abs(one.bias)
        if abs(one.bias) > BIASED * error and abs(one.bias) >= LARGE_BIAS * spread:
            todo = "these values are off by a constant: find out which side is right, and correct the other"
        elif one.deviation >= WIDE * spread > 0:
            todo = "the two hardly agree: find out what was measured how, on either side"
    elif share < EQUAL_NAMES:
        todo = "look at the rows that differ: which side is right?"
    if one.one_sided:
        saw += f"; {one.one_sided:,} rows have a value on one side only"
    keys = one.examples if todo else ()
    expected = "the values that were measured anew"
    return found(
        "audit", "pass", saw, feature.name, rows=keys, expected=expected, todo=todo, evidence=evidence
    )


def _short(x: float) -> float:
    return float(f"{x:.3g}")
