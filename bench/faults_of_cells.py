"""Faults of single cells and of rows for bench/detectors.py: broken dependencies, other spellings, odd forms, rows that come twice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from faults_of_measurement import Fault, Planted, Random, Values
from worlds_of_measurement import World

CELLS = (
    "consistent_columns",
    "spelled_alike",
    "cell_formats",
    "swapped_fields",
    "cell_numbers",
    "duplicate_rows",
    "similar_rows",
)
"""The checks of single cells and of rows that resemble each other."""
FIRST = (
    "Amber",
    "Birch",
    "Cedar",
    "Dover",
    "Easton",
    "Fairview",
    "Glen",
    "Harbor",
    "Iron",
    "Juniper",
    "Kings",
    "Laurel",
)
SECOND = ("ville", " Falls", " Springs", "burgh", " Heights", "field", " Ridge", "ton")
KINDS = ("bakery", "garage", "pharmacy", "bookshop", "florist", "clinic", "laundry", "brewery")


def mistyped(r: Random, text: str) -> str:
    """A text with one letter replaced, left out, or exchanged with the next."""
    at = int(r.integers(1, len(text) - 2))
    way = int(r.integers(3))
    if way == 0:
        return text[:at] + "abcdefghijklmnopqrstuvwxyz"[int(r.integers(26))] + text[at + 1 :]
    return text[:at] + text[at + 1 :] if way == 1 else text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def shops(r: Random, n: int) -> dict[str, Values]:
    """Rows of shops: each town has one code and one county."""
    towns = [a + b for a in FIRST for b in SECOND][:60]
    at = (r.zipf(1.4, n) - 1) % len(towns)
    name = [
        f"{FIRST[a]} {KINDS[b]} {c}"
        for a, b, c in zip(*(r.integers(0, k, n).tolist() for k in (12, 8, 900)), strict=True)
    ]
    return {
        "name": name,
        "town": [towns[i] for i in at.tolist()],
        "code": [f"{10_000 + 137 * i}" for i in at.tolist()],
        "county": [f"county of {FIRST[i % 9]}" for i in at.tolist()],
        "opened": [
            f"20{y:02d}-{m:02d}-{d:02d}"
            for y, m, d in zip(
                *(r.integers(a, b, n).tolist() for a, b in ((0, 23), (1, 13), (1, 29))), strict=True
            )
        ],
        "area": r.gamma(5, 30, n).round(1),
    }


def cells(seed: int) -> Planted:
    """1,500 shops: in one row of a hundred each, another county, a town mistyped, a date in another form."""
    r = np.random.default_rng([31, seed])
    n = 1_500
    columns = shops(r, n)
    where = r.permutation(n)
    counties = sorted(set(columns["county"]))
    for i in where[:15].tolist():
        columns["county"][i] = counties[(counties.index(columns["county"][i]) + 1) % len(counties)]
    for i in where[15:30].tolist():
        columns["town"][i] = mistyped(r, columns["town"][i])
    for i in where[30:45].tolist():
        year, month, day = columns["opened"][i].split("-")
        columns["opened"][i] = f"{int(month)}/{int(day)}/{year}"
    faults = (
        Fault("another county of the same town, 1 % of the rows", "consistent_columns", "county", CELLS[:3]),
        Fault("one letter of the town mistyped, 1 % of the rows", "spelled_alike", "town", CELLS[:3]),
        Fault("dates in another form, 1 % of the rows", "cell_formats", "opened", CELLS[:3]),
    )
    return Planted(World("cells", columns), faults, CELLS)


def copies(seed: int) -> Planted:
    """1,500 shops, of which twenty come again under another key: ten as they are, ten with a letter and a number changed."""
    r = np.random.default_rng([32, seed])
    n = 1_500
    columns = shops(r, n)
    order = r.permutation(n)
    for a, b in zip(order[:10].tolist(), order[10:20].tolist(), strict=True):
        for values in columns.values():
            values[b] = values[a]
    for a, b in zip(order[20:30].tolist(), order[30:40].tolist(), strict=True):
        for values in columns.values():
            values[b] = values[a]
        columns["name"][b] = mistyped(r, columns["name"][a])
        columns["area"][b] = columns["area"][a] + 0.1
    faults = (
        Fault("ten rows equal but for their key", "duplicate_rows", None),
        Fault("ten rows equal but for their key, a letter and a digit", "similar_rows", None),
    )
    return Planted(World("copies", columns), faults, CELLS)


PLANTED: tuple[Callable[[int], Planted], ...] = (cells, copies)
"""Tables with planted faults of cells and rows."""


def clean_shops(seed: int) -> World:
    """Shops without a fault."""
    r = np.random.default_rng([33, seed])
    return World("shops", shops(r, (300, 800, 2_000, 5_000)[seed % 4]))
