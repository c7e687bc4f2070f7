"""B3: keys that tell rows apart, joins whose rows find their partners."""

from __future__ import annotations

from collections.abc import Sequence

from fieldguide.finding import Finding, Verdict
from fieldguide.readiness.checks import found
from fieldguide.tables.query import Duplicates

LEAST_RESOLVED = 0.5
"""Share of rows that find a partner in a joined source, at least."""


def unique_key(key: Sequence[str], duplicates: Duplicates | None) -> list[Finding]:
    """B3: each key belongs to one row and no row lacks it. Unknown when no key is declared."""
    if not key or duplicates is None:
        todo = (
            "declare Source(key=…): the column(s) that tell one row from another; if there is none, say so in your "
            "name: fieldguide waive P unique_key --by NAME --because …"
        )
        return [found("unique_key", "unknown", "no key declared", todo=todo)]
    return [_keys("unique_key", None, key, duplicates)]


def joined_keys(name: str, key: Sequence[str], duplicates: Duplicates | None) -> list[Finding]:
    """B3: each key of the joined source `name` belongs to one of its rows."""
    if not key or duplicates is None:
        todo = f"declare the key of {name}: Source(key=…)"
        return [found("joined_keys", "unknown", "no key declared", name, todo=todo)]
    return [_keys("joined_keys", name, key, duplicates)]


def joins_resolve(name: str, resolved: int, rows: int) -> list[Finding]:
    """B3: at least half of the rows found a partner in the joined source `name`.

    Which rows did not, and when, is told by the missing values of its columns.
    """
    share = resolved / rows if rows else 0.0
    saw = f"{resolved:,} of {rows:,} rows ({share:.1%}) found a row in {name}"
    verdict: Verdict = "pass" if share >= LEAST_RESOLVED else "fail"
    return [found("joins_resolve", verdict, saw, name, expected=f"at least {LEAST_RESOLVED:.0%}")]


def no_joins() -> list[Finding]:
    """B3: what the two checks of joins say where nothing is joined."""
    return [found(name, "pass", "no source is joined") for name in ("joined_keys", "joins_resolve")]


def _keys(check: str, name: str | None, key: Sequence[str], duplicates: Duplicates) -> Finding:
    called = ", ".join(key)
    if not duplicates.rows and not duplicates.null:
        return found(check, "pass", f"({called}) is different on every row", name)
    parts = []
    if duplicates.rows:
        copies = f", {duplicates.copies:,} of them exact copies of another row" if duplicates.copies else ""
        parts.append(f"{duplicates.keys:,} values of ({called}) are on {duplicates.rows:,} rows{copies}")
    if duplicates.null:
        parts.append(f"{duplicates.null:,} rows have no ({called})")
    return found(check, "fail", "; ".join(parts), name, rows=duplicates.examples)
