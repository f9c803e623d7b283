"""The ledger's tables. Amounts are whole cents in the database and :class:`~decimal.Decimal` outside; times are UTC.

Indexes of a part of a table are in :mod:`target_qbo.ledger.schema`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class Cents(sa.types.TypeDecorator[Decimal]):
    """An amount to the cent, kept as an integer: SQLite would make a float of anything else."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> int | None:
        """Write cents; an amount with parts of a cent is a bug."""
        if value is None:
            return None
        scaled = value.scaleb(2)
        whole = int(scaled)
        if whole != scaled:
            raise ValueError(f"not an amount to the cent: {value}")
        return whole

    def process_result_value(self, value: int | None, _dialect: Dialect) -> Decimal | None:
        """Read an amount with two decimals."""
        return None if value is None else Decimal(value).scaleb(-2)


class Moment(sa.types.TypeDecorator[dt.datetime]):
    """A moment with a time zone, kept in UTC as sortable text: alike in both databases."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, _dialect: Dialect) -> str | None:
        """Write UTC; a naive time is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, _dialect: Dialect) -> dt.datetime | None:
        """Read a time in UTC."""
        return None if value is None else dt.datetime.fromisoformat(value)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)

companies = sa.Table(
    "companies",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("environment", sa.String(20), nullable=False),
    sa.Column("realm_id", sa.String, nullable=False),
    sa.Column("country", sa.String(10)),  # as QuickBooks names it; null: not asked yet
    sa.Column("verified_from", sa.Date),  # from this business date on, what stands is known here
    sa.UniqueConstraint("environment", "realm_id"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("company_id", sa.ForeignKey(companies.c.id), primary_key=True),
    sa.Column("refresh_token", sa.Text, nullable=False),  # encrypted
    sa.Column("access_token", sa.Text, nullable=False),  # encrypted
    sa.Column("access_expires_at", Moment, nullable=False),
    sa.Column("configured_hash", sa.String(64), nullable=False),  # of the refresh token that the settings had
    sa.Column("refreshed_at", Moment, nullable=False),
)

units = sa.Table(
    "units",  # what is posted as one: a ticket, in its time a day
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("company_id", sa.ForeignKey(companies.c.id), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("location_id", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),  # of a ticket's unit: its order id, as the documents' note has it
    sa.Column("stands", sa.String(10), nullable=False),  # a Stands
    sa.Column("fingerprint", sa.String(64)),  # of the documents that stand, or are to stand where part of them does
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # runs in which it alone got no answer
    sa.UniqueConstraint("company_id", "kind", "location_id", "name"),
)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("company_id", sa.ForeignKey(companies.c.id), nullable=False),
    sa.Column("location_id", sa.String, nullable=False),
    sa.Column("ticket_id", sa.String, nullable=False),
    sa.Column("number", sa.String),
    sa.Column("business_date", sa.Date, nullable=False),
    sa.Column("total", Cents, nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # the record, as JSON with exact numbers
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("code", sa.String(60)),  # why skipped, for programs
    sa.Column("reason", sa.Text),  # why skipped or waiting, for people
    sa.Column("revision", sa.Integer, nullable=False),  # counts what was received for it, so that nothing is overlooked
    sa.Column("pending", sa.Boolean, nullable=False),  # to be decided, or to be finished, by the next run
    sa.Column("wait_until", Moment),
    sa.Column("unit", sa.ForeignKey(units.c.id)),  # null: nothing of it was ever to be posted
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("company_id", "location_id", "ticket_id"),
    # With what is counted, summed and looked for among all tickets: a row holds a whole record.
    sa.Index("ix_tickets_status", "company_id", "status", "business_date", "code", "total"),
    sa.Index(
        "ix_tickets_day",
        *("company_id", "business_date", "location_id", "id"),
        *("status", "code", "total", "number", "ticket_id"),
    ),
    sa.Index("ix_tickets_unit", "unit"),
)


def _ticket_rows(name: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("company_id", sa.ForeignKey(companies.c.id), primary_key=True),
        sa.Column("location_id", sa.String, primary_key=True),
        sa.Column("row_id", sa.String, primary_key=True),
        sa.Column("ticket_id", sa.String, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Index(f"ix_{name}_ticket", "company_id", "location_id", "ticket_id"),
    )


payments = _ticket_rows("payments")
discounts = _ticket_rows("discounts")

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("company_id", sa.ForeignKey(companies.c.id), nullable=False),
    sa.Column("unit", sa.ForeignKey(units.c.id), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("number", sa.String(21), nullable=False),  # DocNumber; of a payment: PaymentRefNum
    sa.Column("amount", Cents, nullable=False),
    sa.Column("date", sa.Date, nullable=False),
    sa.Column("method", sa.String(31)),
    sa.Column("state", sa.String(20), nullable=False),  # a DocumentState
    sa.Column("attempt", sa.String(32)),  # names this making of it; another one where it is made again on purpose
    sa.Column("missed", sa.Integer, nullable=False, server_default="0"),  # how often it was looked up in vain
    sa.Column("request_id", sa.String(50)),  # of its latest sending
    sa.Column("sent_at", Moment),
    sa.Column("qbo_id", sa.String),
    sa.Column("sync_token", sa.String(20)),
    sa.Column("posted_at", Moment),
    sa.Index("ix_documents_unit", "unit"),
    sa.Index("ix_documents_date", "date", "company_id"),
    sa.Index("ix_documents_qbo", "qbo_id", "company_id"),
    sa.Index("ix_documents_sent", "sent_at", "company_id"),
)
AMISS = sa.text("documents.state IN ('altered', 'orphaned')")
"""What stands otherwise than it was posted; in the words of its index, by which SQLite knows it."""

references = sa.Table(
    "references",
    metadata,
    sa.Column("company_id", sa.ForeignKey(companies.c.id), primary_key=True),
    sa.Column("entity", sa.String(30), primary_key=True),
    sa.Column("key", sa.String, primary_key=True),  # what the rules call it
    sa.Column("qbo_id", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),  # what QuickBooks calls it
    sa.Column("details", sa.Text, nullable=False),  # JSON
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("company_id", sa.ForeignKey(companies.c.id), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("outcome", sa.String(20)),  # done or stopped; null: still going, or killed
    sa.Column("summary", sa.Text),  # JSON
    sa.Index("ix_runs_company", "company_id", "id"),
)

remembered = sa.Table(
    "remembered",  # what was told or found out last, of each kind
    metadata,
    sa.Column("company_id", sa.ForeignKey(companies.c.id), primary_key=True),
    sa.Column("what", sa.String(20), primary_key=True),  # a What of ledger.remembered
    sa.Column("at", Moment, nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # JSON
)

kept_settings = sa.Table(
    "kept_settings",  # what the back-office page keeps of the plugins' settings
    metadata,
    sa.Column("realm_id", sa.String, primary_key=True),  # empty: of a company that is not connected yet
    sa.Column("plugin", sa.String(30), primary_key=True),
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # JSON
    sa.Column("sealed", sa.Boolean, nullable=False),  # whether it is encrypted
    sa.Column("changed_at", Moment, nullable=False),
)

users = sa.Table(
    "users",  # of the back-office page
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("password", sa.String(200), nullable=False),  # its hash, with how it was made
    sa.Column("changed_at", Moment, nullable=False),
)

audit = sa.Table(
    "audit",  # what was changed by way of the page
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("who", sa.String(100), nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("realm_id", sa.String, nullable=False),  # empty: of no company
)
