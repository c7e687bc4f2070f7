"""Band C: can the data be had, and may they be used? Pure functions of declarations and of what was read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime

from fieldguide.errors import DataError, UnreachableError
from fieldguide.finding import Finding, Verdict
from fieldguide.program import Hearsay, Source
from fieldguide.readiness.accessibility.privacy.cells import masked
from fieldguide.readiness.answers import end_of
from fieldguide.readiness.checks import CHECKS, found
from fieldguide.tables.read import Extent, Reject

MOST_REJECTED = 0.001
"""Share of lines that may be unreadable."""


def registered(source: Source) -> list[Finding]:
    """C4: the source is declared. That somebody says it is there is all that this level takes."""
    owner = f"said to be {source.owner}'s" if source.owner else "no owner claimed"
    told = ""
    if isinstance(source.data, Hearsay):
        told = f", heard from {source.data.said_by}" if source.data.said_by else ", from hearsay"
        told += f", recorded since {source.data.since}" if source.data.since else ""
    return [found("registered", "pass", f"{source.place}, {owner}{told}")]


def reachable(
    source: Source, rows: int, columns: int, files: Sequence[str], name: str | None = None
) -> list[Finding]:
    """C3: the place was reached and holds `rows` rows; `name` is that of a joined source."""
    where = f" in {len(files)} files" if len(files) > 1 else ""
    saw = f"{source.place}: {rows:,} rows, {columns} columns{where}"
    return [found("reachable", "pass" if rows else "fail", saw, name, expected="rows")]


def unreached(source: Source, error: DataError) -> list[Finding]:
    """C3, C1: what is known of a source whose rows could not be read.

    Hearsay is unknown, not failing: nobody has looked yet. A place that was reached and whose rows cannot be
    read (any other DataError than UnreachableError) is located and does not load.
    """
    if isinstance(source.data, Hearsay):
        said = f", said by {source.data.said_by}" if source.data.said_by else ""
        since = f", since {source.data.since}" if source.data.since else ""
        saw = f"hearsay{said}{since}: nobody has reached {source.place} yet"
        todo = "find out where the rows are, and write the place in Source(data=…)"
        return [found("reachable", "unknown", saw, todo=todo)]
    if isinstance(error, UnreachableError):
        return [found("reachable", "fail", str(error))]
    return [
        found("reachable", "pass", f"{source.place} was reached; its rows could not be read"),
        found("time_span", "pass", "not known: the rows could not be read"),
        found("parses", "fail", str(error), todo=CHECKS["parses"].next),
    ]


def time_span(source: Source, extent: Extent) -> list[Finding]:
    """C3: when the first and the last row are. A source without a time column passes with a note."""
    if source.time is None:
        saw = "no time column: when the rows are from is not known"
        return [found("time_span", "pass", saw, todo=CHECKS["time_span"].next)]
    if extent.since is None or extent.until is None:
        saw = f"no row has a time in {source.time!r}"
        todo = f"check that {source.time!r} holds times, and how they are written"
        return [found("time_span", "fail", saw, source.time, todo=todo)]
    return [found("time_span", "pass", f"from {extent.since} to {extent.until}", source.time)]


def permission_current(source: Source, now: datetime, name: str | None = None) -> list[Finding]:
    """C2: the permission has not expired at `now`; its last day counts, in UTC."""
    if not isinstance(source.expires, date):
        return [found("permission_current", "pass", "no end declared", name)]
    end = end_of(source.expires)
    if (now if now.tzinfo else now.replace(tzinfo=UTC)) <= end:
        saw = f"permitted until {source.expires}"
        return [found("permission_current", "pass", saw, name, evidence={"until": end.isoformat()})]
    saw = f"the permission ended on {source.expires}; now it is {now.date()}"
    return [found("permission_current", "fail", saw, name)]


def parses(
    rows: int,
    rejected: int,
    rejects: Sequence[Reject],
    name: str | None = None,
    *,
    notes: Sequence[str] = (),
    hidden: Collection[str] = (),
) -> list[Finding]:
    """C1: at most one line (or value) in a thousand rows could not be read; the places of the first are named.

    `rows` were read, `rejected` lines or values were not; `rejects` are examples of them, shown without what they say in
    columns that are `hidden` (personal data). `notes` say how the source was read: its encoding, separator, lines of names.
    """
    expected = f"at most {MOST_REJECTED:.1%} unreadable"
    read_as = f"; read as: {'; '.join(notes)}" if notes else ""
    if not rejected:
        saw = f"all of {rows:,} rows could be read{read_as}"
        return [found("parses", "pass", saw, name, expected=expected)]
    share = min(rejected / max(rows, 1), 1.0)
    told = ""
    if rejects:
        first = rejects[0]
        column = f" in column {first.column!r}" if first.column else ""
        # a line that could not be cut into columns may hold any of them
        text = (
            repr(masked(first.text))
            if first.column in hidden or (hidden and not first.column)
            else _short(first.text)
        )
        told = f"; the first: {first.file}:{first.line}{column}: {text} ({first.reason})"
    saw = f"{rejected:,} lines or values could not be read ({share:.2%} of {rows:,} rows){told}{read_as}"
    places = [f"{r.file}:{r.line}" for r in rejects]
    verdict: Verdict = "fail" if share > MOST_REJECTED else "pass"
    todo = CHECKS["parses"].next
    return [found("parses", verdict, saw, name, rows=places, expected=expected, todo=todo)]


def reads_alike(first: Extent, again: Extent | None) -> list[Finding]:
    """C1: two readings from cold have the same content hash. Unknown when it was read only once."""
    if again is None:
        todo = "grade again, so that the source is read twice"
        return [found("reads_alike", "unknown", "the source was read once", todo=todo)]
    if (first.hash, first.rows) == (again.hash, again.rows):
        saw = f"read twice: {first.rows:,} rows, content {_short_hash(first)}"
        return [found("reads_alike", "pass", saw)]
    saw = (
        f"two readings differ: {first.rows:,} rows with content {_short_hash(first)}, "
        f"then {again.rows:,} rows with content {_short_hash(again)}"
    )
    return [found("reads_alike", "fail", saw)]


def _short_hash(extent: Extent) -> str:
    return extent.hash.rsplit(":", 1)[-1][:12]


def _short(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else shown[:57] + "…"
