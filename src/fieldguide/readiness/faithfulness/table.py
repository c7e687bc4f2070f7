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
        "unit_names", "B3", "machine",
        "each unit has a name that is known, so that it can be converted and a change of it be told",
        'write the unit as pint writes it, such as "mile/hour", "degree Celsius" or "USD"',
    ),
    Check(
        "possible_values", "B3", "machine",
        "numbers are finite and within their declared low and high",
        "mend the values at the source (null where unknown), or correct low= and high=",
    ),
    Check(
        "plausible_values", "B3", "machine",
        "values are ones that their unit allows and the name of their column lets expect",
        "mend the values at the source (null where unknown), or declare the unit and the bounds they have",
    ),
    Check(
        "mixed_units", "B3", "machine",
        "a number is in one unit on all rows",
        "find the rows in the other unit (one sender, one file, one period?) and convert them",
    ),
    Check(
        "wild_values", "B3", "machine",
        "single values far from all others, farther than the column's own tail lets expect",
        "look at the rows; mend the value or make it null; if it is right: fieldguide waive P wild_values --by NAME --because WHY",
    ),
    Check(
        "possible_times", "B3", "machine",
        "no row's time lies in the future, on a default date, or long before all others",
        "check Source(timezone=…) and the clock that wrote the times",
    ),
    Check(
        "clocks", "B3", "machine",
        "times keep to one clock: no doubled hour, no zone that the hours of the day speak against, no dates among times",
        "check Source(timezone=…), and write times with their offset from UTC",
    ),
    Check(
        "row_alignment", "B3", "machine",
        "columns that go together do so on all rows: none was sorted or shifted apart from the others",
        "compare these rows with their source; a column that was moved alone must be taken from there again",
    ),
    Check(
        "stuck_values", "B2", "machine",
        "no number stays the same for much longer than it ever does",
        "ask the owner what happened then; make the stuck values null",
    ),
    Check(
        "default_values", "B2", "machine",
        "no value stands in for missing ones (-999, 9999, 1970-01-01, 'unknown', …)",
        "make these values null, or tell them apart by a column of their own",
    ),
    Check(
        "capped_values", "B2", "machine",
        "no heap of rows on the largest or the smallest value, as where larger ones were cut off",
        "ask whether values beyond were cut off; if so say it in about=…, since the true ones are not known",
    ),
    Check(
        "repeated_rows", "B2", "machine",
        "no stretch of rows comes a second time under other keys or times, as when a file is loaded twice",
        "look whether the second stretch was measured or copied; take the copy out",
    ),
    Check(
        "time_gaps", "B2", "machine",
        "no hours or days without rows where the table's own rhythm lets expect them",
        "ask the owner what happened then: nothing to record, or nothing recorded?",
    ),
    Check(
        "last_digits", "B2", "machine",
        "last digits as chance makes them: no preference for 0 and 5",
        "ask how the values came about: read off, estimated or rounded by people?",
    ),
    Check(
        "first_digits", "B2", "machine",
        "first digits of amounts by Benford's law, where it applies",
        "look at which first digits are frequent: thresholds, fees or invented amounts show there",
    ),
    Check(
        "resolution", "B2", "machine",
        "values are written as finely at all times",
        "ask the owner what changed: another source, another sensor, or a copy that lost digits",
    ),
    Check(
        "weights", "B2", "machine",
        "weights are finite, none is negative, and no few rows outweigh the others",
        "mend the weights at the source, or leave Source(weight=…) out",
    ),
    Check(
        "repeatability", "B2", "machine",
        "how far a second measurement of the same thing lies from the first",
        "name in Source(repeats=…) the column(s) whose equal values mean the same thing measured again, or give "
        "Source(audit=…); without either, the limit is accepted with measurement_limits",
    ),
    Check(
        "audit", "B2", "machine",
        "values agree with those of a sample that was measured anew",
        "look at the rows that differ most; what differs by a constant can be corrected, scatter cannot",
    ),
    Check(
        "measurement_limits", "B2", "human",
        "which rows these are of all there could be, how they were measured, and what is not known of it",
        "write Source(sampling=…): how the rows were chosen and measured, such as \"every visit, as logged\"",
    ),
    Check(
        "missing_values", "B1", "machine",
        "where and when values are missing, and together with what",
        "look at what goes with the missing values before you fill or drop them",
    ),
)  # fmt: skip
