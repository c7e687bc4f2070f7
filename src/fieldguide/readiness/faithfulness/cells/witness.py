"""What a witness says of cells, whichever it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Floats, Ints


@dataclass(frozen=True, eq=False)
class Witness:
    """What one witness says: cells (row · columns + column, rising), features, and the code of a better value or -1.

    `names` are those of the columns of `features`; `why` tells, for the place of a cell in `cells`, the reason in words.
    """

    name: str
    names: tuple[str, ...]
    cells: Ints
    features: Floats
    instead: Ints
    why: Callable[[int], str]


def nobody(name: str, names: tuple[str, ...]) -> Witness:
    """Return a witness that has nothing to say."""
    none = np.zeros(0, dtype=np.int64)
    return Witness(name, names, none, np.zeros((0, len(names))), none, str)
