"""Three visits to a site, as files of every kind and as a program."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

from fieldguide.program import (
    BinaryLabel,
    Boolean,
    Category,
    Number,
    Program,
    Question,
    Source,
)
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.read import Reading

DAY = timedelta(days=1)
VISITS = pa.table(
    {
        "id": pa.array(["007", "008", "009"]),
        "seconds": pa.array([12.5, None, 3.0]),
        "plan": pa.array(["free", "pro", None]),
        "mobile": pa.array([True, False, None]),
        "at": pa.array([datetime(2024, 1, d, 12, tzinfo=UTC) for d in (1, 2, 3)], pa.timestamp("us", "UTC")),
        "back": pa.array([1, 0, 1]),
    }
)
FEATURES = (Number("seconds"), Category("plan"), Boolean("mobile"))


def program(
    data: Any, *, features: Any = FEATURES, label: Any = None, inputs: Any = (), **source: Any
) -> Program:
    source = {"key": "id", "time": "at"} | source
    return Program(
        question=Question(ask="Will the visitor come back?", one_row_is="a visit"),
        source=Source(data, **source),
        features=features,
        inputs=inputs,
        label=label or BinaryLabel("back", arrives_within=7 * DAY),
        name="visits",
    )


def rows(made: Reading) -> list[dict[str, Any]]:
    """The canonical rows in order of their key; instants as aware datetimes."""
    return sorted(
        engine.to_arrow(made.table).to_pylist(),
        key=lambda row: (row["__key"] is None, row["__key"], row["__time"]),
    )


def column(made: Reading, name: str) -> list[Any]:
    return [row[name] for row in rows(made)]


def write(folder: Path, name: str, table: pa.Table = VISITS) -> Path:
    path = folder / name
    if name.endswith(("csv", "tsv", "txt")):
        frame = table.to_pandas()
        frame["back"] = frame["back"].astype(int)
        separator = {"tsv": "\t", "txt": ";"}.get(name[-3:], ",")
        path.write_text(frame.to_csv(index=False, sep=separator))
    elif name.endswith("parquet"):
        pq.write_table(table, path)
    elif name.endswith("feather"):
        pyarrow.feather.write_feather(table, path)
    elif name.endswith("arrows"):
        with pa.ipc.new_stream(str(path), table.schema) as out:
            out.write_table(table)
    else:
        listed = [r | {"at": r["at"].isoformat()} for r in table.to_pylist()]
        lines = name.endswith("ndjson")
        path.write_text("\n".join(map(json.dumps, listed)) + "\n" if lines else json.dumps(listed))
    return path
