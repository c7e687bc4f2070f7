"""fieldguide: from a product question to a model in production that a team can trust.

The words of a problem (`Program`, `Source`, `Number` …) and the verbs (`grade`, `fit`, `launch` …) are
names of this package; what they need is loaded when they are used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WORDS = (
    "CSV", "BinaryLabel", "Boolean", "Category", "CountLabel", "Hearsay", "Join", "NoLabel", "Number", "NumericLabel",
    "Presentation", "Program", "Question", "Source", "Text", "Timestamp", "changes", "models", "objectives", "optimizers", "priors",
)  # fmt: skip
_VERBS = {
    "compare": "compare",
    "confirm": "answers",
    "effort": "answers",
    "explain": "explain",
    "fit": "fit",
    "grade": "grade",
    "harvest": "harvest",
    "history": "history",
    "launch": "launch",
    "monitor": "monitor",
    "questions": "answers",
    "report": "report",
    "rollback": "launch",
    "sample": "sample",
    "score": "score",
    "serve": "serve",
    "waive": "answers",
}
_ERRORS = (
    "DataError",
    "FieldguideError",
    "GateError",
    "JournalError",
    "ProgramError",
    "UnreachableError",
    "UsageError",
)

__all__ = sorted(["__version__", *_WORDS, *_VERBS, *_ERRORS])

if TYPE_CHECKING:
    from fieldguide.errors import DataError as DataError
    from fieldguide.errors import FieldguideError as FieldguideError
    from fieldguide.errors import GateError as GateError
    from fieldguide.errors import JournalError as JournalError
    from fieldguide.errors import ProgramError as ProgramError
    from fieldguide.errors import UnreachableError as UnreachableError
    from fieldguide.errors import UsageError as UsageError
    from fieldguide.program import CSV as CSV
    from fieldguide.program import BinaryLabel as BinaryLabel
    from fieldguide.program import Boolean as Boolean
    from fieldguide.program import Category as Category
    from fieldguide.program import CountLabel as CountLabel
    from fieldguide.program import Hearsay as Hearsay
    from fieldguide.program import Join as Join
    from fieldguide.program import NoLabel as NoLabel
    from fieldguide.program import Number as Number
    from fieldguide.program import NumericLabel as NumericLabel
    from fieldguide.program import Presentation as Presentation
    from fieldguide.program import Program as Program
    from fieldguide.program import Question as Question
    from fieldguide.program import Source as Source
    from fieldguide.program import Text as Text
    from fieldguide.program import Timestamp as Timestamp
    from fieldguide.program import changes as changes
    from fieldguide.program import models as models
    from fieldguide.program import objectives as objectives
    from fieldguide.program import optimizers as optimizers
    from fieldguide.program import priors as priors
    from fieldguide.steps.answers import confirm as confirm
    from fieldguide.steps.answers import effort as effort
    from fieldguide.steps.answers import questions as questions
    from fieldguide.steps.answers import waive as waive
    from fieldguide.steps.compare import compare as compare
    from fieldguide.steps.explain import explain as explain
    from fieldguide.steps.fit import fit as fit
    from fieldguide.steps.grade import grade as grade
    from fieldguide.steps.harvest import harvest as harvest
    from fieldguide.steps.history import history as history
    from fieldguide.steps.launch import launch as launch
    from fieldguide.steps.launch import rollback as rollback
    from fieldguide.steps.monitor import monitor as monitor
    from fieldguide.steps.report import report as report
    from fieldguide.steps.sample import sample as sample
    from fieldguide.steps.score import score as score
    from fieldguide.steps.serve import serve as serve


def __getattr__(name: str) -> Any:
    if name in _WORDS:
        return getattr(importlib.import_module("fieldguide.program"), name)
    if name in _VERBS:
        return getattr(importlib.import_module(f"fieldguide.steps.{_VERBS[name]}"), name)
    if name in _ERRORS:
        return getattr(importlib.import_module("fieldguide.errors"), name)
    from fieldguide.errors import suggest

    raise AttributeError(f"module 'fieldguide' has no attribute {name!r}.{suggest(name, __all__)}")


def __dir__() -> list[str]:
    return __all__
