"""The words of a problem: declarations only, and what differs between two programs."""

from fieldguide.program.blanks import models, objectives, optimizers, priors
from fieldguide.program.changes import (
    Change,
    changes,
    fingerprint,
    items_changed,
    knobs,
    render,
)
from fieldguide.program.columns import (
    Boolean,
    Category,
    Feature,
    Number,
    Presentation,
    Text,
    Timestamp,
    reads,
)
from fieldguide.program.functions import function_fingerprint
from fieldguide.program.label import BinaryLabel, CountLabel, Label, NoLabel, NumericLabel
from fieldguide.program.load import being_loaded, code_files, load, load_one, named
from fieldguide.program.program import (
    Blanks,
    Program,
    arguments,
    computed_features,
    directory,
    presentations,
    raw_columns,
)
from fieldguide.program.question import Question
from fieldguide.program.source import CSV, Hearsay, Join, Source

__all__ = [
    "CSV", "BinaryLabel", "Blanks", "Boolean", "Category", "Change", "CountLabel", "Feature", "Hearsay", "Join", "Label",
    "NoLabel", "Number", "NumericLabel", "Presentation", "Program", "Question", "Source", "Text", "Timestamp", "arguments", "being_loaded",
    "changes", "code_files", "computed_features", "directory", "fingerprint", "function_fingerprint", "items_changed", "knobs",
    "load", "load_one", "models", "named", "objectives", "optimizers", "presentations", "priors", "raw_columns",
    "reads", "render",
]  # fmt: skip
