"""Documents are found by their date and by their id in QuickBooks: a month is proven without reading all years."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes."""
    op.create_index("ix_documents_date", "documents", ["company_id", "date"])
    op.create_index("ix_documents_qbo", "documents", ["company_id", "qbo_id"])
