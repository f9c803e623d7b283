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
from target_qbo.ledger.documents import Found, Refused
from target_qbo.ledger.sendings import Answer, write_altered, write_answers, write_missing
from target_qbo.posting.applied import pays
from target_qbo.posting.payloads import ENTITIES
from target_qbo.posting.takeback import is_voided
from target_qbo.posting.totals import total_of
from target_qbo.qbo import Fault
from target_qbo.qbo.client import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_qbo.accounting import Document
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.names.methods import Methods
    from target_qbo.qbo import QboClient

logger = logging.getLogger("target-qbo.recovery")

Row = dict[str, Any]
_A_READ = 30
_NEVER_CHANGED = "0"
ALTERED = "altered"
"""Code of a ticket of which a document stands in QuickBooks otherwise than it was sent."""
_MARK = re.compile(r"Franpos location (?P<location>.+?) order (?P<order>.+?);")


class AlteredError(Exception):
    """A document of ours stands in QuickBooks, but not as it was to be made."""

    def __init__(self, document: Refused, row: Row) -> None:
        self.document = document
        self.fault = _altered(document, row)
        super().__init__(str(self.fault))


def find_unknown(ledger: CompanyLedger, client: QboClient, settle_seconds: float) -> dict[int, Fault]:
    """Find out the fate of every document that was sent and never answered.

    Nothing is looked up while the request may still be executing. Each is then posted, or known not to be there, or
    known to be there otherwise than it was sent.

    Returns:
        What differs, by the tickets of which a document was found so.
    """
    altered: dict[int, Fault] = {}
    unknown = documents.of_unknown_fate(ledger)
    if not unknown:
        return altered
    _let_settle(unknown, settle_seconds)
    by_kind: dict[str, list[StandingDocument]] = defaultdict(list)
    for document in unknown:
        by_kind[document.kind].append(document)
    for kind, some in by_kind.items():
        for start in range(0, len(some), _A_READ):
            altered |= _find_some(ledger, client, DocumentKind(kind), some[start : start + _A_READ])
    return altered


def _let_settle(unknown: Iterable[StandingDocument], settle_seconds: float) -> None:
    latest = max((document.sent_at for document in unknown if document.sent_at), default=None)
    if latest is None:
        return
    # No longer than that, whatever the clock was set back to.
    wait = min((latest - dt.datetime.now(dt.UTC)).total_seconds(), 0) + settle_seconds
    if wait > 0:
        logger.info("a request was never answered: waiting %.0f s until it can be looked up", wait)
        time.sleep(wait)


def _find_some(
    ledger: CompanyLedger, client: QboClient, kind: DocumentKind, some: Sequence[StandingDocument]
) -> dict[int, Fault]:
    field = "PaymentRefNum" if kind is DocumentKind.PAYMENT else "DocNumber"
    numbers = ",".join(quoted(document.number) for document in some)
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in client.query(ENTITIES[kind], f"{field} in ({numbers})"):
        rows[str(row.get(field))].append(row)
    posted = []
    missing = []
    taken_out = []
    altered = {}
    invoices = _invoices(ledger, some) if kind is DocumentKind.PAYMENT else {}
    known = documents.known_ids(ledger, kind, [str(row["Id"]) for found in rows.values() for row in found])
    for document in some:
        key = (document.ticket, document.kind, document.number)
        mark = ownership_mark(document.location_id, document.ticket_id)
        ours = [row for row in rows[document.number] if mark in str(row.get("PrivateNote", ""))]
        standing = [row for row in ours if not is_voided(row)]
        found = next((row for row in standing if _agrees(row, document) or _is_untouched(row, document)), None)
        if found is not None:
            token = str(found.get("SyncToken", "0"))
            on_invoice = kind is not DocumentKind.PAYMENT or pays(found, invoices.get(document.ticket), document.amount)
            total = total_of(found, document.amount)
            posted.append(Answer(*key, str(found["Id"]), token, total, pays=on_invoice))
        elif standing:
            altered[key] = _altered(document, standing[0])
        else:
            missing.append(key)
            # It was made and then voided by a person: its requestid would bring just that one back. One that the ledger
            # knows is an earlier one's, and says nothing of this sending, which may still be executing.
            taken_out += [key] if any(str(row["Id"]) not in known for row in ours) else []
    text = "%s of unknown fate: %d stand in QuickBooks, %d do not, %d differ"
    logger.info(text, kind, len(posted), len(missing), len(altered))
    now = dt.datetime.now(dt.UTC)
    write_answers(ledger, posted, [], [], now)
    write_missing(ledger, missing, now, taken_out)
    write_altered(ledger, altered)
    return {ticket: fault for (ticket, _, _), fault in altered.items()}


