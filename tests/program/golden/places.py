"""A module beside the program, with what functions commonly use: constants, a cache, a pattern, a class."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
TOP = 80.0
CLOSED = {"sunday", "saturday"}
CODE = re.compile(r"^[a-z]{2}(?P<number>\d+)$", re.IGNORECASE)
NAMES = {"north": ("a", "b"), "south": ("c",)}


@dataclass(frozen=True)
class Box:
    """A range."""

    low: float
    high: float = TOP

    @property
    def width(self) -> float:
        """How wide."""
        return self.high - self.low


BOX = Box(0.5)


@cache
def side_of(code: str, default: str = "nowhere") -> str:
    """On which side a place lies."""
    for side, codes in NAMES.items():
        if any(code.startswith(f"{one!s:>{1}}") for one in codes):
            return f"{side}-{'x' if BOX.width > 1 else 'y'}"
    return default


def rows() -> str:
    """Where the rows are."""
    return f"{HERE / 'visits.csv'}"
