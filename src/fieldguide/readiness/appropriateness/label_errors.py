"""Labels that the other columns contradict, by confident learning: a queue for people, never a deletion.

Northcutt, Jiang & Chuang, *Confident Learning* (2021); FACTS 8 and F21. The functions take probabilities from
anywhere, for any number of classes; they must come from a model that did not see the row. What cannot be told
apart: a wrong label, and a row that is simply hard to predict. So all doubt is counted as noise ("at most"),
and beside the queue stands how many of its rows would be wrong in a world like this with known errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fieldguide.errors import UsageError
from fieldguide.finding import Finding
from fieldguide.program import Label
from fieldguide.readiness.appropriateness.light import Additive, Coded, probability
from fieldguide.readiness.appropriateness.view import Rows, scaled
from fieldguide.readiness.checks import found
from fieldguide.tables.query.drawn import ROW
from fieldguide.tables.tally import Floats, Ints

MOST_QUEUED = 1_000
FLIPPED = 0.05
"""The share of labels that is flipped in the world beside the list (FACTS 14, item 15); half the rarer answer, if that is less."""
WORTH_A_LOOK = 0.1
"""A label is put into the queue when it would be a flip with this chance in that world."""
LOOSE = 0.25
"""An upper bound of the noise above this says nothing."""
FAR = 6.0
"""Robust standard deviations from what was expected, from which on an amount is put into the queue."""
BANDS = 10
"""Stretches of the prediction in which the spread of an amount is measured."""
QUEUE = pa.schema(
    [
        ("rank", pa.int64()),
        ("key", pa.string()),
        ("row", pa.int64()),
        ("given", pa.float64()),
        ("suggested", pa.float64()),
        ("self_confidence", pa.float64()),
        ("margin", pa.float64()),
        ("why", pa.string()),
    ]
)
"""A line for each doubtful label, the most doubtful first.

`self_confidence` is the probability of the label as it is given, `margin` that of the suggested one less it;
for amounts the first is null and the second is by how many robust standard deviations it is off.
"""


@dataclass(frozen=True, eq=False)
class Looked:
    """What was found among labeled rows: the queue, and how far to trust it.

    `noise` is the share of labels that are wrong at most (all doubt counted as error); `precision` and `recall`
    are those of the list if a share `flipped` of the labels had been flipped at random. All four are None for
    amounts.
    """

    rows: int
    flagged: int
    queue: pa.Table
    noise: float | None = None
    precision: float | None = None
    recall: float | None = None
    flipped: float | None = None


def thresholds(labels: Ints, probabilities: Floats) -> Floats:
    """Return for each class the mean probability of it on the rows that are labeled so; 1 where there are none.

    `labels` (n,) are 0 … K − 1, `probabilities` (n, K) those of a model that did not see the row.

    >>> thresholds(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.7, 0.3], [0.4, 0.6]])).round(2).tolist()
    [0.8, 0.6]
    """
    _check(labels, probabilities)
    k = probabilities.shape[1]
    own = probabilities[np.arange(len(labels)), labels]
    n = np.bincount(labels, minlength=k)
    return np.asarray(np.where(n > 0, np.bincount(labels, weights=own, minlength=k) / np.maximum(n, 1), 1.0))


def confident(labels: Ints, probabilities: Floats) -> Ints:
    """Return for each row the class that it confidently is: the likeliest of those above their threshold, else −1."""
    above = probabilities >= thresholds(labels, probabilities) - 1e-12
    best = np.where(above, probabilities, -1.0).argmax(axis=1)
    return np.asarray(np.where(above.any(axis=1), best, -1), dtype=np.int64)


def confident_joint(labels: Ints, probabilities: Floats) -> Ints:
    """Return how many rows are labeled i and confidently j, as a (K, K) table (FACTS F21).

    >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.05, 0.95], [0.1, 0.9]])
    >>> confident_joint(np.array([0, 0, 0, 1]), p).tolist()
    [[2, 1], [0, 1]]
    """
    k = probabilities.shape[1]
    seen = confident(labels, probabilities)
    counts = np.zeros((k, k), dtype=np.int64)
    np.add.at(counts, (labels[seen >= 0], seen[seen >= 0]), 1)
    return counts


def joint(labels: Ints, probabilities: Floats) -> Floats:
    """Return the estimated joint distribution of given and true label: rows scaled to the label's own counts."""
    counts = confident_joint(labels, probabilities).astype(np.float64)
    k = len(counts)
    n = np.bincount(labels, minlength=k).astype(np.float64)
    empty = counts.sum(axis=1) == 0
    counts[empty, np.flatnonzero(empty)] = 1.0
    scaled = counts / counts.sum(axis=1, keepdims=True) * n[:, None]
    return np.asarray(scaled / scaled.sum())


