"""Labels: what is observed later, and how long that takes."""

from __future__ import annotations

from dataclasses import KW_ONLY
from datetime import timedelta
from typing import Any, ClassVar

from fieldguide.errors import ProgramError
from fieldguide.program.declare import declaration, expect, note

SILENCE = ("unknown", "negative")


@declaration
class Label:
    """Base of the labels; use BinaryLabel, NumericLabel or CountLabel.

    `name` is the column, `arrives_within` how long after the prediction the outcome is known at the
    latest, `known_at` the column (if there is one) that says when it was. `silence` says what no outcome
    by then means: "unknown" (nothing) or "negative" (no: as with clicks and returns).
    """

    kind: ClassVar[str] = ""
    HINTS: ClassVar[dict[str, str]] = {
        "arrives_within": '…Label("late", arrives_within=timedelta(hours=30))',
        "name": 'BinaryLabel("late", arrives_within=timedelta(hours=30))',
    }

    name: str
    _: KW_ONLY
    arrives_within: timedelta
    known_at: str | None = None
    silence: str = "unknown"
    about: str = note(default="")

    def __post_init__(self) -> None:
        expect(self, "name", str, 'the name of a column, such as "late"')
        expect(self, "arrives_within", timedelta, "a timedelta, such as timedelta(days=7)")
        if self.arrives_within <= timedelta(0):
            raise ProgramError(
                f"{type(self).__name__}(arrives_within=…): an outcome comes after the prediction, so it is above zero."
            )
        if self.known_at is not None:
            expect(self, "known_at", str, "the name of the column that says when the outcome was known")
        if self.silence not in SILENCE:
            raise ProgramError(
                f"{type(self).__name__}(silence=…): {self.silence!r} is neither 'unknown' nor 'negative'."
            )
        if self.silence == "negative" and self.kind != "binary":
            raise ProgramError(
                f"{type(self).__name__}(silence='negative'): only a BinaryLabel can mean no by silence."
            )


@declaration
class NoLabel(Label):
    """Nothing is predicted yet: the data can be graded up to band B, and nothing can be learned.

    It is what a Program has when `label=` is left out.
    """

    kind: ClassVar[str] = "none"

    name: str = ""
    _: KW_ONLY
    arrives_within: timedelta = timedelta(days=1)


@declaration
class BinaryLabel(Label):
    """Yes or no. `positive` is the value that means yes, for columns that are not 0/1 or true/false."""

    kind: ClassVar[str] = "binary"

    _: KW_ONLY
    positive: Any = None


@declaration
class NumericLabel(Label):
    """An amount, in `unit`."""

    kind: ClassVar[str] = "numeric"

    _: KW_ONLY
    unit: str | None = note(default=None)


@declaration
class CountLabel(Label):
    """How many: 0, 1, 2 …"""

    kind: ClassVar[str] = "count"
