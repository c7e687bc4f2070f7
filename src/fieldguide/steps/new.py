"""New: a program file with the blanks to fill, its columns drafted from a table."""

from __future__ import annotations

import keyword
import os
import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fieldguide.errors import UsageError, suggest
from fieldguide.finding import agreed
from fieldguide.program import Source
from fieldguide.readiness.accessibility.looks import Look
from fieldguide.readiness.accessibility.privacy.hiding import without_values
from fieldguide.readiness.accessibility.privacy.table import Looked
from fieldguide.readiness.telling import listed, short
from fieldguide.tables.draft import ColumnDraft, Draft, LabelDraft, draft

CLASSES = {
    "number": "Number",
    "category": "Category",
    "boolean": "Boolean",
    "timestamp": "Timestamp",
    "text": "Text",
}
LABELS = {"binary": "BinaryLabel", "numeric": "NumericLabel", "count": "CountLabel"}
NAMED = "named on the command line"
MOST_NOTES = 6
"""Notes on how the table was read that are told."""
MOST_LEFT_OUT = 12
"""Columns that are told one by one where they are no feature."""


def new(
    name: str,
    data: str | None = None,
    *,
    table: str | None = None,
    query: str | None = None,
    label: str | None = None,
    folder: Path,
) -> tuple[Path, tuple[str, ...]]:
    """Write `name.py` into `folder` and return its path and what a person should check in it.

    `data`, `table` and `query` are those of a `Source`: a path or an address, and what of it where it holds several tables.
    `label` is the column to predict; left out, the likeliest is drafted, and none where none is likely: the
    data can be graded without a question.

    Raises UsageError when the name is no name, the file exists, the label is not a column, or a database is not said
    which of its tables; DataError when the rows cannot be read.
    """
    name = name.removesuffix(".py")
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise UsageError(f"{name!r} cannot name a program; use letters, digits and _, such as 'visits'.")
    path = folder / f"{name}.py"
    if path.exists():
        raise UsageError(
            f"{path.name} exists already and is left as it is; choose another name, or remove it first."
        )
    if data is None:
        if table is not None or query is not None:
            raise UsageError(
                f"--{'query' if table is None else 'table'} lacks the place of the data: fieldguide new {name} sqlite:///shop.db "
                "--table visits, say."
            )
        text = _blank(name)
        doubts: tuple[str, ...] = (f"everything: it describes an imagined table {name}.csv",)
    else:
        source = Source(data, table=table, query=query)
        found = draft(source, folder)
        persons = Look(found.part).personal
        found = _unseen(found, persons)
        chosen = _label(found, label)
        text = _program(name, source, found, chosen, persons)
        doubts = tuple(agreed(doubt) for doubt in _doubts(found, chosen, persons))
    draft_path = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft_path.write_text(text, encoding="utf-8")
        draft_path.rename(path)
    finally:
        draft_path.unlink(missing_ok=True)
    return path, doubts


def _unseen(found: Draft, persons: Looked) -> Draft:
    """Return a draft that tells no value of the columns that look like personal data."""
    columns = tuple(
        replace(
            c, values=(), least=None, most=None, doubt=without_values(c.doubt),
            reason="always the same" if c.distinct == 1 and c.values else without_values(c.reason),
        ) if c.name in persons.found else c
        for c in found.columns
    )  # fmt: skip
    labels = tuple(
        replace(each, reason=_without_pair(each.reason)) if each.name in persons.found else each
        for each in found.labels
    )
    part = found.part
    notes = tuple(
        without_values(note) if any(note.startswith(f"{name}: ") for name in persons.found) else note
        for note in part.notes
    )
    return replace(found, columns=columns, labels=labels, part=replace(part, notes=notes))


def _without_pair(reason: str) -> str:
    """Return why a column could be the label, without its two values."""
    return re.sub(r"two values: .*", "two values", reason, flags=re.DOTALL)


def _label(found: Draft, wanted: str | None) -> LabelDraft | None:
    if wanted is None:
        likely = (each for each in found.labels if _likely(each) and _columns(found, each)[0])
        return next(likely, None)
    for each in found.labels:
        if each.name == wanted:
            return replace(each, reason=f"{NAMED}; {each.reason}")
    columns = {column.name: column for column in found.columns}
    if wanted not in columns:
        raise UsageError(
            f"There is no column {wanted!r}.{suggest(wanted, columns)} Columns: {', '.join(columns)}."
        )
    if columns[wanted].kind != "number":
        raise UsageError(
            f"{wanted!r} holds {_held(columns[wanted])}; a label is yes/no, an amount or a count. "
            "Make a column that says yes or no of the case that matters."
        )
    return LabelDraft(wanted, "numeric", None, NAMED)


