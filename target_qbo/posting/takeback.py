"""Taking back: payments are voided before their invoice, a refund receipt is deleted.

Source: QuickBooks API notes, Requests and Seen live.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.errors import UnreachableError
from target_qbo.ledger import documents
from target_qbo.posting.payloads import ENTITIES
from target_qbo.qbo import NotDoneError, QboFaultError, UnknownFateError, faults
from target_qbo.qbo.client import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.qbo import Fault, QboClient

logger = logging.getLogger("target-qbo.takeback")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why taking back stopped: ``fault`` is QuickBooks' refusal; None: it did not answer, so trying again may do."""

    left: Sequence[StandingDocument]
    fault: Fault | None
    text: str


def take_back(ledger: CompanyLedger, client: QboClient, standing: Sequence[StandingDocument]) -> Obstacle | None:
    """Take documents of one ticket back, payments first, each written down at once.

    Returns:
        What is left and why, where one could not be taken back: nothing after it was touched. None: all is done.
    """
    in_order = sorted(standing, key=lambda document: document.kind != DocumentKind.PAYMENT)
    for done, document in enumerate(in_order):
        try:
            _take_back(client, document)
        except QboFaultError as error:
            return _obstacle(in_order[done:], error, error.fault)
        except (NotDoneError, UnknownFateError, UnreachableError) as error:
            return _obstacle(in_order[done:], error, None)
        documents.write_voided(ledger, [document.key])
    return None


def _obstacle(left: Sequence[StandingDocument], error: Exception, fault: Fault | None) -> Obstacle:
    text = f"{left[0].kind} {left[0].number} could not be taken back: {error}"
    first = left[0]
    named = {"event_name": "take_back_failed", "location": first.location_id, "ticket": first.ticket_id}
    logger.warning("%s", text, extra=named)
    return Obstacle(left, fault, text)


def _take_back(client: QboClient, document: StandingDocument) -> None:
    """Take one document back as it now stands: a stored ``SyncToken`` is only a guess, and even a fresh one may age."""
    kind = DocumentKind(document.kind)
    entity = ENTITIES[kind]
    for last in (False, True):
        row: dict[str, Any] | None = next(client.query(entity, f"Id = {quoted(document.qbo_id or '')}"), None)
        if row is None or is_voided(row):
            return
        request_id = uuid.uuid4().hex
        short = {"Id": row["Id"], "SyncToken": row["SyncToken"]}
        try:
            if kind is DocumentKind.PAYMENT:
                client.write_repeatable(entity, row, request_id, operation="update", include="void")
            elif kind is DocumentKind.INVOICE:
                client.write_repeatable(entity, short, request_id, operation="void")
            else:
                client.write_repeatable(entity, short, request_id, operation="delete")
        except QboFaultError as error:
            if error.fault.code != faults.STALE_OBJECT or last:
                raise
        else:
            return


def is_voided(row: dict[str, Any]) -> bool:
    """Tell a voided document: it stays, with amounts 0 and a word in its note."""
    return not Decimal(str(row.get("TotalAmt", 0))) and "Voided" in str(row.get("PrivateNote", ""))
