"""A posting unit between ticket and document, and what stands of it in a column of its own.

Until now a document was of a ticket, and marks in the place of a ticket's fingerprint told what was under way.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STANDS = """
    CASE
        WHEN fingerprint IN ('revising', 'edited', 'undoing') THEN fingerprint
        WHEN fingerprint LIKE '~%' THEN 'part'
        WHEN fingerprint IS NOT NULL THEN 'whole'
        WHEN EXISTS (SELECT 1 FROM documents WHERE documents.ticket = tickets.id
                     AND documents.state IN ('sending', 'posted', 'orphaned')) THEN 'found'
        ELSE 'nothing'
    END
"""
_FINGERPRINT = """
    CASE
        WHEN fingerprint IN ('revising', 'edited', 'undoing') THEN NULL
        WHEN fingerprint LIKE '~%' THEN substr(fingerprint, 2)
        ELSE fingerprint
    END
"""

_NEWEST = "SELECT max(id) FROM documents WHERE kind = 'payment' GROUP BY unit, number"
_LIFT = f"""
    UPDATE documents SET state = 'lifted'
    WHERE kind = 'payment' AND state = 'voided' AND id IN ({_NEWEST})
    AND unit IN (SELECT id FROM units WHERE stands IN ('revising', 'undoing'))
    AND (SELECT sum(own.amount) FROM documents AS own
         WHERE own.unit = documents.unit AND own.kind = 'invoice' AND own.state = 'posted')
      = (SELECT sum(own.amount) FROM documents AS own
         WHERE own.unit = documents.unit AND own.id IN ({_NEWEST}) AND own.state IN ('posted', 'voided', 'lifted'))
"""  # noqa: S608 (our own names)


def upgrade() -> None:
    """Make a unit of each ticket that documents were ever made for, and have its documents be the unit's."""
    op.create_table(
        "units",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("company_id", sa.Integer, sa.ForeignKey("companies.id", name="fk_units_company_id"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("location_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("stands", sa.String(10), nullable=False),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint(
            "company_id", "kind", "location_id", "name", name="uq_units_company_id_kind_location_id_name"
        ),
    )
    op.execute(
        "INSERT INTO units (company_id, kind, location_id, name, stands, fingerprint, failures) "  # noqa: S608 (our own)
        f"SELECT company_id, 'ticket', location_id, ticket_id, {_STANDS}, {_FINGERPRINT}, 0 FROM tickets "
        "WHERE fingerprint IS NOT NULL OR EXISTS (SELECT 1 FROM documents WHERE documents.ticket = tickets.id)"
    )
    op.execute("ALTER TABLE tickets ADD COLUMN unit INTEGER REFERENCES units (id)")
    op.execute(
        "UPDATE tickets SET unit = (SELECT units.id FROM units WHERE units.company_id = tickets.company_id "
        "AND units.location_id = tickets.location_id AND units.name = tickets.ticket_id)"
    )
    op.create_index("ix_tickets_unit", "tickets", ["unit"])
    op.drop_column("tickets", "fingerprint")
    _move_documents()
    # What a change under way had voided, where it is sure: with what stands it comes to what the invoice still is.
    op.execute(_LIFT)


def _move_documents() -> None:
    """Lay the documents anew: SQLite can't take a column away that refers to another table."""
    bind = op.get_bind()
    old = "documents_of_tickets"
    for index in ("ix_documents_ticket", "ix_documents_date", "ix_documents_qbo", "ix_documents_sending"):
        op.drop_index(index, "documents")
    op.drop_index("uq_documents_standing", "documents")
    op.rename_table("documents", old)
    if bind.dialect.name == "postgresql":
        op.execute(f"ALTER INDEX pk_documents RENAME TO pk_{old}")
        op.execute(f"ALTER SEQUENCE documents_id_seq RENAME TO {old}_id_seq")
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "company_id", sa.Integer, sa.ForeignKey("companies.id", name="fk_documents_company_id"), nullable=False
        ),
        sa.Column("unit", sa.Integer, sa.ForeignKey("units.id", name="fk_documents_unit"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.String(21), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("method", sa.String(31)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempt", sa.String(32)),
        sa.Column("missed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("request_id", sa.String(50)),
        sa.Column("sent_at", sa.String(32)),
        sa.Column("qbo_id", sa.String),
        sa.Column("sync_token", sa.String(20)),
        sa.Column("posted_at", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
    )
    columns = (
        "id, company_id, kind, number, amount, date, method, state, attempt, missed, request_id, sent_at, qbo_id, "
        "sync_token, posted_at"
    )
    op.execute(
        f"INSERT INTO documents (unit, {columns}) "  # noqa: S608 (our own names)
        f"SELECT (SELECT unit FROM tickets WHERE tickets.id = {old}.ticket), {columns} FROM {old}"
    )
    if bind.dialect.name == "postgresql":
        op.execute("SELECT setval('documents_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM documents), false)")
    op.drop_table(old)
    op.create_index("ix_documents_unit", "documents", ["unit"])
    op.create_index("ix_documents_date", "documents", ["date", "company_id"])
    op.create_index("ix_documents_qbo", "documents", ["qbo_id", "company_id"])
    sending = sa.text("state = 'sending'")
    op.create_index("ix_documents_sending", "documents", ["company_id"], sqlite_where=sending, postgresql_where=sending)
    past = sa.text("state NOT IN ('voided', 'lifted')")
    op.create_index(
        "uq_documents_standing",
        "documents",
        ["company_id", "kind", "number", "unit"],
        unique=True,
        sqlite_where=past,
        postgresql_where=past,
    )