def _held(column: ColumnDraft) -> str:
    """Return what a column that is no label holds."""
    n = column.distinct
    if column.kind is None:
        return "neither numbers nor texts nor times"
    if n == 0:
        return "no values"
    if column.kind == "timestamp":
        return f"times ({n:,} different ones)" if n > 1 else "always the same time"
    if n == 1:
        return f"always the same {'yes/no value' if column.kind == 'boolean' else 'name'}"
    return f"{n:,} different {'texts' if _kind(column) == 'text' else 'names'}"


def _likely(label: LabelDraft) -> bool:
    """Return whether a column is drafted as the label unasked: by its name, or as the last one if it is yes or no."""
    return "named like a label" in label.reason or (label.kind == "binary" and "last column" in label.reason)


def _doubts(found: Draft, label: LabelDraft | None, persons: Looked) -> Iterator[str]:
    part = found.part
    for note in part.notes[:MOST_NOTES]:
        yield f"read: {note}"
    if len(part.notes) > MOST_NOTES:
        yield f"read: and {len(part.notes) - MOST_NOTES} more; fieldguide grade P --all tells them"
    if part.rejected:
        first = part.rejects[0] if part.rejects else None
        told = f"; the first: {first.file}:{first.line} ({first.reason})" if first else ""
        yield f"lost: {part.rejected:,} lines could not be read{told}"
    if label is not None:
        yield f"label: {label.name} ({label.reason})"
    else:
        could = f" (it could be {listed([each.name for each in found.labels], 5)})" if found.labels else ""
        yield f"label: none looks likely; to predict a column, name it: --label COLUMN{could}"
    yield f"key: {' and '.join(found.keys[0])} (unique)" if found.keys else "key: no column is unique"
    yield (
        f"time: {found.times[0]}"
        if found.times
        else "time: no column holds times, so there is no next period to judge on"
    )
    if persons.found:
        yield f"personal data: {persons.told}"
    for column in (c for c in found.columns if c.doubt):
        yield f"not read as numbers or times: {short(column.name)} ({column.doubt})"
    placed = {*(found.keys[0] if found.keys else ()), *found.times[:1], found.entity}
    placed |= {label.name} if label is not None else set()
    features, inputs = _columns(found, label)
    texts = [column.name for column in inputs if _kind(column) == "text"]
    if texts:
        yield f"free text, read by computed features only: {listed(texts)}"
    used = {column.name for column in (*features, *inputs)}
    left = [c for c in found.columns if c.name not in used | placed]
    for column in left[:MOST_LEFT_OUT]:
        yield f"not a feature: {short(column.name)} ({_why_not(column)})"
    if len(left) > MOST_LEFT_OUT:
        yield f"not features either: {listed([c.name for c in left[MOST_LEFT_OUT:]])}"


def _columns(found: Draft, label: LabelDraft | None) -> tuple[list[ColumnDraft], list[ColumnDraft]]:
    """Return the columns that are drafted as features, and those as inputs: free text, and all where nothing else is."""
    name = label.name if label is not None else None
    taken = {*(found.keys[0] if found.keys else ()), *found.times[:1], found.entity, name}
    free = [c for c in found.columns if c.name not in taken and not _unnameable(c) and c.kind is not None]
    features = [c for c in free if c.use and _kind(c) not in ("text", "timestamp")]
    inputs = [c for c in free if not c.use and _kind(c) == "text" and c.distinct > 1]
    if label is None:
        inputs += [c for c in free if _kind(c) == "timestamp" and c.distinct > 1]
    if not features and not inputs:
        inputs = [c for c in found.columns if c.name != name and not _unnameable(c) and c.kind is not None]
    if label is not None and label.reason.startswith(NAMED) and not features:
        features, inputs = [replace(c, use=True) for c in inputs], []
    return features, inputs


def _kind(column: ColumnDraft) -> str:
    """Return the kind as it is drafted: a category of too many names is free text."""
    if column.kind == "category" and not column.use and column.distinct > 1:
        return "text"
    return str(column.kind)


def _unnameable(column: ColumnDraft) -> bool:
    return not column.name or column.name.startswith("__")


def _why_not(column: ColumnDraft) -> str:
    if _unnameable(column):
        return "a column's name is not empty and does not begin with two underscores: rename it in the source"
    always = column.values[0] if column.distinct == 1 and column.values else ""
    return column.reason if len(always) <= 40 else f"always {short(always)!r}"


