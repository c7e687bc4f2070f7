"""Columns that make up the label together: sums, products, and answers that no honest columns give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Label
from fieldguide.readiness.appropriateness.measure import Estimate
from fieldguide.readiness.appropriateness.words import listed
from fieldguide.readiness.checks import found
from fieldguide.tables.tally import Flags, Floats

MOST_TERMS = 6
"""Columns of a sum or product at most."""
EXACT = 0.9999
"""Share of the label's variance that a sum of columns explains, on rows that it was not fitted on: from here on it is the label."""
ALONE = 0.999
"""From here on one column alone is the label; that is said elsewhere."""
PERFECT = 0.995
"""AUC (lower bound) of all columns together, on rows that the model did not see, from which on one must ask."""
FEWEST = 100


@dataclass(frozen=True)
class Identity:
    """A label made of columns: a sum of multiples, or (`of_logs`) a product of powers."""

    columns: tuple[str, ...]
    factors: tuple[float, ...]
    constant: float
    explained: float
    of_logs: bool = False

    @property
    def text(self) -> str:
        """The identity as people write it."""
        if self.of_logs:
            parts = [
                n if abs(f - 1) < 1e-3 else f"{n}^{f:.3g}"
                for n, f in zip(self.columns, self.factors, strict=True)
            ]
            return " · ".join(parts)
        parts = [_term(f, n) for n, f in zip(self.columns, self.factors, strict=True)]
        told = " ".join(parts).removeprefix("+ ")
        return (
            told
            if abs(self.constant) < 1e-6
            else f"{told} {'+' if self.constant > 0 else '-'} {abs(self.constant):.4g}"
        )


def identity(y: Floats, numbers: Mapping[str, Floats]) -> Identity | None:
    """Return the shortest sum (or product) of at most six numbers that is the label, None when there is none.

    Columns are taken up one after the other, the one that explains most of what is left first (orthogonal
    matching pursuit), on one half of the rows; the other half must confirm it. Rows with a missing value in a
    column are left out for it.
    """
    found = _sum(y, numbers)
    if found is not None or y.min() <= 0:
        return found
    positive = {n: x for n, x in numbers.items() if np.nanmin(x, initial=np.inf) > 0 and np.isfinite(x).any()}
    if len(positive) < 2:
        return None
    logs = _sum(np.log(y), {n: np.log(x) for n, x in positive.items()})
    if logs is None:
        return None
    return Identity(logs.columns, logs.factors, logs.constant, logs.explained, True)


def separated(y: Floats, numbers: Mapping[str, Floats]) -> Floats | None:
    """Return a score of each row by a straight line through the numbers that was fitted on the other half of the rows.

    What a sum beyond a threshold decides, bins of single columns answer only nearly. None without numbers.
    """
    if len(y) < FEWEST or not numbers:
        return None
    x = np.column_stack(list(numbers.values()))
    middle = np.nanmedian(np.where(np.isfinite(x), x, np.nan), axis=0)
    x = np.where(np.isfinite(x), x, middle)
    spread = x.std(axis=0)
    varies = spread > 1e-9 * np.maximum(np.abs(x).max(axis=0), 1e-300)
    if not varies.any():
        return None
    x = np.clip((x[:, varies] - x[:, varies].mean(axis=0)) / spread[varies], -5, 5)
    design = np.column_stack([np.ones(len(y)), x])
    half, score = np.arange(len(y)) % 2 == 0, np.zeros(len(y))
    for part in (half, ~half):
        beta = np.linalg.lstsq(design[~part], y[~part], rcond=None)[0]
        score[part] = design[part] @ beta
    return score


