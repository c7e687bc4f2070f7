"""The checks of single cells, made."""

from __future__ import annotations

from collections.abc import Iterator

from fieldguide.readiness.check import Queues, Step
from fieldguide.readiness.faithfulness.view import Faithful


def steps(view: Faithful, queues: Queues) -> Iterator[Step]:
    """Yield the checks of cells with what makes them; suspects for people to look at go into `queues`."""
    yield from ()
