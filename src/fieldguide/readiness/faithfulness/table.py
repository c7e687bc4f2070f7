"""The checks of band B, in the order of the levels."""

from __future__ import annotations

from fieldguide.readiness.check import Check

CHECKS = (
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
)  # fmt: skip
