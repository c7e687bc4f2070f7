"""Small worlds for the tests: a program file, and canonical tables as `tables.read` gives them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fieldguide.program import Program, load
from fieldguide.tables.tally import Summary

PROGRAM = '''
from datetime import timedelta
from fieldguide.program import (
    BinaryLabel, Boolean, Category, CountLabel, Number, NumericLabel, Presentation, Program, Question, Source, Timestamp, models,
    objectives, optimizers, priors,
)
from beside import is_weekend


def root(age):
    """A function of a number that may be missing."""
    return None if age is None or age < 0 else age ** 0.5


def band(age, plan):
    """A level made of two columns."""
    return None if age is None else f"{plan}-{int(age // 20)}" if abs(age) < 1e6 else "far"


visits = Program(
    question=Question(ask="Will the visitor come back?", one_row_is="a visit"),
    source=Source("visits.parquet", key="id", time="at", entity="visitor", timezone="America/New_York"),
    features=[
        Number("age", unit="year"),
        Number("seconds", unit="second"),
        Category("plan"),
        Boolean("member"),
        Timestamp("seen", parts=("hour", "weekday", "month", "day")),
        Boolean("weekend", of=is_weekend),
        Number("root", of=root),
        Category("band", of=band),
        SHOWN
    ],
    label=LABEL,
    model=MODEL,
    next_period="2013-10-01",
)
'''

BESIDE = '''
def is_weekend(seen):
    """Saturday or Sunday."""
    return None if seen is None else seen.weekday() >= 5
'''

BINARY = 'BinaryLabel("back", arrives_within=timedelta(days=7))'
COUNT = 'CountLabel("buys", arrives_within=timedelta(days=7))'
AMOUNT = 'NumericLabel("spent", arrives_within=timedelta(days=7))'


def write(
    folder: Path,
    *,
    model: str = "models.Linear()",
    label: str = BINARY,
    shown: bool = False,
    text: str = PROGRAM,
) -> Path:
    """Write the program file and the module beside it; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    presentation = 'Presentation(Category("position"), neutral="1"),' if shown else ""
    text = text.replace("SHOWN", presentation).replace("LABEL", label).replace("MODEL", model)
    (folder / "visits.py").write_text(text)
    (folder / "beside.py").write_text(BESIDE)
    return folder / "visits.py"


def program(folder: Path, **blanks: Any) -> Program:
    """Return the loaded program."""
    return load(write(folder, **blanks))[0]


def table(
    rows: int = 1000, seed: int = 0, kind: str = "binary", signal: float = 1.0, days: int = 360
) -> pa.Table:
    """Return a canonical table: 2013 in time order, visitors with several rows each, some values missing."""
    rng = np.random.default_rng(seed)
    start = int(datetime(2013, 1, 1, 12, tzinfo=UTC).timestamp() * 1e6)
    at = start + np.sort(rng.integers(0, days * 86_400_000_000, rows))
    visitor = rng.integers(0, max(rows // 5, 2), rows)
    age = np.round(rng.normal(40, 15, rows), 1)
    seconds = np.round(rng.lognormal(4, 1, rows), 2)
    plan = rng.choice(["free", "basic", "pro", "old"], rows, p=[0.6, 0.25, 0.14, 0.01])
    member = rng.random(rows) < 0.4
    seen = at - rng.integers(0, 86_400_000_000, rows)
    position = rng.choice(["1", "2", "3"], rows)
    age_missing, plan_missing = rng.random(rows) < 0.05, rng.random(rows) < 0.03
    score = (
        signal
        * (
            0.03 * (age - 40)
            - 0.4 * (np.log(seconds) - 4)
            + 0.8 * (plan == "pro")
            + 0.5 * member
            - 0.3 * (position == "3")
        )
        - 0.8
    )
    if kind == "binary":
        label = (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(float)
    elif kind == "count":
        label = rng.poisson(np.exp(0.5 * score)).astype(float)
    else:
        label = 50 + 10 * score + rng.normal(0, 5, rows)
    label = np.where(rng.random(rows) < 0.02, np.nan, label)
    known = at + rng.integers(1, 7 * 86_400_000_000, rows)
    return pa.table(
        {
            "age": pa.array(age, mask=age_missing),
            "seconds": seconds,
            "plan": pa.array(plan.tolist(), pa.string(), mask=plan_missing),
            "member": pa.array(member, mask=rng.random(rows) < 0.02),
            "seen": pa.array(seen, pa.timestamp("us", "UTC"), mask=rng.random(rows) < 0.02),
            "position": pa.array(position.tolist(), pa.string()),
            "__key": pa.array([f"k{i:06d}" for i in range(rows)]),
            "__time": pa.array(at, pa.timestamp("us", "UTC")),
            "__entity": pa.array([f"v{v}" for v in visitor]),
            "__label": pa.array(label, mask=np.isnan(label)),
            "__known_at": pa.array(known, pa.timestamp("us", "UTC")),
            "__weight": np.ones(rows),
        }
    )


def summary(rows: int = 1000) -> Summary:
    """Return a Summary of no columns: learning only carries it."""
    return Summary(rows=np.array([rows]), since=(None,), columns={})
