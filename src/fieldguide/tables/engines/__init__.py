"""The engines that run the table layer's expressions: DuckDB in process.

Everything above imports this module, never an engine by name.
"""

from fieldguide.tables.engines.duckdb import (
    INSTANT,
    WALL_CLOCK,
    as_table,
    clock_microseconds,
    connect,
    connection_of,
    content_hash,
    create,
    drop,
    first_row_missing,
    fresh_name,
    from_arrow,
    identifier,
    instant_at,
    materialize,
    microseconds,
    quoted,
    to_arrow,
    version,
    wall_clock_utc,
)

__all__ = [
    "INSTANT", "WALL_CLOCK", "as_table", "clock_microseconds", "connect", "connection_of", "content_hash", "create",
    "drop", "first_row_missing", "fresh_name", "from_arrow", "identifier", "instant_at", "materialize",
    "microseconds", "quoted", "to_arrow", "version", "wall_clock_utc",
]  # fmt: skip
