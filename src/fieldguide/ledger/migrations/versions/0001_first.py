"""The first version of the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _table(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(name, sa.Column("id", sa.Integer, primary_key=True, autoincrement=True), *columns)
    op.create_index(f"ix_{name}_program", name, ["program", "id"])


def _text(name: str, size: int | None = None, *, empty: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(size) if size else sa.Text, nullable=empty)


def upgrade() -> None:
    """Create every table."""
    _table(
        "grades",
        _text("at", 40),
        _text("program", 200),
        _text("fingerprint", 64),
        _text("level", 4),
        _text("extent"),
        _text("code", 64),
        _text("findings"),
    )
    _table(
        "evidence",
        _text("at", 40),
        _text("program", 200),
        _text("fingerprint", 64),
        _text("origin", 20),
        _text("check", 80),
        _text("until", 40, empty=True),
        _text("extent", 64, empty=True),
        _text("code", 64, empty=True),
        _text("finding"),
    )
    _table(
        "answers",
        _text("at", 40),
        _text("program", 200),
        _text("kind", 10),
        _text("check", 80),
        _text("about", 200, empty=True),
        _text("by", 200),
        _text("because"),
        _text("until", 40, empty=True),
    )
    _table(
        "effort",
        _text("at", 40),
        _text("program", 200),
        _text("level", 4),
        sa.Column("minutes", sa.Float, nullable=False),
        _text("by", 200),
    )
    _table(
        "fits",
        _text("at", 40),
        _text("program", 200),
        _text("fingerprint", 64),
        _text("fitted", 64),
        _text("model", 80),
        sa.Column("chosen", sa.Boolean, nullable=False),
        _text("climb"),
    )
    _table(
        "releases",
        _text("at", 40),
        _text("program", 200),
        sa.Column("number", sa.Integer, nullable=False),
        _text("fitted", 64),
        _text("model", 80),
        _text("changes"),
        _text("by", 200),
        _text("because"),
        sa.Column("restores", sa.Integer, nullable=True),
        _text("ended", 40, empty=True),
        _text("ending", 20, empty=True),
    )
    op.create_index("ux_releases_number", "releases", ["program", "number"], unique=True)
    _table(
        "incidents",
        _text("opened", 40),
        _text("closed", 40, empty=True),
        _text("program", 200),
        sa.Column("release", sa.Integer, nullable=False),
        _text("check", 80),
        _text("about", 200, empty=True),
        sa.Column("clean_windows", sa.Integer, nullable=False),
        _text("finding"),
    )
    _table(
        "windows",
        _text("at", 40),
        _text("program", 200),
        sa.Column("release", sa.Integer, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        _text("level", 4),
        _text("live"),
    )


def downgrade() -> None:
    """Refuse: a ledger is never taken back."""
    raise NotImplementedError("A ledger is only ever added to; restore a copy of the database instead.")
