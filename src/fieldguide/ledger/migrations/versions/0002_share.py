"""Grades of a sample: which share of the rows they saw. None: all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("grades", sa.Column("share", sa.Float, nullable=True))
