"""Cells that disagree with the rows of their group, and what the rest of their row says.

Where X determines Y, most rows with one X have one Y; a row with another has an error in Y, or in X, or is a
true exception. How likely that is follows from the dependency (how far it holds, in how many groups it is
broken and how evenly), from the group (how clear its majority is, whether the odd value returns) and from the
value (errors are rare values, exceptions frequent ones). Which of the two cells is wrong, the other columns of
the row tell: they determine X and Y as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column, Flags, Floats, Ints
from fieldguide.readiness.faithfulness.cells.dependencies import Dependency, Found, Groups

FIRM = 0.8
"""Agreement beyond chance from which a dependency that holds in a row speaks for its cells."""

UNCOMMON = 0.02
"""A value on a smaller share of the rows is uncommon: then it matters whether it always has the same company."""

SHARP_GAIN, SHARP_SHARE, SHARP_ROWS = 0.9, 2 / 3, 4
"""A sharp conflict: what the dependency tells, the share and the number of rows of the group that agree, at least."""
FEATURES = (
    "odd rows", "gain", "gap to 1", "evenly", "returns", "once", "returns beyond chance", "majority", "its share",
    "scattered", "groups", "group size", "group size squared", "text", "code", "integer", "two", "back",
    "dependents", "rare", "relatively rare", "chance", "second", "y text", "odd per group", "y fractional", "absent",
    "absent in group", "absent apart", "company",
)  # fmt: skip
"""What is said of a conflict, in the order of the columns of `Conflicts.features`."""


@dataclass(frozen=True, eq=False)
class Conflicts:
    """Conflicts between a determinant's and a dependent's cell, one an entry.

    `row`, `x`, `x2`, `y` say where (numbers of the row and of columns; x2 is x unless two determine together),
    `usual` is the code of the group's commonest y, `size` the rows of the group and `most` those with the usual
    y; `features` has a row for each and the columns FEATURES.
    """

    row: Ints
    x: Ints
    x2: Ints
    y: Ints
    usual: Ints
    most: Ints
    size: Ints
    features: Floats


@dataclass(frozen=True, eq=False)
class Support:
    """What the dependencies that hold say for each cell: rows x columns.

    `held` dependencies determine the cell's own value, `bits` is how much the best of them tells (minus the log of
    the value's share), `vouched` cells of the row are determined by it as in other rows. `fellows` is the highest
    share, over the groups that the row is in, of the other rows that hold the same value.
    """

    held: Ints
    bits: Floats
    vouched: Ints
    fellows: Floats


def conflicts(columns: Sequence[Column], found: Found) -> tuple[Conflicts, Support]:
    """Return the conflicts of all dependencies, and what those that hold say for the cells."""
    shape = (len(columns[0].codes) if columns else 0, len(columns))
    support = Support(np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape, np.int64), np.zeros(shape))
    about = About.of(columns, found)
    parts: list[tuple[Ints, ...]] = []
    told: list[Floats] = []
    for d in found.dependencies:
        y, groups = columns[d.y], d.groups
        rows = np.flatnonzero(d.x >= 0)
        gx, gy = d.x[rows], y.known[rows]
        here = groups.counted(gx, gy)
        share = (here - 1) / np.maximum(groups.size[gx] - 1, 1)
        support.fellows[rows, d.y] = np.maximum(support.fellows[rows, d.y], share)
        if d.agreement.gain > FIRM:
            _speak(support, d, y, rows[(gy == groups.usual[gx]) & (groups.most[gx] >= 2)])
        odd = np.flatnonzero(is_odd(groups, gx, gy, here))
        if len(odd) and not d.agreement.carried:
            rows, gx, gy, here = rows[odd], gx[odd], gy[odd], here[odd]
            told.append(features(d, y, found.company[d.y], about, gx, gy, here))
            at = np.ones(len(rows), dtype=np.int64)
            held = (groups.usual[gx], groups.most[gx], groups.size[gx])
            parts.append((rows, at * d.parents[0], at * d.parents[-1], at * d.y, *held))
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Conflicts(none, none, none, none, none, none, none, np.zeros((0, len(FEATURES)))), support
    row, x, x2, other, usual, most, size = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Conflicts(row, x, x2, other, usual, most, size, np.vstack(told)), support


@dataclass(frozen=True)
class About:
    """What is known of the columns of a table: what each holds, how many others it determines, and who determines whom."""

    kinds: tuple[str, ...]
    dependents: tuple[int, ...]
    gains: Mapping[tuple[tuple[int, ...], int], float]

    @staticmethod
    def of(columns: Sequence[Column], found: Found) -> About:
        """Return what is known of the columns of a table by its dependencies."""
        dependents = [0] * len(columns)
        for d in found.dependencies:
            for x in d.parents:
                dependents[x] += d.agreement.gain > 0.9
        gains = {(d.parents, d.y): d.agreement.gain for d in found.dependencies}
        return About(tuple(kind(c) for c in columns), tuple(dependents), gains)


def is_odd(groups: Groups, x: Ints, y: Ints, here: Ints) -> Flags:
    """Return which rows hold another y than the commonest of their group; `here` is how many rows do so likewise."""
    usual, most = groups.usual[x], groups.most[x]
    return np.asarray((usual >= 0) & (y != usual) & (most >= 2) & (most > here))


def sharp(features: Floats, size: Ints) -> Flags:
    """Return which conflicts are of one cell with a dependency that holds nearly everywhere, their odd rows scattered.

    A dependency that holds by and by (a habit, a hierarchy with exceptions) has its odd rows together, and they
    come again; an error stands alone in a group that otherwise agrees.
    """
    told = {name: features[:, i] for i, name in enumerate(FEATURES)}
    alone = (told["once"] > 0) & (told["absent"] == 0) & (told["its share"] >= SHARP_SHARE)
    scattered = told["evenly"] < np.log(2)
    return np.asarray(alone & scattered & (told["gain"] > SHARP_GAIN) & (size >= SHARP_ROWS))


def kind(column: Column) -> str:
    """Return what a column holds: text, codes (numbers of equal length), or integers."""
    if column.share(column.numeric) < 0.5:
        return "text"
    plain = (column.counts > 0) & ~column.absent
    lengths = np.bincount(column.length[plain], weights=column.counts[plain])
    return "code" if lengths.max() > 0.95 * lengths.sum() and lengths.argmax() >= 3 else "integer"


def _speak(support: Support, d: Dependency, y: Column, rows: Ints) -> None:
    told = -np.log(y.counts / max(1, y.given) + 1e-9)[y.known[rows]]
    support.held[rows, d.y] += 1
    support.bits[rows, d.y] = np.maximum(support.bits[rows, d.y], told)
    for x in d.parents:
        support.vouched[rows, x] += 1


def features(
    d: Dependency, y: Column, company: Floats, about: About, gx: Ints, gy: Ints, here: Ints
) -> Floats:
    """Return what is said of conflicts (columns FEATURES) with rows (or pairs of values) that are odd in their group.

    `gx`, `gy` are the codes of x and of y (-1: absent), `here` how many rows hold both.
    """
    what = "two" if len(d.parents) > 1 else about.kinds[d.parents[0]]
    back = about.gains.get(((d.y,), d.parents[0]), 0.0) if len(d.parents) == 1 else 0.0
    dependents = about.dependents[d.parents[0]]
    a, groups = d.agreement, d.groups
    size, most = groups.size[gx].astype(float), groups.most[gx].astype(float)
    rate = a.odd / a.rows
    share = np.append(y.counts / max(1, y.given), 0.0)[gy]
    rows_of_value = np.maximum(np.append(y.counts, 1)[gy], 1)
    c = np.maximum(here, 1).astype(float)
    spread = np.log(a.rows / a.groups)
    lacking = gy < 0
    absent = groups.absent[gx] / np.maximum(size + groups.absent[gx], 1)
    apart = groups.absent[groups.size == 0].sum() / max(1, groups.absent.sum())
    of_dependency = {
        "odd rows": np.log(rate + 0.5 / a.rows),
        "gain": a.gain,
        "gap to 1": -np.log(1 - a.gain + 0.003),
        "evenly": np.log(max(a.expected, 0.5) / max(a.mixed, 0.5)),
        "groups": np.log(a.groups),
        "group size": spread,
        "group size squared": spread**2,
        "text": what == "text",
        "code": what == "code",
        "integer": what == "integer",
        "two": what == "two",
        "back": back,
        "dependents": np.log1p(dependents),
        "chance": a.chance,
        "y text": y.share(y.numeric) < 0.5,
        "odd per group": np.log(max(a.odd, 1) / max(a.mixed, 1)),
        "y fractional": y.share(y.fractional),
    }
    one = np.ones(len(gx))
    told = {name: one * value for name, value in of_dependency.items()} | {
        "returns": np.log(c),
        "once": here <= 1,
        "returns beyond chance": np.log(c / (1 + size * rate * share)),
        "majority": np.log(most),
        "its share": most / np.maximum(size, 1),
        "scattered": np.where(size > most, (groups.distinct[gx] - 1) / np.maximum(size - most, 1), 1.0),
        "rare": np.log(rows_of_value),
        "relatively rare": np.log(rows_of_value / max(1, y.given) * max(2, int((y.counts > 0).sum()))),
        "second": groups.second[gx] / np.maximum(size, 1),
        "absent": lacking,
        "absent in group": np.where(lacking, absent, 0.0),
        "absent apart": np.where(lacking, apart, 0.0),
        "company": np.where(lacking | (share > UNCOMMON), 0.0, np.append(company, 0.0)[gy]),
    }
    return np.column_stack([told[name] for name in FEATURES]).astype(float)
