"""Rows that come twice, and rows that are nearly the same."""

from __future__ import annotations

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import columns_of
from fieldguide.readiness.faithfulness.cells.copies import names_rows, repeated, similar
from fieldguide.readiness.faithfulness.cells.findings import duplicate_rows, similar_rows
from fieldguide.readiness.faithfulness.cells.minhash import jaccard, shingles, signatures

from .worlds import KINDS, Rows, drinks, names, table


def restaurants(r: np.random.Generator, n: int = 500) -> Rows:
    """Restaurants with a name, a street and a town."""
    words = names(r, 300, 3, 4)
    streets = names(r, 80, 3, 4)
    return {
        "id": [str(i) for i in range(n)],
        "name": [" ".join(str(w) for w in r.choice(words, 3)) for _ in range(n)],
        "street": [f"{r.integers(1, 99)} {r.choice(streets)} Street" for _ in range(n)],
        "town": [str(t) for t in r.choice(words[:12], n)],
        "kind": [str(t) for t in r.choice(["french", "thai", "diner"], n)],
    }


def test_rows_that_are_equal_but_for_the_key_are_found() -> None:
    rows = restaurants(np.random.default_rng(1))
    for column, values in rows.items():
        rows[column] = [*values, *(values[i] if column != "id" else f"new {i}" for i in (3, 7, 7))]
    found = repeated(columns_of(table(rows)), ["id"])
    assert found.rows.tolist() == [500, 501, 502]
    assert found.first.tolist() == [3, 7, 7]
    assert found.telling
    told = duplicate_rows(found, ["501 and 4", "502 and 8", "503 and 8"], 503, "503 rows")
    assert (told.verdict, told.rows[0]) == ("pass", "501 and 4")
    assert told.saw.startswith("3 rows repeat an earlier one")
    assert told.next


def test_equal_rows_of_few_classes_are_told_without_a_charge() -> None:
    r = np.random.default_rng(2)
    rows: Rows = {
        "size": [str(i) for i in r.integers(0, 30, 200)],
        "kind": [str(i) for i in r.integers(0, 3, 200)],
    }
    found = repeated(columns_of(table(rows)), [])
    assert len(found.rows) > 100
    assert not found.telling
    told = duplicate_rows(found, [], 200, "200 rows")
    assert (told.verdict, told.next) == ("pass", "")


def test_rows_that_are_nearly_the_same_are_found_and_their_pairs_named() -> None:
    for seed in range(3):
        r = np.random.default_rng([3, seed])
        rows = restaurants(r)
        copied = r.choice(500, 20, replace=False).tolist()
        for column, values in rows.items():
            rows[column] = [*values, *(values[i] for i in copied)]
        for k in range(20):
            name = rows["name"][500 + k]
            assert name is not None
            rows["name"][500 + k] = name[:-1] if k % 2 else name.upper()
            rows["id"][500 + k] = f"{9_000 + k}"
        pairs = {(p.first, p.second) for p in similar(columns_of(table(rows)), ["id"])}
        wanted = {(i, 500 + k) for k, i in enumerate(copied)}
        assert len(pairs & wanted) >= 18
        assert len(pairs - wanted) == 0


def test_no_rows_are_alike_in_tables_without_copies() -> None:
    for kind, make in KINDS.items():
        columns = columns_of(table(make(np.random.default_rng(4))))
        assert similar(columns, ["id"]) == [], kind
    assert names_rows(columns_of(table(drinks(np.random.default_rng(4)))), [])
    assert similar_rows([], [], False, "9 rows").saw == "no column of texts names the rows"


def test_signatures_say_how_much_two_texts_have_in_common() -> None:
    r = np.random.default_rng(5)
    words = [f"word{i}" for i in range(60)]
    texts = [" ".join(r.choice(words, 12)) for _ in range(40)]
    sets = [shingles(t) for t in texts]
    found = signatures(sets, size=256)
    off = [(found[i] == found[j]).mean() - jaccard(sets[i], sets[j]) for i in range(40) for j in range(i)]
    assert abs(np.mean(off)) < 0.02
    assert np.abs(off).max() < 0.17
