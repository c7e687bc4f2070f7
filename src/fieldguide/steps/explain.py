"""Explain: what each feature adds to one prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from fieldguide.errors import GateError, UsageError
from fieldguide.learning import Fitted, load
from fieldguide.learning.explain import explain as take_apart
from fieldguide.ledger import records
from fieldguide.program import Program, named
from fieldguide.steps.home import DEFAULT, Home, at_home, name_of
from fieldguide.tables.contract import Refusal, contract, parse, values

LINKS = {"probability": "log-odds", "rate": "log", "amount": "amount"}


@dataclass(frozen=True)
class Explained:
    """One prediction taken apart: base and contributions add up to the score on the link scale."""

    row: Mapping[str, Any]
    base: float
    contributions: Mapping[str, float]
    score: float
    prediction: float
    scale: str
    fitted: str

    @property
    def link(self) -> str:
        """The scale on which contributions add up."""
        return LINKS[self.scale]

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as `explain --json` prints it."""
        return {
            "prediction": self.prediction,
            "scale": self.scale,
            "link": self.link,
            "score": self.score,
            "base": self.base,
            "contributions": dict(self.contributions),
            "fitted": self.fitted,
        }


def explain(
    program: Program,
    row: str | bytes | Mapping[str, Any],
    *,
    fitted: str | None = None,
    home: str | Path | Home = DEFAULT,
) -> Explained:
    """Return what each feature of a row (JSON text or a mapping) adds to the prediction.

    The release in service explains, or the fitted model that `fitted` names; without a release, the last
    fit's choice. Raises UsageError when the row breaks the contract or the model cannot be taken apart.
    """
    model = choose(at_home(home), named(program), fitted)
    body = (
        msgspec.json.encode(dict(row))
        if isinstance(row, Mapping)
        else row.encode()
        if isinstance(row, str)
        else row
    )
    kept = contract(model.program)
    try:
        many, rows, _ = parse(kept, body)
    except Refusal as refusal:
        raise UsageError(str(refusal)) from refusal
    if many and len(rows) != 1:
        raise UsageError(f"explain takes one row, {len(rows)} were given; give it one JSON object.")
    found = take_apart(model, values(kept, rows[0]))
    return Explained(
        row=msgspec.to_builtins(rows[0]),
        base=found.base,
        contributions=found.contributions,
        score=found.score,
        prediction=found.prediction,
        scale=str(model.manifest["scale"]),
        fitted=model.id,
    )


def choose(home: Home, program: Program, fitted: str | None) -> Fitted:
    """Return the named fitted model, else the one in service, else the last fit's choice.

    Raises GateError when nothing is fitted, UsageError for an unknown id.
    """
    ledger, name = home.ledger(), name_of(program)
    fits = records.read_fits(ledger, name)
    if fitted is not None:
        ids = {f.fitted for f in fits if f.fitted.startswith(fitted)}
        if len(ids) != 1:
            known = ", ".join(f"{f.fitted} ({f.model})" for f in fits[-8:]) or "none yet"
            raise UsageError(
                f"{'No' if not ids else 'More than one'} fitted model of {name} begins with {fitted!r}. There are: {known}."
            )
        return load(home.fitted / ids.pop())
    current = records.current_release(ledger, name)
    if current is not None:
        return load(home.fitted / current.fitted)
    chosen = [f for f in fits if f.chosen]
    if not chosen:
        raise GateError(f"{name} has not been fitted yet. Fit it: fieldguide fit P")
    return load(home.fitted / chosen[-1].fitted)
