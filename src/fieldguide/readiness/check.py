"""What a check is: one thing that must hold for a level, and how a band makes its checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from fieldguide.finding import Finding

Kind = Literal["machine", "human", "evidence"]

Step = tuple[tuple[str, ...], Callable[[], list[Finding]]]
"""The checks that a step makes, and how to make them."""

Queues = dict[str, pa.Table]
"""Tables for people to work through, by name: what a finding shows ten of, with all the others."""


@dataclass(frozen=True)
class Check:
    """One thing that must hold for a level.

    `kind` tells where the answer comes from: "machine" (computed from the data when they are graded),
    "human" (declared in the program file, or confirmed by a named person), "evidence" (found by a later
    step, such as fitting or serving, and kept in the ledger). `checks` says in a sentence what is looked
    at, `next` what to do when it does not hold.
    """

    id: str
    level: str
    kind: Kind
    checks: str
    next: str
