"""Summaries on disk: an .npz of plain arrays with a JSON header; nothing is pickled.

The file's bytes depend on the summary alone (no time of writing), so that content hashes repeat.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide.errors import DataError
from fieldguide.tables.tally import ColumnSummary, Grid, Summary

FORMAT = 1
_ARRAYS = ("counts", "nulls", "nonfinite", "total", "squares", "low", "high")


def save(summary: Summary, path: str | Path) -> Path:
    """Write the summary to `path` (.npz) and return the path."""
    header: dict[str, Any] = {"format": FORMAT, "since": list(summary.since), "columns": []}
    arrays: dict[str, np.ndarray[Any, Any]] = {"rows": summary.rows}
    for i, c in enumerate(summary.columns.values()):
        header["columns"].append(
            {
                "name": c.name,
                "kind": c.kind,
                "grid": None if c.grid is None else [c.grid.anchor, c.grid.scale],
                "labels": list(c.labels),
                "values": c.values is not None,
            }
        )
        arrays |= {f"{i}.{name}": getattr(c, name) for name in _ARRAYS}
        arrays[f"{i}.buckets"] = np.array(c.buckets, dtype=np.int64)
        if c.values is not None:
            points = sorted(c.values)
            arrays[f"{i}.points"] = np.array(points, dtype=np.float64)
            arrays[f"{i}.times"] = np.array([c.values[x] for x in points], dtype=np.int64)
    arrays["header"] = np.frombuffer(json.dumps(header, sort_keys=True).encode(), dtype=np.uint8)
    path = Path(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)),
                content.getvalue(),
                zipfile.ZIP_DEFLATED,
            )
    return path


def load(path: str | Path) -> Summary:
    """Return the summary that `save` wrote.

    Raises DataError when there is none, or none that can be read.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            header = json.loads(archive["header"].tobytes())
            if header["format"] != FORMAT:
                raise DataError(
                    f"{path} holds a summary of format {header['format']}, this version reads {FORMAT}: fit again."
                )
            columns = [_column(i, entry, archive) for i, entry in enumerate(header["columns"])]
            return Summary(archive["rows"], tuple(header["since"]), {c.name: c for c in columns})
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path} holds no summary that can be read ({error}); fit again to write it."
        ) from error


def _column(i: int, entry: dict[str, Any], archive: Any) -> ColumnSummary:
    values = None
    if entry["values"]:
        points, times = archive[f"{i}.points"].tolist(), archive[f"{i}.times"].tolist()
        values = dict(zip(points, times, strict=True))
    return ColumnSummary(
        name=entry["name"],
        kind=entry["kind"],
        grid=None if entry["grid"] is None else Grid(*entry["grid"]),
        buckets=tuple(archive[f"{i}.buckets"].tolist()),
        labels=tuple(entry["labels"]),
        values=values,
        **{name: archive[f"{i}.{name}"] for name in _ARRAYS},
    )
