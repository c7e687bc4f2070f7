"""New: a program file with the blanks to fill, its features drafted from a table."""

from __future__ import annotations

import keyword
import os
from collections.abc import Iterator
from pathlib import Path

from fieldguide.errors import UsageError, suggest
from fieldguide.tables.draft import ColumnDraft, Draft, LabelDraft, draft

CLASSES = {"number": "Number", "category": "Category", "boolean": "Boolean", "timestamp": "Timestamp"}
LABELS = {"binary": "BinaryLabel", "numeric": "NumericLabel", "count": "CountLabel"}


def new(
    name: str, table: str | None = None, *, label: str | None = None, folder: Path
) -> tuple[Path, tuple[str, ...]]:
    """Write `name.py` into `folder` and return its path and what a person should check in it.

    Raises UsageError when the name is no name, the file exists, or the label is not a column; DataError
    when the table cannot be read.
    """
    name = name.removesuffix(".py")
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise UsageError(f"{name!r} cannot name a program; use letters, digits and _, such as 'visits'.")
    path = folder / f"{name}.py"
    if path.exists():
        raise UsageError(
            f"{path.name} exists already and is left as it is; choose another name, or remove it first."
        )
    if table is None:
        text = _blank(name)
        doubts: tuple[str, ...] = (f"everything: it describes an imagined table {name}.csv",)
    else:
        found = draft(table, folder)
        chosen = _label(found, label)
        text, doubts = _program(name, table, found, chosen), tuple(_doubts(found, chosen))
    draft_path = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft_path.write_text(text, encoding="utf-8")
        draft_path.rename(path)
    finally:
        draft_path.unlink(missing_ok=True)
    return path, doubts


def _label(found: Draft, wanted: str | None) -> LabelDraft:
    if wanted is None:
        if found.labels:
            return found.labels[0]
        names = ", ".join(column.name for column in found.columns)
        raise UsageError(
            f"No column looks like what is to be predicted; name it: --label COLUMN (columns: {names})."
        )
    for each in found.labels:
        if each.name == wanted:
            return each
    columns = {column.name: column for column in found.columns}
    if wanted not in columns:
        raise UsageError(
            f"There is no column {wanted!r}.{suggest(wanted, columns)} Columns: {', '.join(columns)}."
        )
    if columns[wanted].kind != "number":
        raise UsageError(
            f"{wanted!r} holds {columns[wanted].distinct} different names; a label is yes/no, an amount or a count. "
            "Make a column that says yes or no of the case that matters."
        )
    return LabelDraft(wanted, "numeric", None, "named on the command line")


def _doubts(found: Draft, label: LabelDraft) -> Iterator[str]:
    yield f"label: {label.name} ({label.reason})"
    yield f"key: {' and '.join(found.keys[0])} (unique)" if found.keys else "key: no column is unique"
    yield (
        f"time: {found.times[0]}"
        if found.times
        else "time: no column holds times, so there is no next period to judge on"
    )
    placed = {label.name, *(found.keys[0] if found.keys else ()), *found.times[:1], found.entity}
    for column in found.columns:
        if not column.use and column.name not in placed:
            yield f"not a feature: {column.name} ({column.reason})"


def _program(name: str, table: str, found: Draft, label: LabelDraft) -> str:
    key = found.keys[0] if found.keys else ()
    time = found.times[0] if found.times else None
    source = [f"{_text(table)},"]
    if key:
        shown = _text(key[0]) if len(key) == 1 else f"({', '.join(map(_text, key))})"
        source.append(f"key={shown},  # unique in all {found.rows:,} rows")
    else:
        source.append("# key=…,  # no column is unique: name the one that says which row is which")
    if time:
        source.append(f"time={_text(time)},  # when the prediction is made, read in timezone=")
        source.append('timezone="UTC",')
    else:
        source.append(
            "# time=…,  # when the prediction is made; without it there is no next period to judge on"
        )
    if found.entity:
        source.append(f"entity={_text(found.entity)},  # whose rows belong together")
    source += _ANSWERS
    taken = {*key, time, found.entity, label.name}
    features = [_feature(column) for column in found.features(label.name) if column.name not in taken]
    positive = f", positive={_text(label.positive)}" if label.positive is not None else ""
    made = f"fg.{LABELS[label.kind]}({_text(label.name)}, arrives_within=timedelta(days=7){positive})"
    return _file(name, table, f"What will {label.name} be?", source, features, made)


def _blank(name: str) -> str:
    source = [
        f'"{name}.csv",',
        'key="id",',
        'time="at",  # when the prediction is made, read in timezone=',
        'timezone="UTC",',
        *_ANSWERS,
    ]
    features = ['fg.Number("amount", unit="dollar", low=0, about=""),', 'fg.Category("plan", about=""),']
    return _file(
        name,
        f"{name}.csv",
        "",
        source,
        features,
        'fg.BinaryLabel("came_back", arrives_within=timedelta(days=7))',
    )


_ANSWERS = [
    "owner=None,  # who answers for these data, and owner_contact=",
    'license=None,  # the terms under which they may be used, such as "internal"',
    "purpose=None,  # what they may be used for",
    'personal_data=None,  # "none", or what they hold of persons and on which legal basis',
]


def _feature(column: ColumnDraft) -> str:
    blanks = [_text(column.name)]
    if column.kind == "timestamp":
        blanks.append('parts=("hour", "weekday")')
    if column.kind == "number":
        blanks.append(f"unit={_text(column.unit)}" if column.unit else "unit=None")
        blanks += [
            f"{bound}={_number(value)}"
            for bound, value in (("low", column.low), ("high", column.high))
            if value is not None
        ]
    blanks.append('about=""')
    seen = ""
    if column.kind == "number" and column.least is not None and column.most is not None:
        seen = f"  # seen: {_number(column.least)} to {_number(column.most)}"
    elif column.values:
        seen = f"  # seen: {', '.join(column.values)[:60]}"
    return f"fg.{CLASSES[str(column.kind)]}({', '.join(blanks)}),{seen}".replace("\n", " ")


def _file(name: str, table: str, ask: str, source: list[str], features: list[str], label: str) -> str:
    inner = "\n        ".join(source)
    columns = "\n        ".join(features) or "# fg.Number(…),"
    return f'''"""{name}: what is asked of {Path(table).name}. Fill in what is empty; fieldguide grade {name}.py says what matters."""

from datetime import timedelta

import fieldguide as fg

{name} = fg.Program(
    question=fg.Question(
        ask={_text(ask)},  # the question, in the words of the product
        one_row_is="",  # such as "a visit"
        decision="",  # what will be done differently once the answer is known
    ),
    source=fg.Source(
        {inner}
    ),
    features=[
        {columns}
    ],
    label={label},  # how long the outcome takes
)
'''


def _text(value: str | None) -> str:
    shown = repr(value or "")
    return f'"{shown[1:-1]}"' if shown.startswith("'") and '"' not in shown else shown


def _number(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
