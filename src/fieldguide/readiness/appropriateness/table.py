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
        "label_matures", "A4", "machine",
        "labels arrive within the declared time; rows too young for theirs are left out, not counted as no",
        "declare arrives_within= long enough, and known_at= if a column says when the outcome was known",
    ),
    Check(
        "next_period", "A4", "machine",
        "rows can be split by time, so that a model is judged on what came later",
        "declare Source(time=…); without it the model is judged on other rows of the same time",
    ),
    Check(
        "columns_before_prediction", "A3", "machine",
        "joined columns and instants were known when the prediction was made",
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
        "columns_make_label", "A3", "machine",
        "no sum or product of a few columns is the label, and all together do not answer too well to be true",
        "ask which columns are written down with the outcome, and take them out of features=; "
        "if all are known at prediction time: fieldguide waive P columns_make_label --by NAME --because WHY",
    ),
    Check(
        "order_knows_label", "A3", "machine",
        "neither key, nor place in the file, nor file name tells the label",
        "ask how the rows were put together",
    ),
    Check(
        "rows_in_both_parts", "A3", "machine",
        "no row that a model is judged on is a copy of one that it was learned from",
        "take out the copies; name what belongs together in Source(entity=…)",
    ),
    Check(
        "skill_lasts", "A3", "machine",
        "what the columns say of the label in one time, they say in the next",
        "look for columns that know the time or the group of a row and not the label: ids, counters, file names",
    ),
    Check(
        "values_change_later", "A3", "machine",
        "the value of a column stays what it was when the outcome becomes known",
        "read the column as it was at the prediction: a snapshot, or Join(as_of=…)",
    ),
    Check(
        "label_errors", "A3", "machine",
        "labels that the other columns contradict, as a queue for people",
        "let people look through the queue; never drop rows for being in it",
    ),
    Check(
        "population", "A3", "machine",
        "rows arrive over the whole time span",
        "ask the owner whether the delivery has stopped, or rows are missing",
    ),
    Check(
        "population_match", "A3", "machine",
        "the rows to learn from are like those that the question is asked about",
        "collect such rows as are lacking, weight those there are, or ask the question of whom they stand for",
    ),
    Check(
        "beats_the_mean", "A2", "evidence",
        "a model beats the mean on the next period's data, lower bound above zero",
        "fit; if it does not beat the mean, the data do not answer the question yet: other columns, more rows",
    ),
    Check(
        "support", "A2", "machine",
        "rows enough for each weight of the planned model, and for each group",
        "use a stronger prior, fewer or coarser columns, or collect more rows",
    ),
    Check(
        "learning_curve", "A2", "machine",
        "how much more rows would help, or which labels",
        "collect more rows, or label those in the queue to annotate",
    ),
    Check(
        "features_available", "A1", "machine",
        "every feature is there when the prediction is made",
        "join what changes with as_of=, and mend functions that break",
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
