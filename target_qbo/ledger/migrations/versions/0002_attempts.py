"""Attempts: a document that is sent again in the same attempt keeps its requestid."""

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
