"""The whole schema of the ledger: its tables, and the indexes of a part of one.

These indexes stand apart from the tables because each database has words of its own for them: SQLAlchemy loads all that
it knows of both to take them. Migrations, and what holds tables against them, need that; who reads and writes does not.
"""

from __future__ import annotations

import sqlalchemy as sa

from target_qbo.ledger.tables import documents, metadata, tickets, units

__all__ = ["metadata"]

_EDITED = sa.text("stands = 'edited'")
_AMISS = sa.text("state IN ('altered', 'orphaned')")  # in the words of tables.AMISS, by which SQLite knows it
_PAST = sa.text("state NOT IN ('voided', 'lifted')")  # a payment that was lifted may be made again beside it

sa.Index("ix_units_edited", units.c.company_id, sqlite_where=_EDITED, postgresql_where=_EDITED)
sa.Index(
    "ix_tickets_pending",
    tickets.c.company_id,
    tickets.c.id,
    sqlite_where=sa.text("pending = 1"),  # as queries say it: SQLite knows an index by the words of its condition
    postgresql_where=tickets.c.pending,
)
sa.Index(
    "ix_tickets_reason",
    tickets.c.company_id,
    sqlite_where=tickets.c.reason.is_not(None),
    postgresql_where=tickets.c.reason.is_not(None),
)
sa.Index(
    "ix_documents_sending",
    documents.c.company_id,
    sqlite_where=documents.c.state == "sending",
    postgresql_where=documents.c.state == "sending",
)
sa.Index("ix_documents_amiss", documents.c.company_id, sqlite_where=_AMISS, postgresql_where=_AMISS)
sa.Index(
    "uq_documents_standing",
    documents.c.company_id,
    documents.c.kind,
    documents.c.number,
    documents.c.unit,
    unique=True,
    sqlite_where=_PAST,
    postgresql_where=_PAST,
)
