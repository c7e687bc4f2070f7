"""The fingerprint of a function: what it does, however it is written down.

A function counts with its own source, with its default arguments, and with the functions, classes and
plain constants that it uses from the same folder (or a folder within it). Docstrings, comments and
formatting do not count.

The syntax tree is written out here, node by node: `ast.dump` gives another text on 3.13 than on 3.12, and
`ast.unparse` gives another text for f-strings on 3.12 than on 3.11.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import sysconfig
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

_NOT_MEANING = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
_known: WeakKeyDictionary[FunctionType, str] = WeakKeyDictionary()


def function_fingerprint(function: Callable[..., Any]) -> str:
    """Return 12 hex digits that say what a function does; equal on Python 3.11, 3.12 and 3.13.

    They are taken once for a function and kept: they stay those of the code that runs when its file is
    edited, or when a constant that it uses as a cache is filled.
    """
    if isinstance(function, partial):
        inner = function_fingerprint(function.func)
        return _digest(f"{inner} {_constant(function.args)} {_constant(function.keywords)}")
    plain = _plain(function)
    if plain is None:
        return _digest(getattr(function, "__qualname__", type(function).__qualname__))
    if plain not in _known:
        folder = Path(plain.__code__.co_filename).parent
        texts: list[str] = []
        _collect(plain, folder, texts, set())
        text = "\n".join(texts)
        if len(folder.parts) > 1:  # a text that holds the folder's own path is the same elsewhere
            text = text.replace(ascii(str(folder))[1:-1], ".")
        _known[plain] = _digest(text)
    return _known[plain]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def canonical(node: ast.AST) -> str:
    """Return a syntax tree as text without docstrings, places and other traces of how it was written.

    >>> canonical(ast.parse("x = 1  # one")) == canonical(ast.parse("x=(1)"))
    True
    """
    return _write(node)


def is_own_code(path: str | Path, folder: Path) -> bool:
    """Say whether a file is the user's own: in `folder` or below, and no installed package's.

    >>> is_own_code("/home/project/nyc.py", Path("/home/project"))
    True
    >>> is_own_code("/home/project/.venv/lib/site-packages/numpy/__init__.py", Path("/home/project"))
    False
    """
    place = Path(path)
    if not place.is_relative_to(folder) or {"site-packages", "dist-packages"} & set(place.parts):
        return False
    return not place.is_relative_to(sysconfig.get_path("stdlib"))


def _plain(value: object) -> FunctionType | None:
    """Return the `def` behind a value: itself, or what a wrapper such as functools.cache wraps."""
    inner = inspect.unwrap(value) if callable(value) else None
    inner = getattr(inner, "__func__", inner)
    return inner if isinstance(inner, FunctionType) else None


def _collect(function: FunctionType, folder: Path, texts: list[str], seen: set[int]) -> None:
    if id(function) in seen:
        return
    seen.add(id(function))
    texts.append(_source(function))
    for default in (function.__defaults__ or (), function.__kwdefaults__ or {}):
        if default:
            texts.append(f"defaults {_constant(default)}")
    names = sorted(_names(function.__code__))
    for name in names:
        if name not in function.__globals__ or name.startswith("__"):
            continue
        value = function.__globals__[name]
        if isinstance(value, ModuleType):
            if is_own_code(getattr(value, "__file__", None) or "", folder):
                for inner in names:
                    if hasattr(value, inner):
                        _collect_value(f"{name}.{inner}", getattr(value, inner), folder, texts, seen)
        else:
            _collect_value(name, value, folder, texts, seen)


def _collect_value(name: str, value: Any, folder: Path, texts: list[str], seen: set[int]) -> None:
    inner = _plain(value)
    if inner is not None:
        if is_own_code(inner.__code__.co_filename, folder):
            _collect(inner, folder, texts, seen)
    elif isinstance(value, type):
        _collect_class(value, folder, texts, seen)
    else:
        text = _constant(value)
        if text is not None:
            texts.append(f"{name} = {text}")


def _collect_class(cls: type, folder: Path, texts: list[str], seen: set[int]) -> None:
    for name, value in sorted(vars(cls).items()):
        method = _plain(value.fget if isinstance(value, property) else value)
        if method is not None:
            if is_own_code(method.__code__.co_filename, folder):
                _collect(method, folder, texts, seen)
        elif not name.startswith("__") and _constant(value) is not None:
            texts.append(f"{cls.__name__}.{name} = {_constant(value)}")


def _constant(value: Any) -> str | None:
    """Return a constant as text, or None for a value that has no text of its own (a lock, a cache)."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return ascii(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(str(_constant(item)) for item in value)}]"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(str(_constant(item)) for item in value))}}}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_constant(k)}: {_constant(v)}' for k, v in value.items())}}}"
    if isinstance(value, timedelta | date | time):
        return ascii(value)
    if isinstance(value, re.Pattern):
        return f"pattern {value.pattern!a} {value.flags}"
    if isinstance(value, FunctionType):
        return f"function {_source(value)}"
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({', '.join(f'{f.name}={_constant(getattr(value, f.name))}' for f in fields(value))})"
    return None


def _names(code: CodeType) -> set[str]:
    names: set[str] = set()
    stack = [code]
    while stack:
        one = stack.pop()
        names.update(one.co_names)
        stack.extend(c for c in one.co_consts if isinstance(c, CodeType))
    return names


def _source(function: FunctionType) -> str:
    code = function.__code__
    try:
        lines, _ = inspect.findsource(function)
        tree = ast.parse("".join(lines))
    except (OSError, SyntaxError):
        # no source is kept, as for a function typed at a prompt: its compiled form stands for it
        return hashlib.sha256(code.co_code + ascii(code.co_consts).encode()).hexdigest()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == code.co_firstlineno:
                return canonical(node)
    return hashlib.sha256(code.co_code + ascii(code.co_consts).encode()).hexdigest()


def _write(value: object) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_write, value))}]"
    if not isinstance(value, ast.AST):
        return ascii(value)
    parts = []
    for name in sorted(value._fields):
        item: Any = getattr(value, name, None)
        if name in _NOT_MEANING or item == [] or (item is None and not isinstance(value, ast.Constant)):
            continue
        if name == "body" and isinstance(item, list) and _has_docstring(value):
            item = item[1:] or [ast.Pass()]
        if isinstance(value, ast.JoinedStr) and isinstance(
            item, list
        ):  # 3.12 leaves an empty text behind a nested format
            item = [part for part in item if not (isinstance(part, ast.Constant) and part.value == "")]
        parts.append(f"{name}={_write(item)}")
    return f"{type(value).__name__}({','.join(parts)})"


def _has_docstring(node: ast.AST) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    return isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None
