"""Rows that are on both sides of the split: copies, near copies, and rows of one entity that nobody declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fieldguide.finding import Finding
from fieldguide.program import Label
from fieldguide.readiness.checks import found
from fieldguide.tables.tally import Flags, Floats, Ints

CHANCE = 0.05
"""Rows with the same values that chance would give, below which a match is taken for a copy."""
FEWEST = 20
SHARE = 0.01
"""Share of the judged rows with a copy among those learned from, from which on it matters."""
SAME = 0.5
"""Correlation of what the columns do not explain in the labels of two copies, from which on they are the same event."""
NEAR = 0.8
"""Share of the columns in which a near copy agrees."""
ALIKE = 0.4
"""Correlation from which on one should look: below it their labels agree hardly more than the columns explain."""
HANGS = 0.1
"""Share of the unexplained that the values of a column hold in common, from which on its rows hang together."""
Hash = NDArray[np.uint64]


@dataclass(frozen=True)
class Copies:
    """Judged rows with a copy among the rows learned from.

    Of `judged` rows `exact` have a copy in all columns, `near` in all but a few, `known` of them of the same
    entity. `same` is the correlation of the labels of row and copy after what the columns explain (NaN where
    it cannot be told); `rows` are examples.
    """

    judged: int
    exact: int
    near: int
    known: int
    same: float
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Together:
    """A column whose values rows share, the share of the unexplained that they share with it, and its error."""

    column: str
    values: int
    shared: float
    error: float


def copies(
    columns: Sequence[pa.ChunkedArray],
    judged: Flags,
    learned: Flags,
    entity: Ints,
    off: Floats,
    names: Sequence[str],
    *,
    entities: bool,
) -> Copies:
    """Look for rows of `judged` whose values are those of a row of `learned`.

    `columns` are the features as they came (without instants), `off` what the model leaves of each label,
    `entity` numbers the entity of each row and `names` tells what a row is shown by. A match counts only where
    chance, by the frequencies of its values, would hardly give one (`CHANCE`).
    """
    codes = [_codes(column) for column in columns]
    n = len(judged)
    keep = [c for c in codes if c.max(initial=0) > 0]
    nothing = Copies(int(judged.sum()), 0, 0, 0, float("nan"))
    if len(keep) < 2 or not judged.any() or not learned.any():
        return nothing
    rarity = np.column_stack([np.log(np.bincount(c)[c] / n) for c in keep])
    order = np.argsort(rarity.mean(axis=0), kind="stable")
    halves = (order[0::2], order[1::2])
    table = np.column_stack(keep)
    exact = _partners(_mixed(table), judged, learned)
    limit = np.log(CHANCE / max(int(learned.sum()), 1))
    whole = (exact >= 0) & (rarity.sum(axis=1) < limit)
    pairs = [(i, int(exact[i])) for i in np.flatnonzero(whole).tolist()]
    near: dict[int, int] = {}
    if table.shape[1] >= 4:
        for half in halves:
            partner = _partners(_mixed(table[:, half]), judged, learned)
            at = np.flatnonzero((partner >= 0) & (exact < 0))
            agree = table[at] == table[partner[at]]
            close = (agree.mean(axis=1) >= NEAR) & ((rarity[at] * agree).sum(axis=1) < limit)
            near |= dict(zip(at[close].tolist(), partner[at[close]].tolist(), strict=True))
    every = np.asarray(pairs + sorted(near.items()), dtype=np.int64).reshape(-1, 2)
    if not len(every):
        return nothing
    known = entity[every[:, 0]] == entity[every[:, 1]] if entities else np.zeros(len(every), dtype=np.bool_)
    open_ = every[~known]
    shown = tuple(f"{names[a]} = {names[b]}" for a, b in open_[:10].tolist())
    exact_open = int((~known[: len(pairs)]).sum())
    return Copies(
        nothing.judged, exact_open, len(open_) - exact_open, int(known.sum()), _same(off, open_), shown
    )


def hanging(columns: Sequence[tuple[str, Sequence[str | None]]], off: Floats) -> list[Together]:
    """Return the columns whose values share much of what the model leaves of the labels, the most first.

    `off` is what the model leaves of each label. The share is the intraclass correlation (FACTS F17) over
    values on at least two rows; columns with few values are what a model learns, and are left out.
    """
    out = []
    for name, texts in columns:
        found = _intraclass(texts, off)
        if found is not None and found.shared >= HANGS and found.shared > 4 * found.error:
            out.append(Together(name, found.values, found.shared, found.error))
    return sorted(out, key=lambda t: -t.shared)


def rows_in_both_parts(
    label: Label,
    found_: Copies | None,
    together: Sequence[Together],
    *,
    timed: bool,
    entity: str | None,
    share: float,
) -> list[Finding]:
    """A3: no row that a model is judged on is a copy of one that it was learned from (FACTS 8, leakage 3).

    `share` is which part of the table was looked at.
    """
    check = "rows_in_both_parts"
    sides = ("before", "of the next period") if timed else ("learned from", "held out")
    findings = []
    if found_ is not None:
        findings.append(_told(label, found_, sides, entity, share))
    for t in together[:3]:
        saw = (
            f"rows with the same {t.column!r} hang together: they share {t.shared:.0%} of what the other columns leave of "
            f"{label.name!r} ({t.values:,} values)"
        )
        todo = f"if it names who or what a row belongs to: Source(entity={t.column!r}), so that it is never on both sides"
        findings.append(found(check, "pass", saw, t.column, todo=todo))
    if findings:
        return findings
    return [found(check, "pass", "too few labeled rows on both sides of the split to compare", label.name)]


def _told(label: Label, c: Copies, sides: tuple[str, str], entity: str | None, share: float) -> Finding:
    check, matched = "rows_in_both_parts", c.exact + c.near
    of = f"{c.judged:,} rows {sides[1]}" + ("" if share >= 1 else f" (of a sample of {share:.1%})")
    known = f"; {c.known:,} more repeat a row of the same {entity}" if c.known else ""
    evidence = {
        "judged": c.judged,
        "exact": c.exact,
        "near": c.near,
        "same": None if np.isnan(c.same) else round(c.same, 4),
    }
    if not matched:
        saw = f"none of {of} has the rare values of a row {sides[0]}{known}"
        return found(check, "pass", saw, label.name, evidence=evidence)
    saw = f"{matched:,} of {of} have the values of a row {sides[0]} ({c.exact:,} in all columns, {c.near:,} in all but a few){known}"
    if not np.isnan(c.same):
        beyond = "agree" if c.same >= ALIKE else "hardly agree"
        saw += f"; their labels {beyond} beyond what the columns explain (correlation {c.same:.2f})"
    many = matched >= FEWEST and matched >= SHARE * c.judged
    if many and c.same >= SAME:
        todo = (
            "take out the copies; if they are the same thing seen twice, name it in Source(entity=…), so that it is never on "
            "both sides of a split"
        )
        return found(check, "fail", saw, label.name, rows=c.rows, todo=todo, evidence=evidence)
    ask = "look at the pairs: copies flatter a model; what belongs together is named in Source(entity=…)"
    ask = ask if many and c.same >= ALIKE else ""
    return found(check, "pass", saw, label.name, rows=c.rows if ask else (), todo=ask, evidence=evidence)


def _codes(column: pa.ChunkedArray) -> Ints:
    """Return a number for each distinct value, nulls too."""
    if pa.types.is_floating(column.type):
        x = np.asarray(column.fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)
        return np.asarray(np.unique(x, return_inverse=True, equal_nan=True)[1], dtype=np.int64)
    coded = pc.dictionary_encode(column.combine_chunks())
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    return np.asarray(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64) + 1


def _mixed(table: Ints) -> Hash:
    """Return a hash of each line of codes."""
    h = np.zeros(len(table), dtype=np.uint64)
    for j in range(table.shape[1]):
        h = (h ^ table[:, j].astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        h ^= h >> np.uint64(29)
    return h


def _partners(h: Hash, judged: Flags, learned: Flags) -> Ints:
    """Return for each judged row the last learned row with the same hash, −1 without one."""
    at = np.flatnonzero(learned)
    order = np.argsort(h[at], kind="stable")
    at = at[order]
    place = np.searchsorted(h[at], h, side="right") - 1
    hit = judged & (place >= 0) & (h[at[np.maximum(place, 0)]] == h)
    return np.asarray(np.where(hit, at[np.maximum(place, 0)], -1), dtype=np.int64)


def _same(off: Floats, pairs: Ints) -> float:
    """Return the correlation of what is left of both labels, of pairs where both are known."""
    a, b = off[pairs[:, 0]], off[pairs[:, 1]]
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if len(a) < FEWEST:
        return float("nan")
    size = float(np.sqrt((a**2).mean() * (b**2).mean()))
    return float((a * b).mean()) / size if size > 0 else float("nan")


def _intraclass(texts: Sequence[str | None], off: Floats) -> Together | None:
    finite = np.isfinite(off).tolist()
    held = [(t, i) for i, (t, told) in enumerate(zip(texts, finite, strict=True)) if told and t is not None]
    if len(held) < 100:
        return None
    names, code = np.unique(np.asarray([t for t, _ in held], dtype=np.str_), return_inverse=True)
    e, n = off[np.asarray([i for _, i in held])], np.bincount(code)
    several = n >= 2
    k, rows = int(several.sum()), int(n[several].sum())
    if k < 50 or rows < 0.5 * len(e) or rows / k > 200:
        return None
    inside = several[code]
    e, code = e[inside], code[inside]
    e = e - e.mean()
    total = np.bincount(code, weights=e, minlength=len(names))
    means = np.where(several, total / np.maximum(n, 1), 0.0)
    within = float(((e - means[code]) ** 2).sum()) / max(rows - k, 1)
    between = float((n * means**2)[several].sum()) / max(k - 1, 1)
    typical = (rows - float((n[several] ** 2).sum()) / rows) / max(k - 1, 1)
    shared = (between - within) / max(between + (typical - 1) * within, 1e-300)
    error = float(np.sqrt(2.0 / (typical * max(typical - 1, 0.1) * k)))
    return Together("", k, shared, error)
