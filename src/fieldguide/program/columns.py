"""Features: the columns that a model may read, and what is known of each.

A feature is either a raw column or, with `of=`, computed from raw columns by a function whose parameter
names are the columns it reads. A `Presentation` tells how something was shown.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import KW_ONLY
from typing import Any, ClassVar

from fieldguide.errors import ProgramError
from fieldguide.program.declare import declaration, expect, expect_text, frozen_list, note, what

_NEUTRAL: dict[str, tuple[Any, str]] = {
    "number": (int | float, "1"),
    "category": (str, '"1"'),
    "boolean": (bool, "False"),
}
PARTS = ("hour", "weekday", "month", "day")


@declaration
class Feature:
    """Base of the features; use Number, Category, Timestamp, Boolean or Text.

    `about` says in a sentence what the column means, `owner` who answers for it (left out: the owner of
    the source). `required=True` refuses rows in which it is null. `of` is a module-level function.
    """

    kind: ClassVar[str] = ""

    name: str
    _: KW_ONLY
    about: str = note(default="")
    owner: str | None = note(default=None)
    required: bool = False
    of: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        expect(self, "name", str, 'the name of a column, such as "distance"')
        if not self.name or self.name.startswith("__"):
            raise ProgramError(
                f"{type(self).__name__}({self.name!r}): a column's name is not empty and does not start "
                "with two underscores; rename the column in the source."
            )
        expect_text(self, "about", "owner")
        if self.of is not None:
            check_function(self.of, f"{type(self).__name__}({self.name!r}, of=…)")


@declaration
class Number(Feature):
    """A number: float64, null where missing.

    `unit` is written out ("mile", "second", "1" for a count or share); `low` and `high` bound what is
    possible, both included: a row beyond them is refused when serving.
    """

    kind: ClassVar[str] = "number"

    _: KW_ONLY
    unit: str | None = note(default=None)
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        expect_text(self, "unit")
        for blank in ("low", "high"):
            value = getattr(self, blank)
            number = isinstance(value, int | float) and not isinstance(value, bool) and value == value
            if value is not None and not number:
                raise ProgramError(
                    f"Number({self.name!r}, {blank}=…): you gave {what(value)}; expected a number."
                )
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ProgramError(
                f"Number({self.name!r}): low={self.low:g} lies above high={self.high:g}; swap them."
            )


@declaration
class Category(Feature):
    """One of a set of names, as text."""

    kind: ClassVar[str] = "category"


@declaration
class Text(Feature):
    """Free text: sentences, names, addresses. An input (`inputs=`): graded, checked and journaled, and read by
    computed features; no model reads it as it is.
    """

    kind: ClassVar[str] = "text"


@declaration
class Boolean(Feature):
    """True or false."""

    kind: ClassVar[str] = "boolean"


@declaration
class Timestamp(Feature):
    """An instant; `parts` are what the model sees of it, taken in the source's time zone.

    "hour" is the decimal hour of the day, "weekday", "month" and "day" (of the month) are names. As one of
    the `inputs` it needs no parts.
    """

    kind: ClassVar[str] = "timestamp"

    _: KW_ONLY
    parts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.parts, str):
            object.__setattr__(self, "parts", (self.parts,))
        frozen_list(self, "parts")
        wrong = [part for part in self.parts if part not in PARTS]
        if wrong:
            raise ProgramError(
                f"Timestamp({self.name!r}, parts=…): {wrong[0]!r} is not a part; choose from {', '.join(PARTS)}."
            )


@declaration
class Presentation:
    """How something was shown (position, surface), not what it is.

    Logged as shown, only added to the rest of the score (never crossed with it), and held at `neutral`
    when serving, so that the order of the answers does not depend on it (Rules of ML, 36).

    >>> Presentation(Category("position"), neutral="1").name
    'position'
    """

    feature: Feature
    neutral: Any = None

    def __post_init__(self) -> None:
        expect(self, "feature", (Number, Category, Boolean), 'a feature, such as fg.Category("position")')
        if self.feature.of is not None:
            raise ProgramError(
                f"Presentation({self.feature.name!r}): it is logged as shown, so it takes no of=."
            )
        wanted, example = _NEUTRAL[self.feature.kind]
        fits = isinstance(self.neutral, wanted) and isinstance(self.neutral, bool) == (wanted is bool)
        if self.neutral is not None and not fits:
            raise ProgramError(
                f"Presentation({self.feature.name!r}, neutral=…): you gave {what(self.neutral)} for a "
                f"{self.feature.kind}; expected a value such as {example}."
            )

    @property
    def name(self) -> str:
        """The name of the column."""
        return self.feature.name

    @property
    def kind(self) -> str:
        """The kind of the column."""
        return self.feature.kind

    @property
    def of(self) -> None:
        """Always None: a presentation is a raw column."""
        return


def check_function(function: object, place: str) -> None:
    """Raise `ProgramError` unless `function` is a module-level `def` with named parameters only."""
    if not inspect.isfunction(function):
        raise ProgramError(f"{place}: you gave {what(function)}; expected a function defined with def.")
    if function.__name__ == "<lambda>" or "<locals>" in function.__qualname__ or function.__closure__:
        raise ProgramError(
            f"{place}: {function.__qualname__} is a lambda or lives inside another function; write it as a "
            "def at the top level of the file, so that the served copy is the one that was trained."
        )
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ProgramError(
                f"{place}: {function.__name__} takes {parameter.replace(annotation=parameter.empty)}; its parameter names must be the columns it reads."
            )


def reads(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the columns that a computed feature or a heuristic reads: its parameter names."""
    return tuple(inspect.signature(function).parameters)
