"""What QuickBooks holds of ours, looked up where a request was never answered.

Source: design, Posting, exactly once (6); accounting rules, *is a document found ours?*
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import time
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.naming import ownership_mark
from target_qbo.ledger import documents
from target_qbo.ledger.documents import Found
from target_qbo.ledger.sendings import Answer, write_answers, write_missing
from target_qbo.posting.payloads import ENTITIES
from target_qbo.posting.takeback import is_voided
from target_qbo.qbo.client import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_qbo.accounting import Document
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.qbo import QboClient

logger = logging.getLogger("target-qbo.recovery")

Row = dict[str, Any]
_A_READ = 30
_MARK = re.compile(r"Franpos location (?P<location>.+?) order (?P<order>.+?);")


def find_unknown(ledger: CompanyLedger, client: QboClient, settle_seconds: float) -> bool:
    """Find out the fate of every document that was sent and never answered.

    Nothing is looked up while the request may still be executing.

    Returns:
        Whether there were any; each is now posted, or known not to be there.
    """
    unknown = documents.of_unknown_fate(ledger)
    if not unknown:
        return False
    _let_settle(unknown, settle_seconds)
    by_kind: dict[str, list[StandingDocument]] = defaultdict(list)
    for document in unknown:
        by_kind[document.kind].append(document)
    for kind, some in by_kind.items():
        for start in range(0, len(some), _A_READ):
            _find_some(ledger, client, DocumentKind(kind), some[start : start + _A_READ])
    return True


def _let_settle(unknown: Iterable[StandingDocument], settle_seconds: float) -> None:
    latest = max((document.sent_at for document in unknown if document.sent_at), default=None)
    if latest is None:
        return
    # No longer than that, whatever the clock was set back to.
    wait = min((latest - dt.datetime.now(dt.UTC)).total_seconds(), 0) + settle_seconds
    if wait > 0:
        logger.info("a request was never answered: waiting %.0f s until it can be looked up", wait)
        time.sleep(wait)


def _find_some(ledger: CompanyLedger, client: QboClient, kind: DocumentKind, some: Sequence[StandingDocument]) -> None:
    field = "PaymentRefNum" if kind is DocumentKind.PAYMENT else "DocNumber"
    numbers = ",".join(quoted(document.number) for document in some)
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in client.query(ENTITIES[kind], f"{field} in ({numbers})"):
        rows[str(row.get(field))].append(row)
    posted = []
    missing = []
    taken_out = []
    for document in some:
        mark = ownership_mark(document.location_id, document.ticket_id)
        candidates = rows[document.number]
        ours = next((row for row in candidates if _is_ours(row, mark, document.amount, document.date)), None)
        if ours is None:
            missing.append((document.ticket, document.kind, document.number))
            if any(mark in str(row.get("PrivateNote", "")) for row in candidates):
                # It was made and then voided or altered by a person: its requestid would bring just that one back.
                taken_out.append(missing[-1])
        else:
            token = str(ours.get("SyncToken", "0"))
            posted.append(
                Answer(document.ticket, document.kind, document.number, str(ours["Id"]), token, document.amount)
            )
    logger.info("%s of unknown fate: %d stand in QuickBooks, %d do not", kind, len(posted), len(missing))
    now = dt.datetime.now(dt.UTC)
    write_answers(ledger, posted, [], [], now)
    write_missing(ledger, missing, now, taken_out)


def find_numbered(ledger: CompanyLedger, client: QboClient, document: Document) -> tuple[Found | None, bool]:
    """Return the document that has this one's number in QuickBooks, if it is this one; a metered read.

    Returns:
        The document, and whether a voided one of ours has the number: what is voided keeps it. By its note it is ours,
        or by its id: some companies put the void's word in the place of the note.

    Raises:
        UnreachableError: QuickBooks can't be reached.
    """
    mark = _MARK.match(document.note)
    voided = False
    rows = list(client.query(ENTITIES[document.kind], f"DocNumber = {quoted(document.number)}"))
    known = documents.known_ids(ledger, document.kind, [str(row["Id"]) for row in rows])
    for row in rows:
        if mark is not None and _is_ours(row, mark[0], document.total, document.date):
            return found_in(document.kind, row), voided
        ours = str(row["Id"]) in known or (mark is not None and mark[0] in str(row.get("PrivateNote", "")))
        voided = voided or (ours and is_voided(row))
    return None, voided


def find_payments(client: QboClient, document: Document) -> list[Found]:
    """Return the payments of a document that stand in QuickBooks though the ledger does not know them; a metered read.

    Raises:
        UnreachableError: QuickBooks can't be reached.
    """
    mark = _MARK.match(document.note)
    due = {payment.key: payment.amount for payment in document.payments}
    keys = ",".join(quoted(key) for key in due)
    rows: dict[str, Row] = {}
    for row in client.query(ENTITIES[DocumentKind.PAYMENT], f"PaymentRefNum in ({keys})"):
        key = str(row.get("PaymentRefNum"))
        if mark is not None and key in due and _is_ours(row, mark[0], due[key], document.date):
            rows.setdefault(key, row)
    return [found for row in rows.values() if (found := found_in(DocumentKind.PAYMENT, row)) is not None]


def _is_ours(row: Row, mark: str, amount: Decimal, date: dt.date) -> bool:
    """Tell whether a document found in QuickBooks is this one: its note, its total and its date, and not voided."""
    return (
        not is_voided(row)
        and mark in str(row.get("PrivateNote", ""))
        and Decimal(str(row.get("TotalAmt", 0))) == amount
        and str(row.get("TxnDate", ""))[:10] == date.isoformat()
    )


def found_in(kind: DocumentKind, row: Row) -> Found | None:
    """Return a document as the ledger enters it, if its note says that it is ours."""
    note = str(row.get("PrivateNote", ""))
    mark = _MARK.search(note) if is_voided(row) else _MARK.match(note)  # a void may put its word before the note
    number = row.get("PaymentRefNum") if kind is DocumentKind.PAYMENT else row.get("DocNumber")
    if mark is None or not number:
        return None
    return Found(
        location_id=mark["location"],
        ticket_id=mark["order"],
        kind=kind,
        number=str(number),
        amount=Decimal(str(row["TotalAmt"])).quantize(Decimal("0.01")),
        date=dt.date.fromisoformat(str(row["TxnDate"])[:10]),
        method=(row.get("PaymentMethodRef") or {}).get("name"),
        qbo_id=str(row["Id"]),
        sync_token=str(row.get("SyncToken", "0")),
    )
