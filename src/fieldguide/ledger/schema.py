"""The tables of the ledger (SQLAlchemy Core).

Times are ISO 8601 texts in UTC, structured values JSON texts: the same on SQLite and PostgreSQL. Rows are
only added; what is closed or replaced gets a time, nothing is deleted. A change here needs a migration in
`migrations/versions`; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()


def _identity() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


grades = Table(
    "grades",
    metadata,
    _identity(),
    Column("at", String(40), nullable=False),
    Column("program", String(200), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("level", String(4), nullable=False),
    Column("extent", Text, nullable=False),
    Column("code", String(64), nullable=False),
    Column("findings", Text, nullable=False),
    Column("share", Float),  # of the rows, where a sample of them was graded
)

evidence = Table(
    "evidence",
    metadata,
    _identity(),
    Column("at", String(40), nullable=False),
    Column("program", String(200), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("origin", String(20), nullable=False),  # fit, monitor
    Column("check", String(80), nullable=False),
    Column("until", String(40)),
    Column("extent", String(64)),
    Column("code", String(64)),
    Column("finding", Text, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    _identity(),
    Column("at", String(40), nullable=False),
    Column("program", String(200), nullable=False),
    Column("kind", String(10), nullable=False),  # confirm, waive
    Column("check", String(80), nullable=False),
    Column("about", String(200)),
    Column("by", String(200), nullable=False),
    Column("because", Text, nullable=False),
    Column("until", String(40)),
)

effort = Table(
    "effort",
    metadata,
    _identity(),
    Column("at", String(40), nullable=False),
    Column("program", String(200), nullable=False),
    Column("level", String(4), nullable=False),
    Column("minutes", Float, nullable=False),
    Column("by", String(200), nullable=False),
)

fits = Table(
    "fits",
    metadata,
    _identity(),
    Column("at", String(40), nullable=False),
    Column("program", String(200), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("fitted", String(64), nullable=False),
    Column("model", String(80), nullable=False),
    Column("chosen", Boolean, nullable=False),
    Column("climb", Text, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    _identity(),
    Column("at", String(40), nullable=False),
    Column("program", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("fitted", String(64), nullable=False),
    Column("model", String(80), nullable=False),
    Column("changes", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("because", Text, nullable=False),
    Column("restores", Integer),  # the number of the release that a rollback put back
    Column("ended", String(40)),
    Column("ending", String(20)),  # replaced, rolled back
)

incidents = Table(
    "incidents",
    metadata,
    _identity(),
    Column("opened", String(40), nullable=False),
    Column("closed", String(40)),
    Column("program", String(200), nullable=False),
    Column("release", Integer, nullable=False),
    Column("check", String(80), nullable=False),
    Column("about", String(200)),
    Column("clean_windows", Integer, nullable=False),
    Column("finding", Text, nullable=False),
)

windows = Table(
    "windows",
    metadata,
    _identity(),
    Column("at", String(40), nullable=False),
    Column("program", String(200), nullable=False),
    Column("release", Integer, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("level", String(4), nullable=False),
    Column("live", Text, nullable=False),
)

for table in (grades, evidence, answers, effort, fits, releases, incidents, windows):
    Index(f"ix_{table.name}_program", table.c.program, table.c.id)

Index("ux_releases_number", releases.c.program, releases.c.number, unique=True)
