"""Alembic's entry: runs the migrations on the connection that the ledger was opened with."""

from __future__ import annotations

from alembic import context

from target_qbo.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
