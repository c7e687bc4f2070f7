"""What a diagnosis found: the cause of a change, what is evidence for it, and where it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fieldguide.comparing.segment import Stretch
from fieldguide.comparing.units import Transform

CAUSES: Mapping[str, str] = {
    "unit_factor": "the numbers were multiplied by a factor, as when a unit changes",
    "unit_affine": "the numbers were multiplied and shifted, as from Fahrenheit to Celsius",
    "null_flood": "values went missing",
    "default_flood": "a stand-in value such as 0, -1, -999 or 'unknown' took the place of values",
    "stuck_value": "the column repeats one value",
    "category_renamed": "the same categories came under other names",
    "category_new": "categories came that history never had",
    "category_gone": "categories of history no longer come",
    "columns_swapped": "two columns changed places",
    "rows_duplicated": "rows came more than once",
    "time_shift": "the times moved by hours, as when a time zone is read wrongly",
    "truncated": "text or numbers were cut off",
    "clipped": "values beyond a bound were set to the bound",
    "type_changed": "values came as another type, such as text for numbers",
    "precision_lost": "numbers came rounded more coarsely",
    "text_garbled": "text came with another encoding",
    "population_shifted": "other rows came: many columns moved together, none of them broken",
    "concept_changed": "the same rows have other outcomes",
    "gradual_drift": "the rows moved slowly away from history",
}
"""The closed list of causes (DESIGN 13), with what each means."""

DEFAULT_NUMBERS = (
    *(float(sign * int("9" * digits)) for digits in range(2, 9) for sign in (1, -1)),
    *(0.0, -1.0, -9.0, 32767.0, -32768.0, 65535.0, 2147483647.0, -2147483648.0, 1e10, -1e10),
)
"""Numbers that programs write when they have none (`readiness` looks for them too)."""
DEFAULT_TEXTS = frozenset(
    {"", "unknown", "n/a", "na", "none", "null", "nil", "nan", "undefined", "missing", "default", "-", "--", "?",
     "not available", "not set", "unspecified", "tbd", "0", "-1", "999", "9999", "xx", "xxx", "no data"}
)  # fmt: skip
"""Texts that programs write when they have none (compared in lower case, without spaces around)."""


@dataclass(frozen=True)
class Explained:
    """A cause (None: changed, cause unknown) with its evidence.

    `stretch` says which rows, `transform` what happened to the numbers, `value` which value is repeated,
    `mapping` which label became which. `witnesses` are small JSON-able facts.
    """

    cause: str | None
    stretch: Stretch | None = None
    transform: Transform | None = None
    value: float | str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    witnesses: Mapping[str, Any] = field(default_factory=dict)
