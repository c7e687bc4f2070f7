"""The checks that guard the levels, as a table, and how a check makes a finding.

A new check is a line here and a function of its band; `assess` runs it. What a check needs to know about
itself (its level, what is expected, what to do) is in the table, so that docs and findings agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from fieldguide.errors import UsageError, suggest
from fieldguide.finding import Finding, Verdict

Kind = Literal["machine", "human", "evidence"]


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


def _checks(*checks: Check) -> Mapping[str, Check]:
    return MappingProxyType({check.id: check for check in checks})


CHECKS: Mapping[str, Check] = _checks(
    Check(
        "registered", "C4", "machine",
        "the source is declared: where it is, and who is said to own it",
        "name the place in Source(data=…) and the owner in Source(owner=…)",
    ),
    Check(
        "reachable", "C3", "machine",
        "the declared place was reached and holds rows",
        "check the path or the function in Source(data=…)",
    ),
    Check(
        "time_span", "C3", "machine",
        "the first and the last time of the rows",
        "declare Source(time=…): the column that says when the prediction is made",
    ),
    Check(
        "owner", "C3", "human",
        "somebody answers for the data",
        "write Source(owner=…, owner_contact=…)",
    ),
    Check(
        "license", "C2", "human",
        "the license or the terms under which the data may be used",
        'write Source(license=…), such as "CC0" or "internal"',
    ),
    Check(
        "purpose", "C2", "human",
        "what the data may be used for",
        "write Source(purpose=…)",
    ),
    Check(
        "personal_data", "C2", "human",
        "whether the data are about persons, and which data those are",
        'write Source(personal_data=…): "none", or what they hold and on which legal basis',
    ),
    Check(
        "permission_current", "C2", "machine",
        "the permission to use the data has not expired",
        "renew the permission and write the new date in Source(expires=…)",
    ),
    Check(
        "shared_purpose", "C2", "human",
        "sources that are joined were given for the same purpose (joining can raise a legal bar)",
        "ask the owners whether the sources may be joined; if so: fieldguide confirm P shared_purpose --by NAME",
    ),
    Check(
        "personal_data_screen", "C2", "machine",
        "columns that look like e-mail addresses, phone, card or bank account numbers, or network addresses",
        "take the column out of the source, or say in Source(personal_data=…) what it holds",
    ),
    Check(
        "parses", "C1", "machine",
        "lines and cells that could not be read, by file and line",
        "mend the lines at the source, or declare the column as what it is",
    ),
    Check(
        "reads_alike", "C1", "machine",
        "two readings of the source give the same content",
        "read from a snapshot, or sort what the function returns and take out what is random in it",
    ),
    Check(
        "profiled", "B4", "machine",
        "every column has a stored profile over all rows",
        "grade again, so that a profile is made",
    ),
    Check(
        "columns_filled", "B4", "machine",
        "no column is without any value",
        "take the column out of features=, or find out why its source is empty",
    ),
    Check(
        "unique_key", "B3", "machine",
        "each key belongs to one row",
        "take out the copies, or add the column to Source(key=…) that tells the rows apart",
    ),
    Check(
        "joined_keys", "B3", "machine",
        "each key of a joined source belongs to one of its rows",
        "take out the copies in the joined source: which of them is taken is chance",
    ),
    Check(
        "joins_resolve", "B3", "machine",
        "rows find their partner in each joined source",
        "compare the spelling and the type of the columns in Join(on=…) on both sides, and Join(within=…)",
    ),
    Check(
        "described", "B3", "human",
        "what each column means",
        "write about=… in a sentence",
    ),
    Check(
        "units", "B3", "human",
        "the unit of each number",
        'write unit=…, such as "second" or "USD"; "1" for a count or a share',
    ),
    Check(
        "possible_values", "B3", "machine",
        "numbers are finite and within their declared low and high",
        "mend the values at the source (null where unknown), or correct low= and high=",
    ),
    Check(
        "wild_values", "B3", "machine",
        "single values far from all others, farther than the column's own tail lets expect",
        "look at the rows; mend the value or make it null; if it is right: fieldguide waive P wild_values --by NAME --because WHY",
    ),
    Check(
        "possible_times", "B3", "machine",
        "no row's time lies in the future",
        "check Source(timezone=…) and the clock that wrote the times",
    ),
    Check(
        "stuck_values", "B2", "machine",
        "no number stays the same for much longer than it ever does",
        "ask the owner what happened then; make the stuck values null",
    ),
    Check(
        "default_values", "B2", "machine",
        "no value stands in for missing ones (-999, 9999, 1970-01-01, …)",
        "make these values null, or tell them apart by a column of their own",
    ),
    Check(
        "missing_values", "B1", "machine",
        "where and when values are missing, and together with what",
        "look at what goes with the missing values before you fill or drop them",
    ),
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


def check(name: str) -> Check:
    """Return the check of that id.

    Raises UsageError for an id that is none.
    """
    if name not in CHECKS:
        raise UsageError(f"{name!r} is no check.{suggest(name, CHECKS)} Checks: {', '.join(CHECKS)}.")
    return CHECKS[name]


def found(
    name: str,
    verdict: Verdict,
    saw: str,
    about: str | None = None,
    *,
    rows: Sequence[str] = (),
    expected: str | None = None,
    todo: str | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> Finding:
    """Return a finding of a check in the table, which gives its level, what is expected and what to do.

    `expected` and `todo` say it better where the case is known; what passes has nothing to do unless told.

    >>> found("owner", "unknown", "not answered").blocks
    'C3'
    """
    one = check(name)
    if todo is None:
        todo = "" if verdict == "pass" else one.next
    if about is not None:
        todo = todo.replace(f"waive P {name} ", f"waive P {name} --about {about} ")
    return Finding(
        check=one.id,
        level=one.level,
        verdict=verdict,
        about=about,
        saw=saw,
        expected=one.checks if expected is None else expected,
        rows=tuple(rows),
        next=todo,
        evidence=evidence or {},
    )
