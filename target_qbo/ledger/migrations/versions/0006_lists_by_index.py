"""Lists and sums of all tickets are read from indexes alone: a row holds a whole record, and there are many.

What was told or proven last is remembered.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    # What no till writes as a receipt's number would be too long for an index of PostgreSQL.
    op.execute("UPDATE tickets SET number = substr(number, 1, 200) WHERE length(number) > 200")
    op.drop_index("ix_tickets_status", "tickets")
    op.create_index("ix_tickets_status", "tickets", ["company_id", "status", "business_date", "code", "total"])
    op.drop_index("ix_tickets_day", "tickets")
    op.create_index(
        "ix_tickets_day",
        "tickets",
        ["company_id", "business_date", "location_id", "id", "status", "code", "total", "number", "ticket_id"],
    )
    reasoned = sa.text("reason IS NOT NULL")
    op.create_index("ix_tickets_reason", "tickets", ["company_id"], sqlite_where=reasoned, postgresql_where=reasoned)
    op.create_index("ix_runs_company", "runs", ["company_id", "id"])
    # The company comes last, as in 0003: else SQLite takes it for a look at all documents, where their units are named.
    op.create_index("ix_documents_sent", "documents", ["sent_at", "company_id"])
    edited = sa.text("stands = 'edited'")
    op.create_index("ix_units_edited", "units", ["company_id"], sqlite_where=edited, postgresql_where=edited)
    amiss = sa.text("state IN ('altered', 'orphaned')")
    op.create_index("ix_documents_amiss", "documents", ["company_id"], sqlite_where=amiss, postgresql_where=amiss)
    op.create_table(
        "remembered",
        sa.Column(
            "company_id", sa.Integer(), sa.ForeignKey("companies.id", name="fk_remembered_company_id"), nullable=False
        ),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "what", name="pk_remembered"),
    )
