"""A drafted program file: no value of a person in it, and messages that name what a column holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldguide.errors import UsageError
from fieldguide.steps.new import new


def _parquet(folder: Path, **columns: object) -> str:
    pq.write_table(pa.table({"id": [f"r{i}" for i in range(60)], **columns}), folder / "data.parquet")
    return "data.parquet"


def test_no_value_of_a_personal_column_is_drafted_or_told(tmp_path: Path) -> None:
    lines = ["visit,email,full_name,phone,owner_email,plan,came_back"]
    for i in range(300):
        who = ("ann.lee", "Ann Lee", 4155550101) if i % 2 else ("cid.poe", "Cid Poe", 4155550102)
        plan = ("free", "pro")[i % 3 == 0]
        lines.append(f"v{i},{who[0]}@example.org,{who[1]},{who[2]},only.one@example.org,{plan},{i % 2}")
    (tmp_path / "visits.csv").write_text("\n".join(lines))
    path, told = new("visits", "visits.csv", folder=tmp_path)
    everything = path.read_text() + "\n".join(told)
    for value in ("ann.lee", "cid.poe", "Ann Lee", "Cid Poe", "41555", "only.one"):
        assert value not in everything
    assert "# seen: free, pro" in everything
    assert "personal data" in everything


def test_a_column_without_finite_numbers_is_told(tmp_path: Path) -> None:
    odd = [float("nan"), float("inf"), 1e305] * 20
    _, told = new(
        "data", _parquet(tmp_path, odd=odd, size=[float(i % 7) for i in range(60)]), folder=tmp_path
    )
    assert "not a feature: odd (no finite number)" in told


def test_a_label_that_is_none_is_refused_by_what_it_holds(tmp_path: Path) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    place = _parquet(
        tmp_path,
        when=[start + timedelta(hours=i) for i in range(60)],
        member=[True] * 60,
        plan=["free", "basic", "pro"] * 20,
    )
    for label, held in (
        ("when", r"times \(60 different ones\)"),
        ("member", "always the same yes/no value"),
        ("plan", "3 different names"),
    ):
        with pytest.raises(UsageError, match=f"'{label}' holds {held}; a label is"):
            new("data", place, label=label, folder=tmp_path)
