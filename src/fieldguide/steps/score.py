"""Score: predictions for a whole table, by the code that serves."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from fieldguide.learning import predict_table
from fieldguide.program import Program, named
from fieldguide.steps.explain import choose
from fieldguide.steps.harvest import writable, write_table
from fieldguide.steps.home import DEFAULT, Home, at_home
from fieldguide.tables.read import read_rows


def score(
    program: Program,
    table: str,
    out: str | Path,
    *,
    fitted: str | None = None,
    home: str | Path | Home = DEFAULT,
) -> int:
    """Predict every row of `table` and write its key and prediction to `out`; returns the number of rows.

    The rows hold the raw columns under their names, joined ones included; a label is not needed.

    Raises DataError when the table cannot be read, ProgramError when columns are missing.
    """
    path = writable(out)
    model = choose(at_home(home), named(program), fitted)
    rows = read_rows(model.program, str(Path(table).resolve()))
    predictions = predict_table(model, rows)
    columns = {"prediction": pa.array(predictions)}
    keys = model.program.source.keys
    if keys and "__key" in rows.column_names:
        columns = {keys[0] if len(keys) == 1 else "key": rows["__key"], **columns}
    write_table(pa.table(columns), path)
    return int(rows.num_rows)