def _invoices(ledger: CompanyLedger, payments: Sequence[StandingDocument]) -> dict[int, str | None]:
    """Return the ids of the invoices that payments are for, by ticket."""
    standing = documents.standing(ledger, sorted({payment.ticket for payment in payments}))
    return {
        ticket: document.qbo_id
        for ticket, some in standing.items()
        for document in some
        if document.kind == DocumentKind.INVOICE
    }


def find_numbered(
    ledger: CompanyLedger, client: QboClient, document: Document, methods: Methods
) -> tuple[Found | None, bool]:
    """Return the document that has this one's number in QuickBooks, if it is this one; a metered read.

    Returns:
        The document, and whether a voided one of ours has the number: what is voided keeps it. By its note it is ours,
        or by its id: some companies put the void's word in the place of the note.

    Raises:
        AlteredError: One of this ticket has it, and differs.
        UnreachableError: QuickBooks can't be reached.
    """
    wanted = Refused(document.kind, document.number, document.total, document.date, document.method)
    rows = list(client.query(ENTITIES[document.kind], f"DocNumber = {quoted(document.number)}"))
    known = documents.known_ids(ledger, document.kind, [str(row["Id"]) for row in rows])
    row = _standing_as(wanted, [row for row in rows if _is_of(row, document)])
    voided = any(is_voided(row) and (str(row["Id"]) in known or _is_of(row, document)) for row in rows)
    return (None if row is None else found_in(document.kind, row, methods)), voided


def find_payments(client: QboClient, document: Document, invoice: str, methods: Methods) -> list[Found]:
    """Return the payments of a document that stand in QuickBooks though the ledger does not know them; a metered read.

    Args:
        client: The company.
        document: The document.
        invoice: Its id in QuickBooks.
        methods: Names of payment methods.

    Raises:
        AlteredError: One of them stands, and differs.
        UnreachableError: QuickBooks can't be reached.
    """
    keys = ",".join(quoted(payment.key) for payment in document.payments)
    rows = list(client.query(ENTITIES[DocumentKind.PAYMENT], f"PaymentRefNum in ({keys})"))
    found = []
    for payment in document.payments:
        wanted = Refused(DocumentKind.PAYMENT, payment.key, payment.amount, document.date, payment.method)
        ours = [row for row in rows if str(row.get("PaymentRefNum")) == payment.key and _is_of(row, document)]
        row = _standing_as(wanted, ours)
        if row is not None and not pays(row, invoice, payment.amount):
            raise AlteredError(wanted, row)
        found.append(None if row is None else found_in(DocumentKind.PAYMENT, row, methods))
    return [one for one in found if one is not None]


def _is_of(row: Row, document: Document) -> bool:
    """Tell whether a row's note names the ticket of a document."""
    mark = _MARK.match(document.note)
    return mark is not None and mark[0] in str(row.get("PrivateNote", ""))


def _standing_as(wanted: Refused, ours: Iterable[Row]) -> Row | None:
    """Return the row that is a document as it was to be made; None where none of the ticket's stands.

    Raises:
        AlteredError: Another one stands in its place.
    """
    standing = [row for row in ours if not is_voided(row)]
    found = next((row for row in standing if _agrees(row, wanted)), None)
    if found is None and standing:
        raise AlteredError(wanted, standing[0])
    return found


def _agrees(row: Row, document: StandingDocument | Refused) -> bool:
    """Tell whether what stands agrees with what was sent in total and date."""
    return total_of(row, document.amount) == document.amount and _date(row) == document.date


def _is_untouched(row: Row, document: StandingDocument) -> bool:
    """Tell whether a document is just what was sent, though QuickBooks made another total of it, with a tax, say.

    It is entered with that total, and then treated as one that was answered with it.
    """
    return (
        document.kind != DocumentKind.PAYMENT
        and str(row.get("SyncToken")) == _NEVER_CHANGED
        and _date(row) == document.date
    )


def _altered(document: StandingDocument | Refused, row: Row) -> Fault:
    """Tell what differs between a document and what stands in its place, and what a person can do."""
    total, date = total_of(row, document.amount), _date(row)
    differs = [f"is of {total}, not {document.amount}"] if total != document.amount else []
    differs += [f"is dated {date}, not {document.date}"] if date != document.date else []
    differs = differs or ["is not on its invoice"]
    name = f"{document.kind.replace('_', ' ')} {document.number}"
    return Fault(
        ALTERED,
        f"{name} stands in QuickBooks already, but {' and '.join(differs)}",
        "correct or delete it there, then resync the ticket",
    )


def found_in(kind: DocumentKind, row: Row, methods: Methods) -> Found | None:
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
        date=_date(row),
        method=methods.named(row),
        qbo_id=str(row["Id"]),
        sync_token=str(row.get("SyncToken", "0")),
    )


def _date(row: Row) -> dt.date:
    return dt.date.fromisoformat(str(row["TxnDate"])[:10])
