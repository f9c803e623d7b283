"""The accounting rules as pure code: a ticket with its tenders and discounts becomes the documents to post.

No I/O, no clock and no configuration look-ups: everything a rule needs is an argument. :func:`decide` is the door,
:func:`decide_records` the one for records as they were received.
"""

from target_qbo.accounting.decide import decide, decide_records
from target_qbo.accounting.documents import (
    Decision,
    Document,
    DocumentKind,
    DocumentLine,
    Payment,
    Skipped,
    Voided,
    Waiting,
)
from target_qbo.accounting.items import ItemKey, ItemRole
from target_qbo.accounting.rules import Rules
from target_qbo.accounting.tender_names import PaymentMethod, Tender
from target_qbo.accounting.ticket import Discount, PaymentRow, Ticket

__all__ = [
    "Decision",
    "Discount",
    "Document",
    "DocumentKind",
    "DocumentLine",
    "ItemKey",
    "ItemRole",
    "Payment",
    "PaymentMethod",
    "PaymentRow",
    "Rules",
    "Skipped",
    "Tender",
    "Ticket",
    "Voided",
    "Waiting",
    "decide",
    "decide_records",
]
