"""B2: how far a second measurement of the same thing lies from the first.

Without things that were measured twice this is unknown, and stays unknown: a person may accept that, the machine
does not score it as good (FACTS 8). With them: the deviation within things s_w, the repeatability 2.77 s_w (two measurements
of one thing differ by less, 19 times in 20), and ICC(1), by which a slope on the column is flattened (FACTS F17).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scipy.special import fdtri

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import number, unit_of
from fieldguide.tables.query.measured import Again, Named

FEWEST_THINGS = 10
"""Things, at least, that were measured twice: of fewer nothing is said."""
RELIABLE = 0.75
AGREEING = 0.9
REPEATABILITY = 1.96 * math.sqrt(2.0)


@dataclass(frozen=True)
class Reliability:
    """The measurement error of a number: `within` is s_w in its unit, `icc` ICC(1) with its 95 % interval."""

    within: float
    icc: float
    low: float
    high: float

    @property
    def repeatability(self) -> float:
        """What two measurements of one thing differ by at most, 19 times in 20."""
        return REPEATABILITY * self.within


def reliability(again: Again) -> Reliability | None:
    """Return the measurement error from repeats; None with fewer than ten things, or when nothing varies.

    ICC(1) = (MSB − MSW) / (MSB + (k − 1) MSW), k the values a thing (Donner's k₀ where they differ); its interval
    is that of the F distribution. Below zero it is zero: chance.

    >>> round(reliability(Again(things=100, values=200, sizes=400, between=198.0, within=10.0)).icc, 2)
    0.9
    """
    g, n = again.things, again.values
    if g < FEWEST_THINGS or n <= g:
        return None
    msb, msw = again.between / (g - 1), again.within / (n - g)
    k = (n - again.sizes / n) / (g - 1)
    if msb + (k - 1) * msw <= 0:
        return None
    icc = (msb - msw) / (msb + (k - 1) * msw)
    low = high = icc
    if msw > 0:
        f = msb / msw
        below, above = f / float(fdtri(g - 1, n - g, 0.975)), f * float(fdtri(n - g, g - 1, 0.975))
        low, high = ((x - 1) / (x + k - 1) for x in (below, above))
    icc, low, high = (min(max(x, 0.0), 1.0) for x in (icc, low, high))
    return Reliability(math.sqrt(max(msw, 0.0)), icc, low, high)


def repeatability(
    features: Mapping[str, Feature],
    again: Mapping[str, Again | Named] | None,
    accepted: str | None,
    audited: bool,
) -> list[Finding]:
    """B2: say of each column how far repeated measurements differ.

    `again` are the repeats by column, None when none are declared; `accepted` says who accepted what is not known;
    `audited` that an audit says it instead.
    """
    if again is None:
        if audited:
            return [
                found(
                    "repeatability",
                    "pass",
                    "nothing was measured twice here; what an audit says is told there",
                )
            ]
        return [_unknown("unknown: nothing was measured twice (no repeats= or audit= is declared)", accepted)]
    findings = []
    for name, one in again.items():
        told = _of_number(features[name], one) if isinstance(one, Again) else _of_name(features[name], one)
        findings += [told] if told is not None else []
    if not findings:
        return [_unknown(f"unknown: fewer than {FEWEST_THINGS} things were measured twice", accepted)]
    return findings


def _unknown(saw: str, accepted: str | None) -> Finding:
    if accepted is not None:
        return found(
            "repeatability", "pass", f"{saw}; accepted as a limit: {accepted}", evidence={"known": False}
        )
    todo = (
        "name in Source(repeats=…) the column(s) whose equal values mean the same thing measured again, or give "
        "Source(audit=…); where neither exists, accept it: write Source(sampling=…), or fieldguide confirm P "
        "measurement_limits --by NAME --because ANSWER"
    )
    return found("repeatability", "unknown", saw, todo=todo, evidence={"known": False})


def _of_number(feature: Feature, again: Again) -> Finding | None:
    seen = reliability(again)
    if seen is None:
        return None
    unit = unit_of(feature)
    saw = (
        f"{again.values:,} measurements of {again.things:,} things: they differ within a thing by s_w = {number(_short(seen.within))}"
        f"{unit}, two of one thing by less than {number(_short(seen.repeatability))}{unit} (19 times in 20); ICC {seen.icc:.2f} "
        f"({seen.low:.2f} to {seen.high:.2f}): a slope on this column is flattened to {seen.icc:.0%}"
    )
    poor = seen.icc < RELIABLE
    todo = (
        "measure it more than once and take the mean, or expect weak effects of this column" if poor else ""
    )
    evidence = {
        "icc": round(seen.icc, 4),
        "within": seen.within,
        "repeatability": seen.repeatability,
        "known": True,
    }
    return found(
        "repeatability",
        "pass",
        saw,
        feature.name,
        expected=f"ICC of {RELIABLE} and more",
        todo=todo,
        evidence=evidence,
    )


def _of_name(feature: Feature, again: Named) -> Finding | None:
    if again.things < FEWEST_THINGS or not again.pairs:
        return None
    share = again.equal / again.pairs
    saw = f"{again.things:,} things were named more than once: two names of one thing agree in {share:.1%}"
    todo = "look at things with several names: which of them is right?" if share < AGREEING else ""
    evidence = {"agree": round(share, 4), "known": True}
    return found("repeatability", "pass", saw, feature.name, todo=todo, evidence=evidence)


def _short(x: float) -> float:
    return float(f"{x:.3g}")