def columns_make_label(
    label: Label, made: Identity | None, together: Estimate | None, alone: Sequence[str], looked_at: int
) -> list[Finding]:
    """A3: no few columns together are the label, and all together do not answer too well to be true.

    `together` is the AUC of all columns on rows that the model did not see (binary labels); `alone` are the
    columns that already know the label alone.
    """
    check = "columns_make_label"
    if made is not None:
        saw = f"{label.name!r} is {made.text}: {made.explained:.3%} of its variance on rows that this was not fitted on"
        todo = f"{listed(made.columns)} are parts of the outcome: take them out of features= and inputs="
        return [found(check, "fail", saw, label.name, todo=todo, evidence={"explained": made.explained})]
    if together is not None and together.low >= PERFECT and not alone:
        saw = (
            f"together the columns rank rows that the model did not see with an AUC of {together.value:.4f}: is all of it "
            "known at prediction time, or written down with the outcome?"
        )
        return [
            found(check, "unknown", saw, label.name, evidence={"auc": together.value, "low": together.low})
        ]
    saw = f"no sum or product of up to {MOST_TERMS} of {looked_at} numbers is the label"
    if together is not None:
        saw = f"together the columns rank rows that the model did not see with an AUC of {together.value:.3f}"
    return [found(check, "pass", saw, label.name)]


def _sum(y: Floats, numbers: Mapping[str, Floats]) -> Identity | None:
    names = [n for n, x in numbers.items() if np.isfinite(x).mean() > 0.5]
    if len(y) < FEWEST or not names:
        return None
    x = np.column_stack([numbers[n] for n in names])
    whole = np.isfinite(x).all(axis=1) & np.isfinite(y)
    if whole.sum() < max(FEWEST, 0.2 * len(y)):
        filled = np.where(np.isfinite(x), x, np.nanmean(np.where(np.isfinite(x), x, np.nan), axis=0))
        whole = np.isfinite(y)
        x = filled
    x, y = x[whole], y[whole]
    spread = x.std(axis=0)
    varies = spread > 1e-9 * np.maximum(np.abs(x).max(axis=0), 1e-300)
    names = [n for n, v in zip(names, varies.tolist(), strict=True) if v]
    if not names or y.std() <= 0:
        return None
    x = (x[:, varies] - x[:, varies].mean(axis=0)) / spread[varies]
    half = np.arange(len(y)) % 2 == 0
    chosen = _pursued(x[half], y[half])
    for k in range(1, len(chosen) + 1):
        told = _explained(x, y, half, chosen[:k])
        if k == 1 and told >= ALONE:
            return None
        if told >= EXACT:
            return _trimmed(x, y, half, chosen[:k], names, numbers, whole)
    return None


def _pursued(x: Floats, y: Floats) -> list[int]:
    """Return columns in the order in which they explain what the ones before left."""
    left = y - y.mean()
    chosen: list[int] = []
    for _ in range(min(MOST_TERMS, x.shape[1])):
        pull = np.abs(x.T @ left)
        pull[chosen] = -1.0
        chosen.append(int(pull.argmax()))
        design = np.column_stack([np.ones(len(y)), x[:, chosen]])
        left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        if left.std() <= 1e-9 * y.std():
            break
    return chosen


def _explained(x: Floats, y: Floats, half: Flags, chosen: list[int]) -> float:
    design = np.column_stack([np.ones(len(y)), x[:, chosen]])
    beta = np.linalg.lstsq(design[half], y[half], rcond=None)[0]
    other = ~half
    off = y[other] - design[other] @ beta
    return 1.0 - float((off**2).mean()) / max(float(y[other].var()), 1e-300)


def _trimmed(
    x: Floats,
    y: Floats,
    half: Flags,
    chosen: list[int],
    names: list[str],
    numbers: Mapping[str, Floats],
    whole: Flags,
) -> Identity:
    """Leave out columns that are not needed, and write factors in the columns' own units."""
    for j in list(chosen):
        rest = [c for c in chosen if c != j]
        if rest and _explained(x, y, half, rest) >= EXACT:
            chosen = rest
    explained = _explained(x, y, half, chosen)
    raw = np.column_stack([numbers[names[c]][whole] for c in chosen])
    complete = np.isfinite(raw).all(axis=1)
    design = np.column_stack([np.ones(int(complete.sum())), raw[complete]])
    beta = np.linalg.lstsq(design, y[complete], rcond=None)[0]
    scale = float(np.abs(y).max())
    constant = 0.0 if abs(beta[0]) < 1e-6 * scale else float(beta[0])
    return Identity(tuple(names[c] for c in chosen), tuple(float(b) for b in beta[1:]), constant, explained)


def _term(factor: float, name: str) -> str:
    sign = "-" if factor < 0 else "+"
    size = abs(factor)
    return f"{sign} {name}" if abs(size - 1) < 1e-3 else f"{sign} {size:.4g}·{name}"
