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
        "who answers for the data",
        "write Source(owner=…, owner_contact=…)",
    ),
    Check(
        "license", "C2", "human",
        "the license or the terms under which the data may be used",
        'write Source(license=…), such as "CC0", "contract with …" or "internal"; ask the owner if you do not know',
    ),
    Check(
        "purpose", "C2", "human",
        "what the data were collected for and may be used for",
        'write Source(purpose=…) in the words of whoever gave the permission, such as "better offers to our customers"',
    ),
    Check(
        "personal_data", "C2", "human",
        "whether the data are about persons, and which data those are",
        'write Source(personal_data=…): "none", or what they hold, such as "names, e-mail addresses"',
    ),
    Check(
        "legal_basis", "C2", "human",
        "on which legal basis personal data are used (asked where there are any)",
        'write Source(legal_basis=…), such as "consent of the customers, 2024-03" or "contract"; ask whoever answers for privacy',
    ),
    Check(
        "ethics", "C2", "human",
        "that somebody has asked whom the use may harm (asked where there are personal data)",
        'write Source(ethics=…): who looked at it, when, and what came out, such as "reviewed by the data council 2024-03: no objection"',
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
        "columns that hold personal data: contact, identity, payment, place, birth, names, secrets; each must be declared",
        "take the column out of the source, or say in Source(personal_data=…) what it holds",
    ),
    Check(
        "personal_data_hints", "C2", "machine",
        "what may be personal and cannot be decided: a few cells, free text, numbers that single out rows",
        "look at the columns named",
    ),
    Check(
        "reidentification", "C2", "machine",
        "rows that are alone with what describes a person (age, place, occupation), and whether a join made them so",
        "coarsen or leave out what singles persons out",
    ),
    Check(
        "parses", "C1", "machine",
        "lines and cells that could not be read, by file and line",
        "mend the lines at the source, or declare the column as what it is",
    ),
    Check(
        "spreadsheet_damage", "C1", "machine",
        "cells that a spreadsheet has changed: dates made of names, cut numbers, lost zeros, error values, lost rows",
        "export the column anew from where it came, as text",
    ),
    Check(
        "fresh", "C1", "machine",
        "the last row is as young as Source(delivered_every=…) lets expect",
        "ask the owner whether the delivery has stopped; correct Source(delivered_every=…) if it comes less often",
    ),
    Check(
        "reads_alike", "C1", "machine",
        "two readings of the source give the same content",
        "read from a snapshot, or sort what the function returns and take out what is random in it",
    ),
)  # fmt: skip
