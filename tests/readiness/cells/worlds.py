"""Tables with known truth: clean ones of several kinds, and errors put into a copy of one, cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from fieldguide.readiness.faithfulness.cells.columns import columns_of
from fieldguide.readiness.faithfulness.cells.suspects import Suspect, suspects

Cells = dict[tuple[int, str], str | None]
"""(row from 0, column) -> what stood there."""
Rows = dict[str, list[str | None]]

SYLLABLES = [
    "ba",
    "ro",
    "li",
    "ken",
    "tor",
    "mu",
    "sha",
    "den",
    "ville",
    "ham",
    "ford",
    "wick",
    "mont",
    "cla",
    "ri",
    "ver",
    "stone",
    "bur",
    "gra",
    "no",
]


def names(r: np.random.Generator, n: int, least: int = 2, most: int = 4) -> list[str]:
    """Return n different names of syllables."""
    found: dict[str, None] = {}
    while len(found) < n:
        k = int(r.integers(least, most + 1))
        found["".join(SYLLABLES[i] for i in r.integers(0, len(SYLLABLES), k)).title()] = None
    return list(found)


def addresses(r: np.random.Generator, n: int = 1_000) -> Rows:
    """People with a zip code that determines the city, and a city that determines the state."""
    cities, states = names(r, 40), [a + b for a in "AKMN" for b in "CLY"]
    state_of = r.integers(0, len(states), len(cities))
    zips = [
        (f"{z:05d}", int(c))
        for z, c in zip(r.choice(89_999, 120, False) + 10_000, r.integers(0, 40, 120), strict=True)
    ]
    first = names(r, 150)
    rows = [zips[i] for i in r.integers(0, len(zips), n)]
    return {
        "id": [str(i + 1) for i in range(n)],
        "first": [first[min(int(i), 149)] for i in r.zipf(1.4, n) - 1],
        "zip": [z for z, _ in rows],
        "city": [cities[c] for _, c in rows],
        "state": [states[state_of[c]] for _, c in rows],
        "salary": [str(int(s) * 100) for s in r.normal(450, 90, n)],
        "rate": [f"{x:.2f}" for x in r.gamma(2, 2, n)],
    }


def drinks(r: np.random.Generator, n: int = 1_000) -> Rows:
    """Drinks with sizes, strengths and makers in places: few determined columns, many shapes."""
    makers = names(r, 80, 3, 5)
    towns = names(r, 60)
    town_of = r.integers(0, 60, 80)
    who = r.integers(0, 80, n)
    styles = [
        f"{a} {b}"
        for a in ("Pale", "Amber", "Brown", "India", "Red")
        for b in ("Ale", "Lager", "Stout", "Porter")
    ]
    return {
        "drink": [
            f"{a} {b}" for a, b in zip(r.permutation(names(r, n, 2, 5)), r.choice(styles, n), strict=True)
        ],
        "style": [str(s) for s in r.choice(styles, n)],
        "ounces": [
            str(x)
            for x in r.choice(["12.0", "16.0", "24.0", "8.4", "19.2"], n, p=[0.6, 0.2, 0.1, 0.05, 0.05])
        ],
        "abv": [f"{x:.3f}" for x in r.normal(0.06, 0.012, n).clip(0.02, 0.12)],
        "maker": [makers[i] for i in who],
        "town": [towns[town_of[i]] for i in who],
    }


def papers(r: np.random.Generator, n: int = 1_000) -> Rows:
    """Papers in journals with a short name and a number, with days, pages and languages."""
    journals = names(r, 90, 3, 5)
    issn = [f"{r.integers(1000, 9999)}-{r.integers(1000, 9999)}" for _ in journals]
    which = r.integers(0, 90, n)
    title = names(r, 400)
    page = r.integers(1, 900, n)
    return {
        "title": [" ".join(str(w) for w in r.choice(title, int(r.integers(4, 9)))) for _ in range(n)],
        "journal": [journals[i] for i in which],
        "issn": [issn[i] for i in which],
        "day": [str(np.datetime64("2001-01-01") + int(d)) for d in r.integers(0, 5_000, n)],
        "pages": [f"{p}-{p + int(k)}" for p, k in zip(page, r.integers(1, 20, n), strict=True)],
        "language": [str(x) for x in r.choice(["eng", "fre", "ger", "spa"], n, p=[0.9, 0.05, 0.03, 0.02])],
    }


def measures(r: np.random.Generator, n: int = 1_000) -> Rows:
    """Measured numbers and independent classes: nothing determines anything."""
    return {
        "height": [f"{x:.1f}" for x in r.normal(170, 9, n)],
        "count": [str(x) for x in r.poisson(4, n)],
        "money": [f"{x:.2f}" for x in r.lognormal(5, 2, n)],
        "plan": [str(x) for x in r.choice(["free", "basic", "pro", "team"], n, p=[0.6, 0.25, 0.1, 0.05])],
        "agent": [str(x) for x in r.choice([f"agent {i:02d}" for i in range(30)], n)],
        "answer": [None if u < 0.2 else "yes" if u < 0.6 else "no" for u in r.random(n)],
    }


KINDS: Mapping[str, Callable[[np.random.Generator], Rows]] = {
    "addresses": addresses, "drinks": drinks, "papers": papers, "measures": measures
}  # fmt: skip


def spoil(rows: Rows, column: str, at: np.ndarray, how: Callable[[str], str | None], truth: Cells) -> None:
    """Change cells of a column, noting in `truth` what stood there; cells that stay the same are no errors."""
    for i in at.tolist():
        value = rows[column][i]
        if value is None or (i, column) in truth:
            continue
        wrong = how(value)
        if wrong != value:
            truth[i, column], rows[column][i] = value, wrong


def some(r: np.random.Generator, n: int, share: float) -> np.ndarray:
    """Return the numbers of a share of n rows."""
    return r.choice(n, round(share * n), replace=False)


def typo(r: np.random.Generator) -> Callable[[str], str]:
    """Return what makes one typing error: a letter replaced, lost, doubled, or two swapped."""

    def wrong(text: str) -> str:
        i, kind = int(r.integers(len(text))), int(r.integers(4))
        if kind == 0 or len(text) < 2:
            return text[:i] + "qxzj"[int(r.integers(4))] + text[i + 1 :]
        if kind == 1:
            return text[:i] + text[i + 1 :]
        if kind == 2:
            return text[:i] + text[i] + text[i:]
        i = min(i, len(text) - 2)
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]

    return wrong


def table(rows: Rows) -> pa.Table:
    """Return rows as a table of text."""
    return pa.table({name: pa.array(values, pa.string()) for name, values in rows.items()})


def accused(rows: Rows) -> dict[tuple[int, str], Suspect]:
    """Return the suspects of a table by (row, column)."""
    columns = columns_of(table(rows))
    return {(s.row, columns[s.column].name): s for s in suspects(columns)}


def measured(found: Mapping[tuple[int, str], Suspect], truth: Cells) -> tuple[float, float]:
    """Return precision (1 where nothing is accused) and recall."""
    right = len(found.keys() & truth.keys())
    return (right / len(found) if found else 1.0), right / max(1, len(truth))
