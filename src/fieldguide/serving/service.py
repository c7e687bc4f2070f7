"""What answers for one program: a release, and everything that the hot path needs of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import msgspec

from fieldguide.program import Program
from fieldguide.tables.contract import Contract


@dataclass(frozen=True)
class Service:
    """One release in service.

    `predict` takes the canonical values of a row and gives the prediction on the response scale;
    `constant` is the neutral answer on the same `scale`. While `fallback` is set (reason, since, finding …)
    the constant answers and the model's prediction is journaled as the shadow. `seen` are the values of
    category columns that were learned from: others are answered, and counted.
    """

    program: Program
    contract: Contract
    predict: Callable[[tuple[Any, ...]], float]
    constant: float
    scale: str
    release: str
    fitted_id: str
    fallback: Mapping[str, Any] | None = None
    seen: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "release", str(self.release))
        if self.fallback is not None:
            object.__setattr__(self, "fallback", MappingProxyType(dict(self.fallback)))

    @cached_property
    def name(self) -> str:
        """The name of the program, as in the URL."""
        return self.program.name or "program"

    @cached_property
    def timezone(self) -> str:
        """Where naive times of its rows are read."""
        return self.contract.timezone

    @cached_property
    def fallback_json(self) -> msgspec.Raw | None:
        """The fallback as it stands in an answer."""
        return None if self.fallback is None else msgspec.Raw(msgspec.json.encode(dict(self.fallback)))

    @cached_property
    def fallback_reason(self) -> str | None:
        """Why the constant answers, in one word or sentence; None when the model does."""
        return None if self.fallback is None else str(self.fallback.get("reason", "fallback"))

    @cached_property
    def fallback_word(self) -> str:
        """Why the constant answers, in a word for counters: the cause, the check or the reason."""
        told = self.fallback or {}
        return str(told.get("cause") or told.get("check") or self.fallback_reason or "error")[:80]

    @cached_property
    def seen_at(self) -> tuple[tuple[int, str, frozenset[str]], ...]:
        """Position, name and known values of the category columns that are counted."""
        names = [column.name for column in self.contract.columns]
        return tuple((names.index(name), name, values) for name, values in self.seen.items() if name in names)
