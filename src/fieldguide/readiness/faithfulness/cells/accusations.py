"""Who is to blame for a conflict: the witnesses "group" (the dependent is wrong) and "determinant" (the determinant is)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fieldguide.readiness.faithfulness.cells import conflicts as conflict
from fieldguide.readiness.faithfulness.cells.chances import log_odds
from fieldguide.readiness.faithfulness.cells.columns import Column, Flags, Floats, Ints
from fieldguide.readiness.faithfulness.cells.conflicts import Conflicts, Support
from fieldguide.readiness.faithfulness.cells.edits import distance, other_code
from fieldguide.readiness.faithfulness.cells.variants import plain
from fieldguide.readiness.faithfulness.cells.witness import Witness, nobody

LEAST_LIKELY = -2.5
"""Log-odds that either side of a conflict is wrong, at least, to be kept."""
LIKELY = -0.85
"""Log-odds from which a conflict counts as an accusation."""
NOTHING_SAID = -4.0
LOOKED_AT = 100
"""Characters of a value that are compared with those of the usual one."""

GROUP = (
    "wrong", "either", "next wrong", "accusers", "agree", "held", "bits", "vouched", "victims", "victims share",
    "accuser accused", "accuser held", "accuser vouched", "alike", "form only", "other code", "absent", "rows",
    "fellows",
)  # fmt: skip
"""What is said of a cell that a group accuses."""
DETERMINANT = ("victims", "victims share", "vouched", "held", "bits", "accusers", "rows", "text", "fellows")
"""What is said of a cell with which its dependents disagree."""


def accusations(columns: Sequence[Column], found: Conflicts, support: Support) -> tuple[Witness, Witness]:
    """Return what groups say of cells that disagree with them, and of cells with which their dependents disagree."""
    if not len(found.row):
        return nobody("group", GROUP), nobody("determinant", DETERMINANT)
    either = log_odds("either", conflict.FEATURES, found.features)
    wrong = log_odds("broken", conflict.FEATURES, found.features)
    kept = np.flatnonzero(np.maximum(either, wrong) > LEAST_LIKELY)
    if not len(kept):
        return nobody("group", GROUP), nobody("determinant", DETERMINANT)
    either, wrong = either[kept], wrong[kept]
    row, x, x2, y = (v[kept] for v in (found.row, found.x, found.x2, found.y))
    likely = either > LIKELY
    accused, victims = np.zeros(support.held.shape, np.int64), np.zeros(support.held.shape, np.int64)
    np.add.at(accused, (row[likely], y[likely]), 1)
    np.add.at(victims, (row[likely], x[likely]), 1)
    two = likely & (x2 != x)
    np.add.at(victims, (row[two], x2[two]), 1)
    share = victims / np.maximum(1, victims + support.vouched)
    where = (row, x, x2, y, found.usual[kept])
    group = _group(columns, found, support, where, (either, wrong), accused, victims, share, kept)
    r, c = np.nonzero((victims >= 2) & (share > 0.4))
    return group, _determinant(columns, support, r, c, accused, victims, share)


def _group(
    columns: Sequence[Column],
    found: Conflicts,
    support: Support,
    where: tuple[Ints, Ints, Ints, Ints, Ints],
    odds: tuple[Floats, Floats],
    accused: Ints,
    victims: Ints,
    share: Floats,
    kept: Ints,
) -> Witness:
    (row, x, x2, y, usual), (either, wrong) = where, odds
    width = len(columns)
    cell = row * width + y
    order = np.lexsort((-wrong, cell))
    starts = np.flatnonzero(_starts(cell[order]))
    best = order[starts]
    cells = cell[best]
    after = np.minimum(starts + 1, len(order) - 1)
    again = np.where(
        (starts + 1 < len(order)) & (cell[order[after]] == cells), wrong[order[after]], NOTHING_SAID
    )
    place = np.searchsorted(cells, cell)
    highest = np.full(len(cells), NOTHING_SAID)
    np.maximum.at(highest, place, either)
    likely = either > LIKELY
    total = np.bincount(place[likely], minlength=len(cells))
    same = np.bincount(place[likely & (usual == usual[best][place])], minlength=len(cells))
    r, c, ax, ax2 = row[best], y[best], x[best], x2[best]
    known, rows = codes_at(columns, r, c)
    alike, form, code = _likeness(columns, c, known, usual[best])
    told = {
        "wrong": wrong[best],
        "either": highest,
        "next wrong": again,
        "accusers": np.log1p(total),
        "agree": same / np.maximum(1, total),
        "held": np.log1p(support.held[r, c]),
        "bits": support.bits[r, c],
        "vouched": np.log1p(support.vouched[r, c]),
        "victims": np.log1p(victims[r, c]),
        "victims share": share[r, c],
        "accuser accused": np.log1p(np.maximum(accused[r, ax], accused[r, ax2])),
        "accuser held": np.minimum(support.bits[r, ax], support.bits[r, ax2]),
        "accuser vouched": np.log1p(np.minimum(support.vouched[r, ax], support.vouched[r, ax2])),
        "alike": alike,
        "form only": form,
        "other code": code,
        "absent": known < 0,
        "rows": np.log(rows),
        "fellows": support.fellows[r, c],
    }
    features = np.column_stack([told[name] for name in GROUP]).astype(float)
    by = kept[best]
    return Witness("group", GROUP, cells, features, usual[best], lambda i: _why(columns, found, int(by[i])))


def _determinant(
    columns: Sequence[Column],
    support: Support,
    r: Ints,
    c: Ints,
    accused: Ints,
    victims: Ints,
    share: Floats,
) -> Witness:
    if not len(r):
        return nobody("determinant", DETERMINANT)
    text = np.array([column.share(column.numeric) < 0.5 for column in columns], dtype=float)
    told = {
        "victims": np.log1p(victims[r, c]),
        "victims share": share[r, c],
        "vouched": np.log1p(support.vouched[r, c]),
        "held": np.log1p(support.held[r, c]),
        "bits": support.bits[r, c],
        "accusers": np.log1p(accused[r, c]),
        "rows": np.log(codes_at(columns, r, c)[1]),
        "text": text[c],
        "fellows": support.fellows[r, c],
    }
    features = np.column_stack([told[name] for name in DETERMINANT]).astype(float)
    none = np.full(len(r), -1, dtype=np.int64)

    def why(i: int) -> str:
        return (
            f"{victims[r[i], c[i]]} of the {victims[r[i], c[i]] + support.vouched[r[i], c[i]]} columns that go with "
            f"{columns[c[i]].name} hold what belongs to another one"
        )

    return Witness("determinant", DETERMINANT, r * len(columns) + c, features, none, why)


def _why(columns: Sequence[Column], found: Conflicts, i: int) -> str:
    """Say which rows a cell disagrees with."""
    row, y, usual = int(found.row[i]), columns[int(found.y[i])], int(found.usual[i])
    parents = dict.fromkeys((int(found.x[i]), int(found.x2[i])))
    same = " and ".join(f"{columns[x].name} {columns[x].values[columns[x].codes[row]]!r}" for x in parents)
    return f"{found.most[i]:,} of {found.size[i]:,} rows with {same} have {y.name} {y.values[usual]!r}"


def codes_at(columns: Sequence[Column], r: Ints, c: Ints) -> tuple[Ints, Ints]:
    """Return the codes of cells (-1: none, or a word for it), and the rows of the column with the same (1 for none)."""
    codes, rows = np.full(len(r), -1, dtype=np.int64), np.ones(len(r), dtype=np.int64)
    for j in np.unique(c).tolist():
        at = np.flatnonzero(c == j)
        codes[at] = columns[j].known[r[at]]
        given = at[codes[at] >= 0]
        rows[given] = columns[j].counts[codes[given]]
    return codes, rows


def _likeness(columns: Sequence[Column], c: Ints, given: Ints, usual: Ints) -> tuple[Floats, Flags, Flags]:
    """Return how alike a cell's text and the usual one are: as a share, but for form, as two codes."""
    alike, form, code = np.zeros(len(c)), np.zeros(len(c), dtype=bool), np.zeros(len(c), dtype=bool)
    seen: dict[tuple[int, int, int], tuple[float, bool, bool]] = {}
    for i, key in enumerate(zip(c.tolist(), given.tolist(), usual.tolist(), strict=True)):
        if key[1] < 0:
            continue
        if key not in seen:
            a, b = (columns[key[0]].values[k][:LOOKED_AT] for k in key[1:])
            seen[key] = (1 - distance(a, b) / max(len(a), len(b), 1), plain(a) == plain(b), other_code(a, b))
        alike[i], form[i], code[i] = seen[key]
    return alike, form, code


def _starts(values: Ints) -> Flags:
    first = np.ones(len(values), dtype=bool)
    first[1:] = values[1:] != values[:-1]
    return first
