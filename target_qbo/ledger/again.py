"""Marking tickets to be decided again, and writing down what a look into QuickBooks found of their documents."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger import documents as kept
from target_qbo.ledger.status import EDITED, HALF, REVISING, UNDOING, DocumentState, TicketStatus
from target_qbo.ledger.tables import documents, tickets
from target_qbo.ledger.tickets import with_rows

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from target_qbo.ledger.database import CompanyLedger
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.ledger.tickets import PendingTicket

_AT_ONCE = 500
_UNDOING = tickets.c.fingerprint == UNDOING
_HALF = sa.or_(_UNDOING, tickets.c.fingerprint == REVISING, tickets.c.fingerprint.startswith(HALF))
CHANGED = "changed"
"""Code of a ticket that changed at the till after it was posted, where the settings leave it as it was."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A document as it stands now in QuickBooks; of a payment ``amount`` is what of it pays its own invoice."""

    key: int
    amount: Decimal
    date: dt.date
    method: str | None


@dataclass(slots=True)
class Finding:
    """What differs in QuickBooks from what the ledger has of one ticket; documents by their keys in the ledger.

    Attributes:
        ticket: The ticket's key.
        stands: Whether anything of it still stands.
        voided: What was voided or deleted there.
        orphaned: Payments that do not pay their invoice, or not with all of it.
        edited: What was changed otherwise.
    """

    ticket: int
    stands: bool = True
    voided: list[int] = field(default_factory=list)
    orphaned: list[int] = field(default_factory=list)
    edited: list[Edited] = field(default_factory=list)


def write_findings(ledger: CompanyLedger, findings: Sequence[Finding]) -> None:
    """Write down what was found, so that the engine sees what is to be put right; all together, or nothing of it."""
    if not findings:
        return
    known = sa.case((_UNDOING, UNDOING), (_HALF, REVISING), else_=EDITED)
    with ledger.write() as connection:
        for finding in findings:
            for state, keys in ((DocumentState.VOIDED, finding.voided), (DocumentState.ORPHANED, finding.orphaned)):
                connection.execute(sa.update(documents).where(documents.c.id.in_(keys)).values(state=state))
            for one in finding.edited:
                connection.execute(
                    sa.update(documents)
                    .where(documents.c.id == one.key)
                    .values(amount=one.amount, date=one.date, method=one.method)
                )
            stands = known if finding.stands else None
            # Pending at once: where what follows is cut short, the next run puts it right.
            pending = sa.or_(tickets.c.pending, tickets.c.content != "")
            connection.execute(
                sa.update(tickets).where(tickets.c.id == finding.ticket).values(fingerprint=stands, pending=pending)
            )


def mark(ledger: CompanyLedger, keys: Sequence[int], *, insist: bool) -> None:
    """Have tickets decided again by the next run, whatever became of them.

    A ticket whose record was never received can't be, and stays as it is.

    Args:
        ledger: The company's ledger.
        keys: The tickets.
        insist: Whether a person named them: then a change that was left alone is carried out.
    """
    undone = tickets.c.status == TicketStatus.UNDONE
    left = sa.and_(tickets.c.code == CHANGED, sa.or_(tickets.c.fingerprint.is_(None), sa.not_(_HALF)))
    values = {
        "pending": True,
        "status": sa.case((undone, TicketStatus.RECEIVED), else_=tickets.c.status),
        "code": sa.case((undone, None), else_=tickets.c.code),
    }
    if insist:
        values["fingerprint"] = sa.case((left, EDITED), else_=tickets.c.fingerprint)
    with ledger.write() as connection:
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            connection.execute(sa.update(tickets).where(tickets.c.id.in_(some), tickets.c.content != "").values(values))


def whole(ledger: CompanyLedger, keys: Sequence[int]) -> dict[int, PendingTicket]:
    """Return tickets with all their rows and with what stands for them, by key: a few hundred at a time are meant."""
    with ledger.read() as connection:
        rows = connection.execute(sa.select(tickets).where(tickets.c.id.in_(keys))).all()
        return {ticket.key: ticket for ticket in with_rows(ledger, connection, rows)}


def unreceived(ledger: CompanyLedger, keys: Sequence[int]) -> list[int]:
    """Return which of these tickets were found in QuickBooks, and their records never received."""
    return _those(ledger, keys, tickets.c.content == "")


def left_alone(ledger: CompanyLedger, keys: Sequence[int]) -> list[int]:
    """Return which of these tickets changed at the till after they were posted, and were left as they were."""
    return _those(ledger, keys, tickets.c.code == CHANGED)


def paying(ledger: CompanyLedger, kind: str, qbo_ids: Sequence[str]) -> dict[str, int]:
    """Return the tickets of documents by their ids in QuickBooks."""
    with ledger.read() as connection:
        query = sa.select(documents.c.qbo_id, documents.c.ticket).where(
            documents.c.company_id == ledger.company_id, documents.c.kind == kind, documents.c.qbo_id.in_(qbo_ids)
        )
        return dict(connection.execute(query).all())


def orphans(ledger: CompanyLedger) -> dict[tuple[int, int], list[StandingDocument]]:
    """Return the orphaned payments of pending tickets, by the ticket's key and revision."""
    query = sa.select(tickets.c.id, tickets.c.revision).where(
        tickets.c.company_id == ledger.company_id,
        tickets.c.pending,
        sa.or_(_HALF, tickets.c.fingerprint == EDITED),
    )
    with ledger.read() as connection:
        revisions: dict[int, int] = dict(connection.execute(query).all())
    found: dict[tuple[int, int], list[StandingDocument]] = defaultdict(list)
    keys = list(revisions)
    for start in range(0, len(keys), _AT_ONCE):
        for ticket, some in kept.standing(ledger, keys[start : start + _AT_ONCE]).items():
            orphaned = [document for document in some if document.state is DocumentState.ORPHANED]
            if orphaned:
                found[ticket, revisions[ticket]] = orphaned
    return found


def _those(ledger: CompanyLedger, keys: Sequence[int], condition: sa.ColumnElement[bool]) -> list[int]:
    found: list[int] = []
    with ledger.read() as connection:
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            found += connection.execute(sa.select(tickets.c.id).where(tickets.c.id.in_(some), condition)).scalars()
    return found
