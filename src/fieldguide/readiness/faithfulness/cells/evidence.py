"""All that speaks of single cells, brought together: a chance for each suspect cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.readiness.faithfulness.cells import values as value
from fieldguide.readiness.faithfulness.cells.accusations import NOTHING_SAID, accusations
from fieldguide.readiness.faithfulness.cells.chances import log_odds
from fieldguide.readiness.faithfulness.cells.columns import Column, Flags, Floats, Ints
from fieldguide.readiness.faithfulness.cells.conflicts import Conflicts, Support, conflicts
from fieldguide.readiness.faithfulness.cells.dependencies import Found, dependencies
from fieldguide.readiness.faithfulness.cells.witness import Witness

WITNESSES = ("group", "determinant", "spelling", "token", "shape", "word")
VALUE_FEATURES = {"spelling": value.VARIANT, "token": value.TOKEN, "shape": value.SHAPE, "word": value.WORD}
JOINT = (
    *WITNESSES, *(f"has {name}" for name in WITNESSES), "held", "bits", "fellows", "company", "next", "same suggestion",
)  # fmt: skip
"""What decides: the log-odds of each witness, and what speaks for the cell."""


MOST_LOOKUPS, FEWEST_LOOKUPS = 40_000, 150
"""Rare values of all columns, and of each at least, that are looked up among the frequent ones of their columns."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What all witnesses say of the cells of a table."""

    columns: tuple[Column, ...]
    found: Found
    conflicts: Conflicts
    support: Support
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True, eq=False)
class Joined:
    """Suspect cells (row · columns + column): what decides on each (columns JOINT), a better value's code, the main witness."""

    cells: Ints
    features: Floats
    instead: Ints
    main: Ints


def gather(columns: Sequence[Column]) -> Evidence:
    """Return what speaks of each cell of a table."""
    found = dependencies(columns)
    against, support = conflicts(columns, found)
    by_group = accusations(columns, against, support)
    return Evidence(tuple(columns), found, against, support, (*by_group, *_by_value(columns, found)))


def joined(evidence: Evidence) -> Joined:
    """Return the suspect cells with what decides on each."""
    cells = np.unique(np.concatenate([w.cells for w in evidence.witnesses]))
    odds = np.full((len(cells), len(WITNESSES)), NOTHING_SAID)
    has = np.zeros(odds.shape, dtype=bool)
    better = np.full(odds.shape, -1, dtype=np.int64)
    for i, w in enumerate(evidence.witnesses):
        at = np.searchsorted(cells, w.cells)
        odds[at, i] = log_odds(w.name, w.names, w.features)
        has[at, i] = True
        better[at, i] = w.instead
    features = joint_features(odds, has, better, *speaks_for(evidence, cells))
    main = odds.argmax(axis=1)
    first = better[np.arange(len(cells)), main]
    return Joined(cells, features, np.where(first >= 0, first, better.max(axis=1, initial=-1)), main)


def speaks_for(evidence: Evidence, cells: Ints) -> tuple[Floats, ...]:
    """Return what speaks for cells: dependencies that hold (log), what they tell, equal fellows, the value's company."""
    width = len(evidence.columns)
    row, column = cells // width, cells % width
    company = np.zeros(len(cells))
    for j in np.unique(column).tolist():
        at = np.flatnonzero(column == j)
        company[at] = np.append(evidence.found.company[j], 0.0)[evidence.columns[j].codes[row[at]]]
    support = evidence.support
    return (
        np.log1p(support.held[row, column]),
        support.bits[row, column],
        support.fellows[row, column],
        company,
    )


def joint_features(
    odds: Floats, has: Flags, better: Ints, held: Floats, bits: Floats, fellows: Floats, company: Floats
) -> Floats:
    """Return what decides (columns JOINT), of the log-odds of the witnesses, who spoke, and what speaks for the cell."""
    following = np.sort(odds, axis=1)[:, -2]
    group, spelling = better[:, WITNESSES.index("group")], better[:, WITNESSES.index("spelling")]
    same = (group >= 0) & (group == spelling)
    return np.column_stack(
        [np.clip(odds, -6, 6), has, held, bits, fellows, company, np.clip(following, -4, 4), same]
    )


