"""What differs between two programs, knob by knob, and the fingerprint of one.

A knob is what can differ between two releases and alters what they do. Descriptions, owners and other
answers to questions of readiness are no knobs. Functions count with their own source and with that of
the functions and plain constants of the same folder that they use.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os.path
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fieldguide.program.functions import function_fingerprint
from fieldguide.program.program import Program, directory
from fieldguide.program.source import Source

KNOBS = ("source", "features", "label", "model", "objective", "prior", "optimizer", "next_period", "seed")
"""The chosen knobs that a program file holds. The data window and the share are chosen at the fit."""


@dataclass(frozen=True)
class Change:
    """One knob that differs: its value before and after, as text, defaults shown."""

    knob: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.knob}: {self.before} → {self.after}"


def knobs(program: Program) -> dict[str, str | list[str]]:
    """Return every chosen knob of a program as canonical text, defaults filled in; the features as a list.

    Equal text means the same behaviour, on every Python version. JSON-able.
    """
    blanks, folder = program.blanks(), directory(program)
    values: dict[str, str | list[str]] = {}
    for knob in KNOBS:
        value = getattr(blanks, knob) if hasattr(blanks, knob) else getattr(program, knob)
        values[knob] = (
            "the last fifth of the time span"
            if knob == "next_period" and value is None
            else render(value, folder)
        )
    values["features"] = [render(f) for f in program.features] + [
        f"input {render(f)}" for f in program.inputs
    ]
    return values


def fingerprint(program: Program) -> str:
    """Return 16 hex digits that are equal if and only if all chosen knobs and the question are.

    Equal on Python 3.11, 3.12 and 3.13, and in every folder: functions enter as their syntax tree without
    docstrings (see `functions.py`), paths relative to the program's file.
    """
    text = json.dumps({"question": render(program.question), **knobs(program)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def changes(a: Program, b: Program) -> tuple[Change, ...]:
    """Return the knobs in which `b` differs from `a`, defaults shown.

    Raises nothing: any two programs can be compared.
    """
    before, after = knobs(a), knobs(b)
    found = []
    for knob in KNOBS:
        if before[knob] == after[knob]:
            continue
        if knob == "features":
            found.append(Change(knob, *items_changed(list(before[knob]), list(after[knob]))))
        else:
            found.append(
                Change(knob, f"{before[knob]}{_default(a, knob)}", f"{after[knob]}{_default(b, knob)}")
            )
    return tuple(found)


def items_changed(before: Sequence[str], after: Sequence[str]) -> tuple[str, str]:
    """Say in two short texts how one list of rendered features differs from another.

    >>> items_changed(["Number(name='a')"], ["Number(name='a')", "Number(name='b')"])
    ('1 features', "1 features and Number(name='b')")
    """
    gone = [item for item in before if item not in after]
    added = [item for item in after if item not in before]
    kept = f"{len(before) - len(gone)} features"
    if not gone and not added:
        return "one order", "another order"
    return " and ".join([kept, *gone]), " and ".join([kept, *added])


def _default(program: Program, knob: str) -> str:
    return " (the default)" if getattr(program, knob) is None else ""


def render(value: Any, folder: Path | None = None) -> str:
    """Return a declaration as short canonical text; descriptions are left out.

    Paths are written from `folder` on (the program's), so that the text is the same on another machine; of
    a path outside of it the last two parts are kept.

    >>> from fieldguide.program.blanks.priors import Ridge
    >>> render(Ridge(0.01))
    'Ridge(strength=0.01)'
    """
    if is_dataclass(value) and not isinstance(value, type):
        parts = []
        for f in fields(value):
            if f.metadata.get("note") or not f.init:
                continue
            item = getattr(value, f.name)
            if (
                item is None
                or (isinstance(item, tuple) and not item)
                or (item is False and f.default is False)
            ):
                continue
            if isinstance(value, Source) and f.name == "data" and isinstance(item, str):
                item = item if "://" in item else Path(item)
            parts.append(f"{f.name}={render(item, folder)}")
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(render(item, folder) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{render(k)}: {render(v, folder)}" for k, v in value.items()) + "}"
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return repr(value)
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 2**53
        return repr(int(value)) if whole else repr(float(value))
    if isinstance(value, timedelta):
        return f"timedelta(seconds={render(value.total_seconds())})"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return repr(_place(value, folder))
    if hasattr(value, "get_params") and not isinstance(value, type):
        return _render_estimator(value)
    if callable(value):
        return f"{getattr(value, '__name__', type(value).__name__)}@{function_fingerprint(value)}"
    if hasattr(value, "tobytes") and hasattr(value, "shape"):
        return f"{type(value).__name__}{value.shape}@{hashlib.sha256(value.tobytes()).hexdigest()[:12]}"
    if hasattr(value, "__arrow_c_stream__") or hasattr(value, "to_arrow"):
        names: Any = value.column_names if hasattr(value, "column_names") else getattr(value, "columns", ())
        return f"rows({', '.join(str(name) for name in names)})"
    return re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(repr(value).split()))


def _place(path: Path, folder: Path | None) -> str:
    if not path.is_absolute():
        return Path(os.path.normpath(path)).as_posix()
    if folder is not None and path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return Path(*path.parts[1:][-2:]).as_posix()


def _render_estimator(estimator: Any) -> str:
    """Write an estimator with every parameter that is not its library's default."""
    defaults = {
        name: parameter.default for name, parameter in inspect.signature(type(estimator)).parameters.items()
    }
    parts = []
    for name, item in sorted(estimator.get_params(deep=False).items()):
        text = render(item)
        if name not in defaults or text != render(defaults[name]):
            parts.append(f"{name}={text}")
    return f"{type(estimator).__name__}({', '.join(parts)})"
