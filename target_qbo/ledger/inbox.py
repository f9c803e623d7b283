"""Receiving: records go into the ledger in bulk; what is already there in the same form changes nothing.

The records of one call are named in one query each: some thousands at a time are meant.
A ticket is looked at again (``pending``) when its own record changed, or one of its payments or discounts.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger import content
from target_qbo.ledger.status import TicketStatus
from target_qbo.ledger.tables import discounts, payments, tickets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from target_qbo.ledger.database import CompanyLedger

    Record = Mapping[str, Any]


_MOST = Decimal(10) ** 15
_LONGEST_NUMBER = 200  # characters: what an index takes; the record keeps all of it
_CONTROL = re.compile(r"[\x00-\x1f\ud800-\udfff]")


def receive_tickets(ledger: CompanyLedger, records: Iterable[Record], now: dt.datetime) -> int:
    """Take in records of the ``tickets`` stream; the last of equal keys counts.

    Returns:
        How many were new or changed.
    """
    texts = _texts(records, "ticket_id")
    changed = 0
    with ledger.write_in_turn("received") as connection:
        for location_id, by_id in texts.items():
            known = _known(connection, tickets, tickets.c.ticket_id, ledger.company_id, location_id, by_id)
            new, edited = _sort(by_id, known)
            rows = [
                {
                    **_ticket_columns(record, text, now),
                    "company_id": ledger.company_id,
                    "location_id": location_id,
                    "ticket_id": ticket_id,
                    "status": TicketStatus.RECEIVED,
                    "revision": 0,
                }
                for ticket_id, record, text in new
            ]
            if rows:
                connection.execute(sa.insert(tickets), rows)
            updates = [{**_ticket_columns(record, text, now), "key": ticket_id} for ticket_id, record, text in edited]
            if updates:
                connection.execute(
                    sa.update(tickets)
                    .where(
                        tickets.c.company_id == ledger.company_id,
                        tickets.c.location_id == location_id,
                        tickets.c.ticket_id == sa.bindparam("key"),
                    )
                    .values(revision=tickets.c.revision + 1),
                    updates,
                )
            changed += len(rows) + len(updates)
    return changed


def receive_payments(ledger: CompanyLedger, records: Iterable[Record], now: dt.datetime) -> int:
    """Take in records of the ``payments`` stream; returns how many were new or changed."""
    return _receive_rows(ledger, payments, "payment_id", records, now)


def receive_discounts(ledger: CompanyLedger, records: Iterable[Record], now: dt.datetime) -> int:
    """Take in records of the ``discounts`` stream; returns how many were new or changed."""
    return _receive_rows(ledger, discounts, "discount_id", records, now)


def _receive_rows(
    ledger: CompanyLedger, table: sa.Table, id_name: str, records: Iterable[Record], now: dt.datetime
) -> int:
    changed = 0
    with ledger.write_in_turn("received") as connection:
        for location_id, by_id in _texts(records, id_name).items():
            known = _known(connection, table, table.c.row_id, ledger.company_id, location_id, by_id)
            new, edited = _sort(by_id, known)
            if new:
                connection.execute(
                    sa.insert(table),
                    [
                        {
                            "company_id": ledger.company_id,
                            "location_id": location_id,
                            "row_id": row_id,
                            "ticket_id": record["ticket_id"],
                            "content": text,
                            "content_hash": content.digest(text),
                        }
                        for row_id, record, text in new
                    ],
                )
            touched = {record["ticket_id"] for _, record, _ in (*new, *edited)}
            if edited:
                touched |= _former_tickets(connection, table, ledger.company_id, location_id, [e[0] for e in edited])
                connection.execute(
                    sa.update(table).where(
                        table.c.company_id == ledger.company_id,
                        table.c.location_id == location_id,
                        table.c.row_id == sa.bindparam("key"),
                    ),
                    [
                        {
                            "key": row_id,
                            "ticket_id": record["ticket_id"],
                            "content": text,
                            "content_hash": content.digest(text),
                        }
                        for row_id, record, text in edited
                    ],
                )
            _look_again(connection, ledger.company_id, location_id, sorted(touched), now)
            changed += len(new) + len(edited)
    return changed


def _texts(records: Iterable[Record], id_name: str) -> dict[str, dict[str, tuple[Record, str]]]:
    texts: dict[str, dict[str, tuple[Record, str]]] = defaultdict(dict)
    for record in records:
        texts[record["location_id"]][record[id_name]] = (record, content.encode(record))
    return texts


def _sort(
    by_id: Mapping[str, tuple[Record, str]], known: Mapping[str, str]
) -> tuple[list[tuple[str, Record, str]], list[tuple[str, Record, str]]]:
    new = []
    edited = []
    for row_id, (record, text) in by_id.items():
        if row_id not in known:
            new.append((row_id, record, text))
        elif known[row_id] != content.digest(text):
            edited.append((row_id, record, text))
    return new, edited


def _ticket_columns(record: Record, text: str, now: dt.datetime) -> dict[str, Any]:
    # For lists and sums only: the content keeps what was received, and the rules judge that.
    total = max(-_MOST, min(_MOST, Decimal(record["total"])))
    return {
        "number": _CONTROL.sub("", record.get("number") or "")[:_LONGEST_NUMBER] or None,
        "business_date": dt.date.fromisoformat(record["business_date"]),
        "total": total.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP),
        "content": text,
        "content_hash": content.digest(text),
        "pending": True,
        "updated_at": now,
    }


def _known(
    connection: Connection,
    table: sa.Table,
    id_column: sa.Column[str],
    company_id: int,
    location_id: str,
    ids: Iterable[str],
) -> dict[str, str]:
    query = sa.select(id_column, table.c.content_hash).where(
        table.c.company_id == company_id, table.c.location_id == location_id, id_column.in_(ids)
    )
    return dict(connection.execute(query).all())


def _former_tickets(
    connection: Connection, table: sa.Table, company_id: int, location_id: str, row_ids: Sequence[str]
) -> set[str]:
    query = sa.select(table.c.ticket_id).where(
        table.c.company_id == company_id, table.c.location_id == location_id, table.c.row_id.in_(row_ids)
    )
    return set(connection.execute(query).scalars())


def _look_again(
    connection: Connection, company_id: int, location_id: str, ticket_ids: Sequence[str], now: dt.datetime
) -> None:
    connection.execute(
        sa.update(tickets)
        .where(
            tickets.c.company_id == company_id,
            tickets.c.location_id == location_id,
            tickets.c.ticket_id.in_(ticket_ids),
        )
        .values(pending=True, revision=tickets.c.revision + 1, updated_at=now)
    )
