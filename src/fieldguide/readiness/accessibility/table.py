"""The checks of band C, in the order of the levels."""

from __future__ import annotations

from fieldguide.readiness.check import Check

CHECKS = (
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
)  # fmt: skip
