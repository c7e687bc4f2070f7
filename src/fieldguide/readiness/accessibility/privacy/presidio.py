"""Presidio's pattern recognizers over the columns, where Presidio is installed (the extra `presidio`).

Only recognizers that work by patterns and checksums: those that need a language model are left out, since models
cannot be had everywhere. Where it is not installed nothing is added.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from fieldguide.readiness.accessibility.privacy.cells import Cells
from fieldguide.readiness.accessibility.privacy.column import Match

LEAST_SCORE = 0.6
"""Score (0 … 1) from which on a match of Presidio counts."""
MOST_TEXTS = 300
MOST_LENGTH = 100

RECOGNIZERS: Mapping[str, str] = {
    "CreditCardRecognizer": "card",
    "IbanRecognizer": "bank_account",
    "UsSsnRecognizer": "national_id",
    "UsPassportRecognizer": "document",
    "UkNinoRecognizer": "national_id",
    "EsNifRecognizer": "national_id",
    "EsNieRecognizer": "national_id",
    "ItFiscalCodeRecognizer": "national_id",
    "PlPeselRecognizer": "national_id",
    "SgFinRecognizer": "national_id",
    "AuTfnRecognizer": "national_id",
    "AuMedicareRecognizer": "health_id",
    "InAadhaarRecognizer": "national_id",
    "InPanRecognizer": "national_id",
    "FiPersonalIdentityCodeRecognizer": "national_id",
    "CryptoRecognizer": "secret",
}
"""Presidio's class -> kind. Its recognizers of e-mail and phone are left out: the first asks the network for a list of
domains, the second never scores high enough without a language model; ours need neither. That of NHS numbers takes an ISBN for one: the check
digit is the same."""


def installed() -> bool:
    """Return whether Presidio can be imported."""
    return importlib.util.find_spec("presidio_analyzer") is not None


def matches(columns: Sequence[Cells]) -> Mapping[str, list[Match]]:
    """Return what Presidio sees in each column: shares of the distinct values that match as a whole.

    A recognizer that matches half of a column and more is believed; below that its patterns are too wide to be.
    """
    if not installed():
        return {}
    found: dict[str, list[Match]] = {}
    for column in columns:
        texts = [text for text in column.texts[:MOST_TEXTS] if 7 <= len(text) <= MOST_LENGTH]
        if column.type != "text" or not texts:
            continue
        for name, recognizer in _recognizers().items():
            held = [text for text in texts if _whole(recognizer, text)]
            share = len(held) / len(column.texts[:MOST_TEXTS])
            if share >= 0.5:
                what = f"{recognizer.supported_entities[0].replace('_', ' ').lower()} (Presidio)"
                found.setdefault(column.name, []).append(
                    Match(RECOGNIZERS[name], share, "presidio", what, tuple(held[:3]))
                )
    return found


@cache
def _recognizers() -> Mapping[str, Any]:
    from presidio_analyzer import predefined_recognizers as module

    there = {name: getattr(module, name) for name in RECOGNIZERS if hasattr(module, name)}
    return {name: made() for name, made in there.items()}


def _whole(recognizer: Any, text: str) -> bool:
    found = recognizer.analyze(text=text, entities=recognizer.supported_entities, nlp_artifacts=None)
    return any(r.score >= LEAST_SCORE and r.end - r.start >= len(text) - 1 for r in found)
