"""Attempts: a document that is sent again in the same attempt keeps its requestid; and SQLite finds pending tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("documents", sa.Column("attempt", sa.String(length=32), nullable=True))
    op.add_column("documents", sa.Column("missed", sa.Integer(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_tickets_pending", "tickets")
        op.create_index("ix_tickets_pending", "tickets", ["company_id", "id"], sqlite_where=sa.text("pending = 1"))
