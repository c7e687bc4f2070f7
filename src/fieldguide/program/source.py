"""Source and Join: where rows come from, and who answers for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fieldguide.errors import ProgramError
from fieldguide.program.declare import declaration, expect, expect_text, frozen_list, note, what

MOST_OF_A_QUERY = 60
"""Signs of a query by which the place of its rows is called."""


@declaration
class Hearsay:
    """Data that somebody says are recorded, and that nobody has reached: where every data set starts (C4).

    `place` is where they are said to be, `said_by` who says so, `since` since when they are recorded.

    >>> Source(Hearsay("the call center's log book", said_by="Ann"), owner="call center").place
    "the call center's log book"
    """

    place: str
    _: KW_ONLY
    said_by: str = ""
    since: str = ""

    def __post_init__(self) -> None:
        for blank in ("place", "said_by", "since"):
            expect(self, blank, str, 'a few words in quotes, such as "the log book of the call center"')


@declaration
class CSV:
    """How a delimited file is written, where that cannot be seen from the file itself.

    What is left out is found out: `separator` (one character), `encoding` (a name such as "utf-8" or "cp1252"),
    `header` (how many lines at the top hold the names; with 2 the names of a column are put together; 0: there
    are none), `skip` (lines before them), `decimal` ("." or ",").
    """

    _: KW_ONLY
    separator: str | None = None
    encoding: str | None = None
    header: int | None = None
    skip: int | None = None
    decimal: str | None = None

    def __post_init__(self) -> None:
        expect_text(self, "separator", "encoding", "decimal")
        if self.separator is not None and len(self.separator) != 1:
            raise ProgramError(
                f"CSV(separator=…): {self.separator!r} is no single character; write ';', say."
            )
        if self.decimal not in (None, ".", ","):
            raise ProgramError(f"CSV(decimal=…): {self.decimal!r} is neither '.' nor ','.")
        for blank in ("header", "skip"):
            value = getattr(self, blank)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
                raise ProgramError(
                    f"CSV({blank}=…): you gave {what(value)}; expected a number of lines, such as 1."
                )


@declaration
class Source:
    """Where rows come from.

    `data` is a path or glob (Parquet, CSV, JSON, Arrow, Excel, gzip or zip of these; relative to the program's
    file), an address (http, s3, gs), a database (postgresql://…, sqlite:///…; with `table` or `query`, and
    passwords as ${NAME} from the environment), a function that returns rows or a path, anything that speaks the
    Arrow C stream, or Hearsay. `table` names the table of a database, the sheet of a workbook or the file in a
    zip, `format` says how a delimited file is written, `timeout` how long to wait for an address or a database. `key` names the column(s) that
    identify a row, `time` the column that says when the prediction is made, `entity` the user, machine or
    plane whose rows belong together. Naive times are read in `timezone`. `delivered_every` is how often new
    rows come. `sampling` says how the rows were chosen ("all visits", "one user in ten"), `repeats` names the
    column(s) whose equal values mean that the same thing was measured again, `audit` is a source with the same
    key in which rows were measured anew. The other blanks are answers to questions of access (owner, license,
    purpose, personal data, legal basis, ethics, `expires`: the last day of the permission); what is left open becomes a
    finding, never an error.

    >>> Source("visits.csv", key="visit_id", owner="web team").timezone
    'UTC'
    """

    HINTS: ClassVar[dict[str, str]] = {"data": 'Source("visits.parquet", key="visit_id")'}

    data: Any = field(compare=False)
    _: KW_ONLY
    key: str | Sequence[str] | None = None
    time: str | None = None
    entity: str | None = None
    timezone: str = "UTC"
    weight: str | None = None
    joins: Sequence[Join] = ()
    table: str | None = None
    query: str | None = None
    format: CSV | None = None
    timeout: timedelta = note(default=timedelta(seconds=30))
    repeats: str | Sequence[str] | None = note(default=None)
    audit: Source | None = note(default=None)
    sampling: str | None = note(default=None)
    about: str = note(default="")
    owner: str | None = note(default=None)
    owner_contact: str | None = note(default=None)
    license: str | None = note(default=None)
    purpose: str | None = note(default=None)
    personal_data: str | None = note(default=None)
    legal_basis: str | None = note(default=None)
    ethics: str | None = note(default=None)
    expires: str | date | None = note(default=None)
    delivered_every: timedelta | None = note(default=None)
    # what two sources are compared by in place of their data, which need not hash
    _identity: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_data(self.data)
        object.__setattr__(
            self,
            "_identity",
            self.data
            if isinstance(self.data, str | Path | Hearsay) or callable(self.data)
            else id(self.data),
        )
        for blank in ("key", "joins", "repeats"):
            frozen_list(self, blank)
        if isinstance(self.joins, Join):
            object.__setattr__(self, "joins", (self.joins,))
        for join in self.joins:
            if not isinstance(join, Join):
                raise ProgramError(
                    f"Source(joins=…): you gave {what(join)}; expected fg.Join(fg.Source(…), on=…, as_of=…)."
                )
        for blank in ("time", "entity", "weight", "table", "query"):
            if getattr(self, blank) is not None:
                expect(self, blank, str, "the name of one column")
        if isinstance(self.personal_data, bool):
            raise ProgramError(
                f"Source(personal_data={self.personal_data}): say which, such as 'e-mail address', or 'none'."
            )
        expect_text(
            self, "about", "owner", "owner_contact", "license", "purpose", "personal_data", "legal_basis"
        )
        expect_text(self, "ethics", "sampling")
        if self.table is not None and self.query is not None:
            raise ProgramError("Source(table=…, query=…): both say what to read; leave one of them out.")
        if self.format is not None:
            expect(self, "format", CSV, 'fg.CSV(separator=";")')
        expect(self, "timeout", timedelta, "a timedelta, such as timedelta(seconds=30)")
        if self.audit is not None:
            expect(self, "audit", Source, 'fg.Source("measured_again.csv", key=…)')
        if self.repeats is not None:
            _check_names(self, "repeats", 'the name of a column, or several: ("device", "day")')
        if self.delivered_every is not None:
            expect(self, "delivered_every", timedelta, "a timedelta, such as timedelta(hours=1)")
        if self.key is not None:
            _check_names(self, "key", 'the name of a column, or several: ("origin", "hour")')
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, TypeError):
            raise ProgramError(
                f"Source(timezone=…): {self.timezone!r} is no time zone; write a name such as 'Europe/Stockholm' or 'UTC'."
            ) from None
        if isinstance(self.expires, str):
            try:
                object.__setattr__(self, "expires", date.fromisoformat(self.expires))
            except ValueError:
                raise ProgramError(
                    f"Source(expires=…): {self.expires!r} is no date; write it as 2027-01-31."
                ) from None

    @property
    def keys(self) -> tuple[str, ...]:
        """The key columns as a tuple, empty where none is declared."""
        if self.key is None:
            return ()
        return (self.key,) if isinstance(self.key, str) else tuple(self.key)

    @property
    def place(self) -> str:
        """Where the rows are, in a few words; two tables of one database are two places.

        >>> Source("sqlite:///shop.db", table="visits").place
        'sqlite:///shop.db:visits'
        """
        if isinstance(self.data, str | Path):
            asked = " ".join((self.query or self.table or "").split())
            return f"{self.data}:{asked[:MOST_OF_A_QUERY]}" if asked else str(self.data)
        if isinstance(self.data, Hearsay):
            return self.data.place
        if callable(self.data):
            return f"{getattr(self.data, '__name__', 'function')}()"
        return f"a data frame ({type(self.data).__name__})"


@declaration
class Join:
    """A declared point-in-time join: the latest row of `source` known at the time of the prediction.

    `on` are the columns that must be equal, `as_of` is the joined source's column that says since when a
    row is known: the latest one at or before the prediction's time is taken, unless it is older than
    `within` (then the joined columns are null).
    """

    HINTS: ClassVar[dict[str, str]] = {
        "as_of": 'Join(fg.Source(weather), on="origin", as_of="observed_until")'
    }

    source: Source
    _: KW_ONLY
    on: str | Sequence[str]
    as_of: str
    within: timedelta | None = None

    def __post_init__(self) -> None:
        expect(self, "source", Source, 'fg.Source("weather.parquet", key=…)')
        frozen_list(self, "on")
        _check_names(self, "on", "the column(s) that both sources share, by name")
        expect(self, "as_of", str, "the joined source's time column")
        if self.within is not None:
            expect(self, "within", timedelta, "a timedelta, such as timedelta(hours=3)")
        if self.source.joins:
            raise ProgramError(
                "Join(source=…): a joined source cannot have joins of its own; list them beside it."
            )

    @property
    def keys(self) -> tuple[str, ...]:
        """The shared columns as a tuple."""
        return (self.on,) if isinstance(self.on, str) else tuple(self.on)


def _check_names(owner: object, blank: str, example: str) -> None:
    expect(owner, blank, (str, tuple), example)
    value = getattr(owner, blank)
    wrong = [name for name in (value if isinstance(value, tuple) else (value,)) if not isinstance(name, str)]
    if wrong:
        raise ProgramError(
            f"{type(owner).__name__}({blank}=…): you gave {what(wrong[0])} in it; expected {example}."
        )


def _check_data(data: Any) -> None:
    if isinstance(data, Hearsay):
        return
    if isinstance(data, str | Path):
        if (
            "://" in str(data)
            and "@" in str(data).split("://", 1)[1].split("/", 1)[0]
            and "${" not in str(data)
        ):
            raise ProgramError(
                "Source(data=…): the address holds a password; write it as ${NAME} (in single quotes in a shell) and set NAME in the "
                "environment."
            )
        return
    if isinstance(data, type) or data is None or isinstance(data, bool | int | float | list | tuple | dict):
        raise ProgramError(
            f"Source(data=…): you gave {what(data)}; expected a path, a function that returns rows, or a data frame."
        )
    if not (callable(data) or hasattr(data, "__arrow_c_stream__") or hasattr(data, "to_arrow")):
        raise ProgramError(
            f"Source(data=…): you gave {what(data)}; expected a path, a function that returns rows, or a data frame "
            "(anything with the Arrow C stream: pandas, polars, pyarrow, DuckDB)."
        )
