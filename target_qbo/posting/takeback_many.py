"""Taking back the documents of many tickets: looked at first, then in batches, payments before their invoices.

What a batch did not do for sure goes the certain way, one by one: :func:`target_qbo.posting.takeback.take_back`.
Source: QuickBooks API notes, Requests and Seen live; accounting rules, After posting.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.errors import UnreachableError
from target_qbo.posting.payloads import ENTITIES
from target_qbo.posting.takeback import is_voided
from target_qbo.qbo import BatchItem, Fault, NotDoneError, QboFaultError, UnknownFateError, faults
from target_qbo.qbo.client import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.qbo import QboClient, RateLimits

logger = logging.getLogger("target-qbo.takeback")

Row = dict[str, Any]
_A_READ = 200
_TRIES = 6
_REFUSED_FOR_GOOD = frozenset((faults.PERIOD_CLOSED, faults.IN_DEPOSIT))


@dataclass(slots=True)
class TakenBack:
    """What came of documents that were sent in batches, by their keys in the ledger.

    Attributes:
        done: Gone for sure.
        refused: Refused for good, with QuickBooks' fault; they stand.
        unsure: To be taken back one by one.
    """

    done: list[StandingDocument] = field(default_factory=list)
    refused: dict[int, Fault] = field(default_factory=dict)
    unsure: list[StandingDocument] = field(default_factory=list)


def rows_of(client: QboClient, standing: Iterable[StandingDocument]) -> dict[int, Row]:
    """Read documents as they stand now, up to 200 in a read; those that are voided or gone are left out.

    Returns:
        Their rows, by their keys in the ledger.

    Raises:
        UnreachableError: QuickBooks can't be reached.
    """
    by_kind: dict[str, dict[str, StandingDocument]] = defaultdict(dict)
    for document in standing:
        if document.qbo_id is not None:
            by_kind[document.kind][document.qbo_id] = document
    rows: dict[int, Row] = {}
    for kind, by_id in by_kind.items():
        ids = list(by_id)
        for place in range(0, len(ids), _A_READ):
            named = ",".join(quoted(one) for one in ids[place : place + _A_READ])
            for row in client.query(ENTITIES[DocumentKind(kind)], f"Id in ({named})"):
                if not is_voided(row):
                    rows[by_id[str(row["Id"])].key] = row
    return rows


def hindrance(standing: Sequence[StandingDocument], rows: Mapping[int, Row]) -> tuple[str, str] | None:
    """Tell why a ticket's documents can't all be taken back, by what they look like now.

    Returns:
        A code for programs and a reason for people; None: nothing is known that would hinder it.
    """
    own = {document.qbo_id for document in standing if document.kind == DocumentKind.PAYMENT}
    for document in standing:
        links = (rows.get(document.key) or {}).get("LinkedTxn") or []
        if document.kind == DocumentKind.PAYMENT:
            if any(link.get("TxnType") == "Deposit" for link in links):
                reason = (
                    f"payment {document.number} of {document.amount} is in a bank deposit: take it off the deposit in "
                    "QuickBooks, then undo again"
                )
                return f"qbo_{faults.IN_DEPOSIT}", reason
        elif any(link.get("TxnType") == "Payment" and str(link.get("TxnId")) not in own for link in links):
            reason = (
                f"{document.kind.replace('_', ' ')} {document.number} has a payment that this sync did not make, and "
                "that would be left as open credit: take it off the invoice in QuickBooks, then undo again"
            )
            return "payment_by_hand", reason
    return None


class Batches:
    """Takes documents back in batches, several at once within the company's limits.

    Args:
        client: The company.
        limits: Its limits.
        max_concurrency: Requests at once.
        batch_size: Documents in a batch.
        still_alone: Raises where it is not sure any more that no other process posts for the company.
    """

    def __init__(
        self,
        client: QboClient,
        limits: RateLimits,
        *,
        max_concurrency: int,
        batch_size: int,
        still_alone: Callable[[], None],
    ) -> None:
        self._client = client
        self._limits = limits
        self._max_concurrency = max_concurrency
        self._batch_size = batch_size
        self._still_alone = still_alone

    def take_back(self, standing: Sequence[StandingDocument], rows: Mapping[int, Row]) -> TakenBack:
        """Take back documents that don't depend on each other; those without a row are gone already.

        Raises:
            TargetError: QuickBooks can't be reached, or a person is needed; what a batch did stays unsure.
        """
        result = TakenBack()
        to_send = []
        for document in standing:
            if document.key in rows:
                to_send.append(document)
            else:
                result.done.append(document)
        parcels = [to_send[place : place + self._batch_size] for place in range(0, len(to_send), self._batch_size)]
        if not parcels:
            return result
        self._still_alone()
        with ThreadPoolExecutor(min(self._max_concurrency, len(parcels)), "qbo") as pool:
            for parcel, answers in zip(parcels, pool.map(lambda some: self._send(some, rows), parcels), strict=True):
                for document, answer in zip(parcel, answers, strict=True):
                    _sort(result, document, answer)
        return result

    def _send(self, parcel: Sequence[StandingDocument], rows: Mapping[int, Row]) -> list[Row | Fault | None]:
        items = [_item(str(place), document, rows[document.key]) for place, document in enumerate(parcel)]
        request_id = uuid.uuid4().hex
        for _ in range(_TRIES):
            self._limits.take(batch=True)
            try:
                answers = self._client.batch(items, request_id)
            except NotDoneError as error:
                if error.throttled:
                    self._limits.slow_down()
                self._limits.pause(error.retry_after)
            except (QboFaultError, UnknownFateError) as error:
                logger.warning("a batch of documents to take back got no answer (%s): one by one", error)
                return [None] * len(parcel)
            else:
                return [answers.get(item.item_id) for item in items]
        raise UnreachableError(
            "QuickBooks can't be reached: undo again to go on, or let the next sync make whole again what is half done"
        )


def _sort(result: TakenBack, document: StandingDocument, answer: Row | Fault | None) -> None:
    if isinstance(answer, Fault):
        if answer.code in _REFUSED_FOR_GOOD:
            result.refused[document.key] = answer
        else:
            result.unsure.append(document)
    elif answer is not None and (is_voided(answer) or answer.get("status") == "Deleted"):
        result.done.append(document)
    else:
        result.unsure.append(document)


def _item(item_id: str, document: StandingDocument, row: Row) -> BatchItem:
    kind = DocumentKind(document.kind)
    short = {"Id": row["Id"], "SyncToken": row["SyncToken"]}
    if kind is DocumentKind.PAYMENT:
        return BatchItem(item_id, "update", ENTITIES[kind], row, "void")
    return BatchItem(item_id, "void" if kind is DocumentKind.INVOICE else "delete", ENTITIES[kind], short)