def of_values(
    columns: Sequence[Column], found: Found, number: int, full: Column
) -> tuple[Ints, Floats, Ints, list[str], list[str]]:
    """Judge the values of a column by their rows in a whole table, where `columns` are a sample of it.

    Returns the codes of the suspect values of `full`, log-odds, codes of better values, main witnesses and reasons.
    """
    sample = columns[number]
    known = dict(zip(sample.values, found.company[number].tolist(), strict=True))
    company = np.array([known.get(text, 0.0) for text in full.values])
    all_of, own = value.frame(columns), value.profile(full, company)
    told = {
        "spelling": value.told_by_spelling(full, own),
        "token": value.told_by_tokens(full, own),
        "shape": value.told_by_shape(full, number, own, all_of),
        "word": value.told_by_words(full, own, all_of),
    }
    codes = np.unique(np.concatenate([t.codes for t in told.values()]))
    odds = np.full((len(codes), len(WITNESSES)), NOTHING_SAID)
    has, better = np.zeros(odds.shape, dtype=bool), np.full(odds.shape, -1, dtype=np.int64)
    at = {}
    for name, t in told.items():
        i, place = WITNESSES.index(name), np.searchsorted(codes, t.codes)
        odds[place, i], has[place, i], better[place, i] = (
            log_odds(name, VALUE_FEATURES[name], t.features),
            True,
            t.instead,
        )
        at[name] = dict(zip(place.tolist(), range(len(t.codes)), strict=True))
    none = np.zeros(len(codes))
    joint = log_odds("joint", JOINT, joint_features(odds, has, better, none, none, none, company[codes]))
    main = odds.argmax(axis=1)
    names = [WITNESSES[i] for i in main.tolist()]
    why = [told[name].why(at[name][i]) for i, name in enumerate(names)]
    return codes, joint, better[np.arange(len(codes)), main], names, why


def _by_value(columns: Sequence[Column], found: Found) -> tuple[Witness, ...]:
    all_of = value.frame(columns)
    told: list[list[tuple[int, value.Told]]] = [[], [], [], []]
    for number, column in enumerate(columns):
        if not (column.given and column.written):
            continue
        own = value.profile(column, found.company[number], max(FEWEST_LOOKUPS, MOST_LOOKUPS // len(columns)))
        told[0].append((number, value.told_by_spelling(column, own)))
        told[1].append((number, value.told_by_tokens(column, own)))
        told[2].append((number, value.told_by_shape(column, number, own, all_of)))
        told[3].append((number, value.told_by_words(column, own, all_of)))
    return tuple(
        _spread(columns, name, names, parts)
        for (name, names), parts in zip(VALUE_FEATURES.items(), told, strict=True)
    )


def _spread(
    columns: Sequence[Column], name: str, names: tuple[str, ...], parts: Sequence[tuple[int, value.Told]]
) -> Witness:
    """Return what is told of values as told of the cells that hold them."""
    width = len(columns)
    cells, features, instead, by = (
        [np.zeros(0, np.int64)],
        [np.zeros((0, len(names)))],
        [np.zeros(0, np.int64)],
        [np.zeros(0, np.int64)],
    )
    told = dict(parts)
    for number, one in parts:
        if not len(one.codes):
            continue
        column = columns[number]
        place = np.full(len(column.values) + 1, -1, dtype=np.int64)
        place[one.codes] = np.arange(len(one.codes))
        at = place[column.codes]
        rows = np.flatnonzero(at >= 0)
        cells.append(rows * width + number)
        features.append(one.features[at[rows]])
        instead.append(one.instead[at[rows]])
        by.append(at[rows])
    all_cells, place = np.concatenate(cells), np.concatenate(by)
    order = np.argsort(all_cells)
    ordered, place = all_cells[order], place[order]
    return Witness(
        name, names, ordered, np.vstack(features)[order], np.concatenate(instead)[order],
        lambda i: told[int(ordered[i]) % width].why(int(place[i])),
    )  # fmt: skip
