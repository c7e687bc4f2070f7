"""The checks of single cells and of rows that resemble each other (band B)."""

from __future__ import annotations

from fieldguide.readiness.check import Check

CHECKS: tuple[Check, ...] = (
    Check(
        "consistent_columns", "B3", "machine",
        "columns that determine each other, and sources that report the same, agree in each row",
        "correct the cells at the source (grade --queues DIR lists them all); if they are "
        "right: fieldguide waive P consistent_columns --by NAME --because WHY",
    ),
    Check(
        "spelled_alike", "B3", "machine",
        "each name is written in one way",
        "write these names as the frequent ones; if they are names of their own: "
        "fieldguide waive P spelled_alike --by NAME --because WHY",
    ),
    Check(
        "cell_formats", "B3", "machine",
        "the values of a column have the form of the column",
        "bring these values into the form of the others, or make them null; if the form is right: "
        "fieldguide waive P cell_formats --by NAME --because WHY",
    ),
    Check(
        "swapped_fields", "B3", "machine",
        "no two fields of a row are in each other's place",
        "exchange the two fields at the source; if they are right: "
        "fieldguide waive P swapped_fields --by NAME --because WHY",
    ),
    Check(
        "cell_numbers", "B3", "machine",
        "no single number is far from all others of its column, or stands for nothing",
        "correct the cells at the source (grade --queues DIR lists them all)",
    ),
    Check(
        "duplicate_rows", "B3", "machine",
        "no row comes twice under another key",
        "find out what writes rows twice, and keep one of each",
    ),
    Check(
        "similar_rows", "B3", "machine",
        "no two rows are nearly the same thing",
        "look at the pairs: where both are the same thing, keep one",
    ),
)  # fmt: skip