def most_noise(labels: Ints, probabilities: Floats) -> float:
    """Return the share of labels that are wrong at most: what lies off the diagonal of the joint distribution.

    Rows that nobody could predict count as errors here, so it is an upper bound, not an estimate (FACTS 8).
    """
    return float(1.0 - np.trace(joint(labels, probabilities)))


def suspects(labels: Ints, probabilities: Floats, by: str = "confidence") -> Ints:
    """Return the rows that are likely labeled wrong, the least credible first.

    By "confidence": those that are confidently of another class than they are labeled. By "noise rate": of the rows
    labeled i those whose probability of j exceeds that of i by most, as many as the joint distribution says; more
    rows, and more of the wrong ones. They are ranked by the probability of the label that they have (self-confidence),
    ties by that of the other.

    Raises UsageError for another `by`.
    """
    if by not in ("confidence", "noise rate"):
        raise UsageError(f"suspects(by={by!r}): expected 'confidence' or 'noise rate'.")
    if by == "confidence":
        seen = confident(labels, probabilities)
        found = np.flatnonzero((seen >= 0) & (seen != labels))
        other = probabilities[found, seen[found]]
    else:
        found = _by_rate(labels, probabilities)
        masked = probabilities[found].copy()
        masked[np.arange(len(found)), labels[found]] = -1.0
        other = masked.max(axis=1, initial=-1.0)
    own = probabilities[found, labels[found]]
    return np.asarray(found[np.lexsort((-other, own))], dtype=np.int64)


def _by_rate(labels: Ints, probabilities: Floats) -> Ints:
    expected = joint(labels, probabilities) * len(labels)
    listed = np.zeros(len(labels), dtype=np.bool_)
    for i in range(len(expected)):
        mine = np.flatnonzero(labels == i)
        for j in np.flatnonzero(expected[i] >= 0.5).tolist():
            if j != i:
                margin = probabilities[mine, j] - probabilities[mine, i]
                listed[mine[np.argsort(-margin, kind="stable")[: round(expected[i, j])]]] = True
    return np.flatnonzero(listed)


def flip_chances(labels: Ints, probabilities: Floats, flipped: float = FLIPPED) -> Floats:
    """Return for each row the chance that its label is a flip, if a share of all labels had been flipped at random.

    `probabilities` (n, 2) are of the label as it is given, flips included: q = p·(1 − f) + (1 − p)·f. So a row
    whose label has the probability q is a flip with the chance f·(1 − p) / q.
    """
    q = np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)
    p = np.clip((q - flipped) / (1 - 2 * flipped), 0.0, 1.0)
    return np.asarray(np.minimum(flipped * (1 - p) / q, 1.0))


def look(rows: Rows, scores: Floats, model: Additive, kind: str) -> Looked:
    """Return the doubtful labels among rows; `scores` come from models that did not see them, `model` says why."""
    if kind != "binary":
        return _amounts(rows, scores, model, kind)
    p, labels = probability(scores), rows.y.astype(np.int64)
    both = np.column_stack([1 - p, p])
    flipped = min(FLIPPED, 0.5 * min(float(labels.mean()), 1 - float(labels.mean())))
    chances = flip_chances(labels, both, flipped)
    at = suspects(labels, both)
    at = at[chances[at] >= WORTH_A_LOOK]
    own = both[at, labels[at]]
    kept = at[:MOST_QUEUED]
    queue = _queue(rows, kept, 1 - labels[kept], own[: len(kept)], (1 - 2 * own)[: len(kept)], model)
    return Looked(
        rows=len(labels),
        flagged=len(at),
        queue=queue,
        noise=most_noise(labels, both),
        precision=float(chances[at].mean()) if len(at) else 0.0,
        recall=float(chances[at].sum() / max(chances.sum(), 1e-12)),
        flipped=flipped,
    )


