"""What Alembic runs: the connection is handed over by `fieldguide.ledger.book`."""

from __future__ import annotations

from alembic import context

from fieldguide.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
