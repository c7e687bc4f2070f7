"""What differs between two programs, knob by knob, and the fingerprint of one.

A knob is what can differ between two releases and alters what they do. Descriptions, owners and other
answers to questions of readiness are no knobs. Functions count with their own source and with that of
the functions and plain constants of the same files that they use.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fieldguide.program.program import Program

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
    blanks = program.blanks()
    values: dict[str, str | list[str]] = {}
    for knob in KNOBS:
        value = getattr(blanks, knob) if hasattr(blanks, knob) else getattr(program, knob)
        values[knob] = (
            "the last fifth of the time span" if knob == "next_period" and value is None else render(value)
        )
    values["features"] = [render(f) for f in program.features] + [
        f"input {render(f)}" for f in program.inputs
    ]
    return values


def fingerprint(program: Program) -> str:
    """Return 16 hex digits that are equal if and only if all chosen knobs and the question are.

    Equal on Python 3.11, 3.12 and 3.13: functions enter as `ast.unparse` without docstring and comments.
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


def render(value: Any) -> str:
    """Return a declaration as short canonical text; descriptions are left out.

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
            if item is None or item == () or (item is False and f.default is False):
                continue
            parts.append(f"{f.name}={render(item)}")
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(render(item) for item in value) + "]"
    if inspect.isfunction(value):
        return f"{value.__name__}@{function_fingerprint(value)}"
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return repr(value)
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, timedelta):
        return f"timedelta(seconds={value.total_seconds():g})"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return repr(value.as_posix())
    if hasattr(value, "get_params"):
        return " ".join(repr(value).split())
    names = getattr(value, "columns", None) or getattr(value, "column_names", None)
    columns = ", ".join(map(str, names)) if isinstance(names, list | tuple) else type(value).__name__
    return f"rows({columns})"


def function_fingerprint(function: Callable[..., Any]) -> str:
    """Return 12 hex digits of a function's source and of what it uses from the same folder.

    Docstrings, comments and formatting do not count.
    """
    texts: list[str] = []
    _collect(function, texts, set())
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]


def _collect(function: Callable[..., Any], texts: list[str], seen: set[int]) -> None:
    if id(function) in seen:
        return
    seen.add(id(function))
    texts.append(_source(function))
    folder = Path(function.__code__.co_filename).parent
    for name in sorted(_names(function)):
        value = function.__globals__.get(name)
        if inspect.isfunction(value) and Path(value.__code__.co_filename).parent == folder:
            _collect(value, texts, seen)
        elif isinstance(value, bool | int | float | str | tuple | frozenset | list | dict | set):
            shown = sorted(value, key=repr) if isinstance(value, frozenset | set) else value
            texts.append(f"{name} = {shown!r}")


def _names(function: Callable[..., Any]) -> set[str]:
    names: set[str] = set()
    stack = [function.__code__]
    while stack:
        code = stack.pop()
        names.update(code.co_names)
        stack.extend(c for c in code.co_consts if inspect.iscode(c))
    return names


def _source(function: Callable[..., Any]) -> str:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        # no source is kept, as for a function typed at a prompt: its compiled form stands for it
        return hashlib.sha256(function.__code__.co_code).hexdigest()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
