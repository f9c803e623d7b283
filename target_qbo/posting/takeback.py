"""Taking back: payments are voided before their invoice, a refund receipt is deleted.

Source: QuickBooks API notes, Requests and Seen live.
"""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.errors import UnreachableError
from target_qbo.ledger import documents
from target_qbo.posting.payloads import ENTITIES
from target_qbo.qbo import NotDoneError, QboFaultError, UnknownFateError
from target_qbo.qbo.client import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.qbo import QboClient

logger = logging.getLogger("target-qbo.takeback")


def take_back(ledger: CompanyLedger, client: QboClient, standing: Sequence[StandingDocument]) -> list[StandingDocument]:
    """Take documents of one ticket back, payments first.

    Returns:
        What could not be taken back; nothing after the first that can't is touched.
    """
    in_order = sorted(standing, key=lambda document: document.kind != DocumentKind.PAYMENT)
    for done, document in enumerate(in_order):
        try:
            _take_back(client, document)
        except (QboFaultError, NotDoneError, UnknownFateError, UnreachableError) as error:
            logger.warning("%s %s could not be taken back: %s", document.kind, document.number, error)
            return in_order[done:]
        documents.write_voided(ledger, [document.key])
    return []


def _take_back(client: QboClient, document: StandingDocument) -> None:
    """Take one document back as it now stands: a stored ``SyncToken`` is only a guess."""
    kind = DocumentKind(document.kind)
    entity = ENTITIES[kind]
    row: dict[str, Any] | None = next(client.query(entity, f"Id = {quoted(document.qbo_id or '')}"), None)
    if row is None or (not row.get("TotalAmt") and "Voided" in str(row.get("PrivateNote", ""))):
        return
    request_id = uuid.uuid4().hex
    short = {"Id": row["Id"], "SyncToken": row["SyncToken"]}
    if kind is DocumentKind.PAYMENT:
        client.write(entity, row, request_id, operation="update", include="void", limited=True)
    elif kind is DocumentKind.INVOICE:
        client.write(entity, short, request_id, operation="void", limited=True)
    else:
        client.write(entity, short, request_id, operation="delete", limited=True)
