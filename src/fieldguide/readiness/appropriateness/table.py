"""The checks of band A, in the order of the levels."""

from __future__ import annotations

from fieldguide.readiness.check import Check

CHECKS = (
    Check(
        "question", "A4", "human",
        "the question, and what one row is",
        'write Question(ask="…", one_row_is="…")',
    ),
    Check(
        "decision", "A4", "human",
        "what will be done differently once the answer is known",
        'write Question(decision="…")',
    ),
    Check(
        "label_varies", "A4", "machine",
        "the label is known for enough rows and takes more than one value",
        "check the name and the positive value of the label, and the time by which it arrives",
    ),
    Check(
        "label_after_prediction", "A4", "machine",
        "the label becomes known after the prediction is made",
        "Source(time=…) must be when the prediction is made, label.known_at when the outcome was known",
    ),
    Check(
        "next_period", "A4", "machine",
        "rows can be split by time, so that a model is judged on what came later",
        "declare Source(time=…); without it the model is judged on other rows of the same time",
    ),
    Check(
        "columns_before_prediction", "A3", "machine",
        "joined columns were known when the prediction was made",
        "join what was known then: as_of= must be the time from which a row of that source was known",
    ),
    Check(
        "column_knows_label", "A3", "machine",
        "no single column nearly decides the label",
        "ask whether it is known at prediction time: if not, take it out of features=; "
        "if so: fieldguide waive P column_knows_label --by NAME --because WHY",
    ),
    Check(
        "missing_knows_label", "A3", "machine",
        "it does not decide the label, or whether there is one, that a column is missing",
        "ask when the column is filled in; if after the prediction, take it out of features=",
    ),
    Check(
        "population", "A3", "machine",
        "rows arrive over the whole time span",
        "ask the owner whether the delivery has stopped, or rows are missing",
    ),
    Check(
        "beats_the_mean", "A2", "evidence",
        "a model beats the mean on the next period's data, lower bound above zero",
        "fit; if it does not beat the mean, the data do not answer the question yet: other columns, more rows",
    ),
    Check(
        "served_features", "A1", "evidence",
        "every feature was seen in the served log",
        "serve: launch the neutral release and let rows come in",
    ),
    Check(
        "monitors_armed", "A1", "evidence",
        "what is served is graded against what was learned from",
        "serve with the monitor on",
    ),
)  # fmt: skip
