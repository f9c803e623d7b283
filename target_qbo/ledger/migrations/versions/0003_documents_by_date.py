"""Documents are found by their date and by their id in QuickBooks: a month is proven without reading all years."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes; the company comes last, so that SQLite never takes them for a look at all of it."""
    op.create_index("ix_documents_date", "documents", ["date", "company_id"])
    op.create_index("ix_documents_qbo", "documents", ["qbo_id", "company_id"])
