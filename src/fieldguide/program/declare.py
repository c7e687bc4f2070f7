"""How the words of a problem are declared: frozen values whose misuse gives one clear line.

`@declaration` makes a frozen dataclass that answers a misspelt, missing or surplus blank with a
`ProgramError` instead of Python's TypeError. `expect` checks the kind of what fills a blank.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

from fieldguide.errors import ProgramError, suggest

T = TypeVar("T")


def note(*, default: Any) -> Any:
    """Return a dataclass field that documents and does not change what a program does.

    Such a blank (a description, an owner) is left out of `knobs`, `changes` and the fingerprint. The
    default is given by name, or type checkers take the blank for one that must be filled.
    """
    return field(default=default, metadata={"note": True})


def hidden(*, default: Any) -> Any:
    """Return a dataclass field that fieldguide fills itself: no blank, no part of what a value is."""
    return field(default=default, compare=False, repr=False, metadata={"note": True, "hidden": True})


@dataclass_transform(frozen_default=True, field_specifiers=(field, note, hidden))
def declaration(cls: type[T]) -> type[T]:
    """Make `cls` a frozen dataclass whose wrong filling raises `ProgramError`."""
    made = dataclass(frozen=True)(cls)
    plain: Callable[..., None] = made.__init__

    @functools.wraps(plain)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        _check_call(made, args, kwargs)
        plain(self, *args, **kwargs)

    made.__init__ = __init__  # type: ignore[method-assign]
    return made


def _check_call(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    word = cls.__name__
    blanks = [f for f in fields(cls) if f.init]
    names = [f.name for f in blanks if not f.metadata.get("hidden")]
    positional = [f.name for f in blanks if not f.kw_only]
    for name in kwargs:
        if name not in [f.name for f in blanks]:
            known = f"Its blanks: {', '.join(names)}." if names else "It has no blanks."
            raise ProgramError(f"{word} has no blank {name!r}.{suggest(name, names)} {known}")
    if len(args) > len(positional):
        others = [name for name in names if name not in positional]
        hint = f"name the others, for example {word}(…, {others[0]}=…)" if others else "take the others out"
        takes = (
            f"{len(positional)} unnamed value(s) ({', '.join(positional)})"
            if positional
            else "no unnamed value"
        )
        raise ProgramError(f"{word} takes {takes}, and {len(args)} were given: {hint}.")
    for name in positional[: len(args)]:
        if name in kwargs:
            raise ProgramError(f"{word}({name}=…): it is given twice, unnamed and named; leave one out.")
    given = set(positional[: len(args)]) | set(kwargs)
    lacking = [
        f.name
        for f in blanks
        if f.name not in given and f.default is MISSING and f.default_factory is MISSING
    ]
    if lacking:
        hints: dict[str, str] = getattr(cls, "HINTS", {})
        hint = hints.get(lacking[0], f"{word}(…, {lacking[0]}=…)")
        raise ProgramError(f"{word} lacks {', '.join(n + '=' for n in lacking)}: write {hint}.")


def expect(owner: object, blank: str, kinds: type | tuple[type, ...], example: str) -> None:
    """Raise `ProgramError` unless the value in `blank` of `owner` is one of `kinds`.

    `example` is what a right filling looks like.
    """
    value = getattr(owner, blank)
    if isinstance(value, kinds):
        return
    raise ProgramError(f"{type(owner).__name__}({blank}=…): you gave {what(value)}; expected {example}.")


def what(value: object) -> str:
    """Say in a few words what a value is, for an error message.

    >>> what([1, 2, 3])
    'a list of 3'
    >>> what(3)
    '3 (int)'
    """
    if isinstance(value, type):
        return f"the class {value.__name__} itself (write {value.__name__}(…))"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"rows ({type(value).__name__} of shape {tuple(shape)})"
    if hasattr(value, "__arrow_c_stream__"):
        return f"rows ({type(value).__name__})"
    if isinstance(value, list | tuple | dict | set):
        return f"a {type(value).__name__} of {len(value)}"
    if callable(value):
        return f"the function {getattr(value, '__name__', value)!s}"
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '…'} ({type(value).__name__})"


def expect_text(owner: object, *blanks: str) -> None:
    """Raise `ProgramError` unless each of the optional `blanks` of `owner` is text or left open."""
    for blank in blanks:
        if getattr(owner, blank) is not None:
            expect(owner, blank, str, "text in quotes, or leave it out")


def frozen_list(owner: object, blank: str) -> None:
    """Turn a list in `blank` into a tuple, so that the value hashes and cannot be shared."""
    value = getattr(owner, blank)
    if isinstance(value, Sequence) and not isinstance(value, str | tuple):
        object.__setattr__(owner, blank, tuple(value))