def label_errors(label: Label, looked: Looked | None, rows: int) -> list[Finding]:
    """A3: labels that the other columns contradict, told as work for people; `rows` have a label in all."""
    check = "label_errors"
    if looked is None:
        todo = "collect more labeled rows"
        return [found(check, "unknown", "too few labeled rows to tell", label.name, todo=todo)]
    of = f"{looked.rows:,} labels" + ("" if looked.rows >= rows else f" (a sample of {rows:,})")
    evidence = {
        "looked_at": looked.rows,
        "flagged": looked.flagged,
        "noise_at_most": _round(looked.noise),
        "if_flipped": _round(looked.flipped),
        "precision": _round(looked.precision),
        "recall": _round(looked.recall),
    }
    if not looked.flagged:
        return [
            found(
                check,
                "pass",
                f"{of} looked at, none is contradicted by the other columns",
                label.name,
                evidence=evidence,
            )
        ]
    if looked.noise is None:
        saw = f"{looked.flagged:,} of {of} are more than {FAR:g} spreads from what the other columns lead to expect"
    else:
        assert looked.precision is not None
        assert looked.recall is not None
        assert looked.flipped is not None
        bound = (
            f"at most {looked.noise:.1%} of all are wrong (what nobody could predict counts as wrong here)"
        )
        if looked.noise > LOOSE:
            bound = "they say too little of the label to bound how many are wrong"
        saw = (
            f"{looked.flagged:,} of {of} are contradicted by the other columns; {bound}. Were {_share(looked.flipped)} of them flipped, such a list would hold "
            f"{looked.recall:.0%} of the wrong ones, and {looked.precision:.0%} of it would be wrong"
        )
    todo = (
        "let people look through the queue of labels, the first lines first, and correct at the source what is wrong; "
        "never drop rows for being in it"
    )
    keys = [
        k if k is not None else f"row {r}"
        for k, r in zip(looked.queue["key"].to_pylist(), looked.queue["row"].to_pylist(), strict=True)
    ]
    return [found(check, "pass", saw, label.name, rows=keys, todo=todo, evidence=evidence)]


def reasons(model: Additive, coded: Coded, up: Floats) -> list[str]:
    """Say for each row which two columns speak most for more (`up` > 0) or for less."""
    terms = model.terms(coded)
    if not terms.size:
        return ["" for _ in range(len(coded.codes))]
    terms = (terms - terms.mean(axis=0)) * np.where(up > 0, 1.0, -1.0)[:, None]
    out = []
    for i, line in enumerate(np.argsort(-terms, axis=1)[:, :2].tolist()):
        told = [
            f"{coded.bins[model.used[t]].name} {coded.bins[model.used[t]].words[coded.codes[i, model.used[t]]]}"
            for t in line
            if terms[i, t] > 0
        ]
        out.append("; ".join(told))
    return out


def _amounts(rows: Rows, scores: Floats, model: Additive, kind: str) -> Looked:
    """Return amounts that lie far from what was expected, by the spread of rows with a like expectation."""
    off = scaled(rows.y, kind) - scores
    middle, spread = np.empty(len(off)), np.empty(len(off))
    for part in np.array_split(np.argsort(scores, kind="stable"), BANDS):
        if len(part):
            middle[part] = np.median(off[part])
            spread[part] = 1.4826 * np.median(np.abs(off[part] - middle[part]))
    usual = 1.4826 * float(np.median(np.abs(off - np.median(off))))
    z = (off - middle) / np.maximum(spread, max(0.1 * usual, 1e-300))
    at = np.flatnonzero(np.abs(z) > FAR)
    at = at[np.argsort(-np.abs(z[at]), kind="stable")]
    kept = at[:MOST_QUEUED]
    suggested = np.expm1(scores[kept]) if kind == "count" else scores[kept]
    nothing = np.full(len(kept), np.nan)
    queue = _queue(rows, kept, suggested, nothing, np.abs(z[kept]), model, up=-z[kept])
    return Looked(len(off), len(at), queue)


def _queue(
    rows: Rows,
    at: Ints,
    suggested: Floats | Ints,
    own: Floats,
    margin: Floats,
    model: Additive,
    up: Floats | None = None,
) -> pa.Table:
    why = reasons(
        model, rows.coded.take(at), np.asarray(suggested, dtype=np.float64) - 0.5 if up is None else up
    )
    taken = rows.table.take(pa.array(at))
    columns = [
        pa.array(np.arange(1, len(at) + 1)),
        taken["__key"].cast(pa.string()),
        taken[ROW].cast(pa.int64()),
        pa.array(rows.y[at]),
        pa.array(np.asarray(suggested, dtype=np.float64)),
        pa.array(own, from_pandas=True),
        pa.array(margin),
        pa.array(why, pa.string()),
    ]
    return pa.table(columns, schema=QUEUE)


def _check(labels: Ints, probabilities: Floats) -> None:
    if probabilities.ndim != 2 or len(labels) != len(probabilities) or not len(labels):
        raise UsageError(
            f"{len(labels)} labels and probabilities of shape {probabilities.shape}; expected one line of probabilities a label, "
            "with one column a class."
        )
    if labels.min() < 0 or labels.max() >= probabilities.shape[1]:
        raise UsageError(
            f"labels go from {labels.min()} to {labels.max()}; expected 0 to {probabilities.shape[1] - 1}, the columns of the "
            "probabilities."
        )
    if not np.isfinite(probabilities).all() or (probabilities < 0).any():
        raise UsageError(
            "probabilities hold values below 0 or not finite; expected 0 to 1, adding up to 1 in each line."
        )


def _share(x: float) -> str:
    return f"{100 * x:.2g} %"


def _round(x: float | None) -> float | None:
    return None if x is None else round(float(x), 6)
