"""The first ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PENDING = sa.text("pending")
SENDING = sa.text("state = 'sending'")
STANDING = sa.text("state != 'voided'")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "companies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("environment", sa.String(length=20), nullable=False),
        sa.Column("realm_id", sa.String(), nullable=False),
        sa.Column("country", sa.String(length=10), nullable=True),
        sa.Column("verified_from", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_companies"),
        sa.UniqueConstraint("environment", "realm_id", name="uq_companies_environment_realm_id"),
    )
    op.create_table(
        "discounts",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_discounts_company_id"),
        sa.PrimaryKeyConstraint("company_id", "location_id", "row_id", name="pk_discounts"),
    )
    op.create_index("ix_discounts_ticket", "discounts", ["company_id", "location_id", "ticket_id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_payments_company_id"),
        sa.PrimaryKeyConstraint("company_id", "location_id", "row_id", name="pk_payments"),
    )
    op.create_index("ix_payments_ticket", "payments", ["company_id", "location_id", "ticket_id"], unique=False)
    op.create_table(
        "references",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("qbo_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_references_company_id"),
        sa.PrimaryKeyConstraint("company_id", "entity", "key", name="pk_references"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("finished_at", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_runs_company_id"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("wait_until", sa.String(length=32), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("updated_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_tickets_company_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint(
            "company_id", "location_id", "ticket_id", name="uq_tickets_company_id_location_id_ticket_id"
        ),
    )
    op.create_index("ix_tickets_day", "tickets", ["company_id", "business_date", "location_id"], unique=False)
    op.create_index(
        "ix_tickets_pending",
        "tickets",
        ["company_id", "id"],
        unique=False,
        sqlite_where=sa.text("pending"),
        postgresql_where=sa.text("pending"),
    )
    op.create_index("ix_tickets_status", "tickets", ["company_id", "status", "business_date"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("access_expires_at", sa.String(length=32), nullable=False),
        sa.Column("configured_hash", sa.String(length=64), nullable=False),
        sa.Column("refreshed_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_tokens_company_id"),
        sa.PrimaryKeyConstraint("company_id", name="pk_tokens"),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=21), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("method", sa.String(length=31), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("request_id", sa.String(length=50), nullable=True),
        sa.Column("sent_at", sa.String(length=32), nullable=True),
        sa.Column("qbo_id", sa.String(), nullable=True),
        sa.Column("sync_token", sa.String(length=20), nullable=True),
        sa.Column("posted_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_documents_company_id"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name="fk_documents_ticket"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
    )
    op.create_index(
        "ix_documents_sending",
        "documents",
        ["company_id"],
        unique=False,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index("ix_documents_ticket", "documents", ["ticket"], unique=False)
    op.create_index(
        "uq_documents_standing",
        "documents",
        ["company_id", "kind", "number", "ticket"],
        unique=True,
        sqlite_where=sa.text("state != 'voided'"),
        postgresql_where=sa.text("state != 'voided'"),
    )
