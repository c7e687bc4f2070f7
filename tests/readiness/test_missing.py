"""Missing values: only "not MCAR" and "no sign against MCAR" are ever said (FACTS 8; 14, item 14)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.finding import Finding
from fieldguide.program import Category, Number
from fieldguide.readiness.faithfulness.missing import Missing, missing_values
from fieldguide.tables.query.lines import lines

Columns = dict[str, Any]


def findings(columns: Columns, hours: Any = None) -> dict[str | None, Finding]:
    n = len(next(iter(columns.values())))
    start = np.int64(1_672_531_200_000_000)
    at = start + (np.arange(n) if hours is None else np.asarray(hours)).astype(np.int64) * 3_600_000_000
    time = pa.array(at.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))
    texts = {k: pa.array(v, pa.string()) for k, v in columns.items() if isinstance(v, list)}
    numbers = {k: pa.array(v, from_pandas=True) for k, v in columns.items() if k not in texts}
    drawn = pa.table({**numbers, **texts, "__time": time, "__row": np.arange(1, n + 1)})
    seen = lines(drawn, [*map(Number, numbers), *map(Category, texts)], n)
    masks = {k: seen.missing[k] for k in columns}
    found = missing_values(seen, {k: Missing(int(m.sum())) for k, m in masks.items()}, masks)
    return {f.about: f for f in found if f.about is not None or len(found) == 1}


def world(mechanism: str, seed: int, n: int = 1_000) -> Columns:
    """x goes missing: at random, with y (seen), with plan (seen), with the hidden x itself, late in time, with z."""
    r = np.random.default_rng(seed)
    x, y = r.normal(size=n), r.lognormal(0, 1, n)
    plan = r.choice(["free", "pro"], n).tolist()
    z = r.normal(size=n)
    z[r.random(n) < 0.1] = np.nan
    share = {
        "random": np.full(n, 0.2),
        "y": 0.05 + 0.3 * (y > 1.5),
        "plan": np.where(np.array(plan) == "pro", 0.3, 0.1),
        "itself": 0.05 + 0.3 * (x > 0),
        "time": np.where(np.arange(n) > 0.7 * n, 0.4, 0.1),
        "z": np.where(np.isnan(z), 0.7, 0.15),
    }[mechanism]
    return {"x": np.where(r.random(n) < share, np.nan, x), "y": y, "z": z, "plan": plan}


def not_mcar(mechanism: str, times: int = 12) -> int:
    return sum("not MCAR" in findings(world(mechanism, seed))["x"].saw for seed in range(times))


def test_at_random_there_is_rarely_a_sign() -> None:
    assert not_mcar("random", 40) <= 2


@pytest.mark.parametrize("mechanism", ["y", "plan", "time", "z"])
def test_what_goes_with_something_seen_is_found(mechanism: str) -> None:
    assert not_mcar(mechanism) >= 11


def test_what_goes_with_the_hidden_value_alone_cannot_be_seen_and_that_is_said() -> None:
    assert not_mcar("itself") <= 2
    assert (
        "no sign against MCAR, that is chance (a dependence on the missing value itself cannot be seen)"
        in findings(world("itself", 3))["x"].saw
    )


def test_the_verdict_names_what_it_goes_with_and_how_strongly() -> None:
    found = findings(world("plan", 0))["x"]
    assert "plan = 'pro'" in found.saw
    assert found.evidence["mechanism"] == "not MCAR"
    assert found.evidence["related"]["plan"] > 0.15
    assert "over time" in found.saw
    assert found.verdict == "pass"


def test_it_never_claims_more_than_can_be_known() -> None:
    for mechanism in ("random", "y", "itself"):
        saw = findings(world(mechanism, 1))["x"].saw
        assert ("not MCAR" in saw) != ("no sign against MCAR" in saw)
        assert "MAR," not in saw
        assert "missing at random" not in saw
        assert "MNAR" not in saw


def test_few_rows_are_unknown_and_few_missing_values_are_no_matter() -> None:
    tiny = {"x": np.array([1.0, np.nan] * 20), "y": np.arange(40.0)}
    assert findings(tiny)["x"].verdict == "unknown"
    few = {"x": np.array([np.nan] * 3 + [1.0] * 500), "y": np.arange(503.0)}
    assert findings(few)["x"].verdict == "pass"
    assert "too few to look for a pattern" in findings(few)["x"].saw
    assert findings({"y": np.arange(100.0)})[None].saw == "no missing values"


def test_many_missing_values_of_no_consequence_are_not_made_into_one() -> None:
    """A million rows make any difference significant: small effects are not spoken of."""
    r = np.random.default_rng(0)
    n = 200_000
    y = r.normal(size=n)
    x = np.where(r.random(n) < 0.2 + 0.005 * y, np.nan, 1.0)
    assert "no sign against MCAR" in findings({"x": x, "y": y})["x"].saw


@pytest.mark.parametrize(
    ("mechanism", "expected"),
    [("mcar", "no sign against MCAR"), ("mar", "not MCAR"), ("mnar", "no sign against MCAR")],
)
def test_houses_with_known_mechanisms(shared: Path, mechanism: str, expected: str) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(shared / "houses_missingness" / f"simple_{mechanism}_30.parquet")
    numbers = {
        name: table[name].to_numpy(zero_copy_only=False).astype(float)
        for name, kind in zip(table.column_names, table.schema.types, strict=True)
        if pa.types.is_floating(kind) or pa.types.is_integer(kind)
    }
    numbers = {name: np.where(x == -9_999_999, np.nan, x) for name, x in numbers.items()}
    assert expected in findings(numbers)["median_income"].saw