def _program(name: str, data: Source, found: Draft, label: LabelDraft | None, persons: Looked) -> str:
    key = found.keys[0] if found.keys else ()
    time = found.times[0] if found.times else None
    source = [f"{_text(str(data.data))},"]
    source += [
        f"{blank}={_text(told)}," for blank, told in (("table", data.table), ("query", data.query)) if told
    ]
    if key:
        shown = _text(key[0]) if len(key) == 1 else f"({', '.join(map(_text, key))})"
        source.append(f"key={shown},  # unique in all {agreed(f'{found.rows:,} rows')}")
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
    if persons.found:
        told = f"these look like personal data: {persons.told}".translate(_BREAKS)
        source += [f"# {line}" for line in textwrap.wrap(told, 100, break_long_words=False)]
    features, inputs = (
        [_feature(c, feature=i == 0) for c in columns] for i, columns in enumerate(_columns(found, label))
    )
    if label is None:
        return _file(name, _called(data), "", source, features, inputs, None)
    positive = f", positive={_text(label.positive)}" if label.positive is not None else ""
    made = f"fg.{LABELS[label.kind]}({_text(label.name)}, arrives_within=timedelta(days=7){positive})"
    return _file(name, _called(data), f"What will {label.name} be?", source, features, inputs, made)


def _called(data: Source) -> str:
    """Return how the rows are called in a sentence, in a few words."""
    place = Path(str(data.data)).name
    if data.query:
        return f"a query of {place}"
    return f"{data.table} of {place}" if data.table else place


def _blank(name: str) -> str:
    source = [
        f'"{name}.csv",',
        'key="id",',
        'time="at",  # when the prediction is made, read in timezone=',
        'timezone="UTC",',
        *_ANSWERS,
    ]
    features = ['fg.Number("amount", unit="dollar", low=0, about=""),', 'fg.Category("plan", about=""),']
    made = 'fg.BinaryLabel("came_back", arrives_within=timedelta(days=7))'
    return _file(name, f"{name}.csv", "", source, features, [], made)


_ANSWERS = [
    "owner=None,  # who answers for these data, and owner_contact=",
    'license=None,  # the terms under which they may be used, such as "internal"',
    "purpose=None,  # what they may be used for",
    'personal_data=None,  # "none", or what they hold of persons and on which legal basis',
    'sampling=None,  # how the rows were chosen and measured, such as "every visit, as logged"',
]


def _feature(column: ColumnDraft, *, feature: bool) -> str:
    blanks, kind = [_text(column.name)], _kind(column)
    if kind == "timestamp" and feature:
        blanks.append('parts=("hour", "weekday")')
    if kind == "number":
        blanks.append(f"unit={_text(column.unit)}" if column.unit else "unit=None")
        blanks += [
            f"{bound}={_number(value)}"
            for bound, value in (("low", column.low), ("high", column.high))
            if value is not None
        ]
    blanks.append('about=""')
    seen = ""
    if kind == "number" and column.least is not None and column.most is not None:
        seen = f"  # seen: {_number(column.least)} to {_number(column.most)}"
    elif column.values and kind != "text":
        seen = f"  # seen: {', '.join(column.values)[:60]}"
    return f"fg.{CLASSES[kind]}({', '.join(blanks)}),{seen.translate(_BREAKS)}"


_BREAKS = {ord(sign): " " for sign in "\n\r\x0b\x0c\x00\x1c\x1d\x1e\x85\u2028\u2029"}
"""What could end a comment before its line does."""


def _file(
    name: str,
    called: str,
    ask: str,
    source: list[str],
    features: list[str],
    inputs: list[str],
    label: str | None,
) -> str:
    inner = "\n        ".join(source)
    columns = "\n        ".join(features) or "# fg.Number(…),"
    read = ""
    if inputs:
        told = "\n        ".join(inputs)
        read = f"\n    inputs=[  # graded and checked, and read by computed features (of=) only\n        {told}\n    ],"
    posed = f"""question=fg.Question(
        ask={_text(ask)},  # the question, in the words of the product
        one_row_is="",  # such as "a visit"
        decision="",  # what will be done differently once the answer is known
    ),"""
    last = f"label={label},  # how long the outcome takes"
    if label is None:
        last = (
            '# label=fg.BinaryLabel("…", arrives_within=timedelta(days=7)),  # what is observed later\n'
            "    # without a question and a label the data are graded up to B1, for every question to come"
        )
    what = called.replace("\\", "/").replace('"', "'").translate(_BREAKS)
    about = f"what is asked of {what}" if label is not None else f"the data of {what}"
    return f'''"""{name}: {about}. Fill in what is empty; fieldguide grade {name}.py says what matters."""

from datetime import timedelta

import fieldguide as fg

{name} = fg.Program(
    {posed}
    source=fg.Source(
        {inner}
    ),
    features=[
        {columns}
    ],{read}
    {last}
)
'''


def _text(value: str | None) -> str:
    shown = repr(value or "")
    return f'"{shown[1:-1]}"' if shown.startswith("'") and '"' not in shown else shown


def _number(value: float) -> str:
    whole = float(value).is_integer() and abs(value) < 1e15
    return repr(int(value)) if whole else repr(float(f"{value:.12g}"))
