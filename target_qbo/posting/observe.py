"""What QuickBooks holds of ours, looked up where a request was never answered, or where a person asks.

Reads only; what it finds is written into the ledger, so that planning sees it.
Source: design, Posting, exactly once (6); accounting rules, Documents (is a document found ours?).
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.kinds import facts
from target_qbo.accounting.naming import ownership_mark
from target_qbo.ledger import changes, documents, runs
from target_qbo.ledger.changes import Changes
from target_qbo.ledger.lifecycle import DocumentEvent
from target_qbo.posting.findings import altered
from target_qbo.posting.standing import Standing
from target_qbo.qbo.client import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_qbo.company import Company
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.changes import Key
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.qbo import Fault, QboClient

logger = logging.getLogger("target-qbo.recovery")

_NUMBERS_A_READ = 30
_IDS_A_READ = 200
_NEVER_CHANGED = "0"
_ATTEMPT_LASTS = dt.timedelta(minutes=10)
_RUNS = 20  # among so many of the latest are those that were killed a moment ago


def find_unknown(company: Company, begun: dt.datetime) -> dict[int, Fault]:
    """Find out the fate of every document that was sent and never answered.

    Nothing is looked up while the request may still be executing. Each is then posted, or known not to be there, or
    known to be there otherwise than it was sent.

    Args:
        company: The company.
        begun: Since when no other process posts for it (UTC).

    Returns:
        What differs, by the units of which a document was found so.

    Raises:
        UnreachableError: QuickBooks can't be reached.
    """
    differing: dict[int, Fault] = {}
    unknown = documents.of_unknown_fate(company.ledger)
    if not unknown:
        return differing
    _let_settle(company, unknown, begun)
    by_kind: dict[str, list[StandingDocument]] = defaultdict(list)
    for document in unknown:
        by_kind[document.kind].append(document)
    # Invoices first: a payment is held against the id of its own.
    for kind in sorted(by_kind):
        some = by_kind[kind]
        for start in range(0, len(some), _NUMBERS_A_READ):
            differing |= _find_some(company, DocumentKind(kind), some[start : start + _NUMBERS_A_READ])
    return differing


def _let_settle(company: Company, unknown: Iterable[StandingDocument], begun: dt.datetime) -> None:
    """Wait until nothing of what was sent can be executing any more.

    A run notes when it gives up waiting for an answer, and the time to settle begins then. One that was killed noted
    only when the request left: what it would have waited comes first.
    """
    killed = [one for one in runs.latest(company.ledger, _RUNS) if one.finished_at is None and one.started_at < begun]
    now, wait = dt.datetime.now(dt.UTC), 0.0
    for sent in {document.sent_at for document in unknown if document.sent_at is not None}:
        unnoted = any(run.started_at <= sent < (run.until or begun) for run in killed)
        lasts = company.settings.settle_seconds + (company.client.patience_seconds if unnoted else 0.0)
        # No longer than that, whatever the clock was set back to.
        wait = max(wait, min((sent - now).total_seconds(), 0.0) + lasts)
    if wait > 0:
        logger.info("a request was never answered: waiting %.0f s until it can be looked up", wait)
        time.sleep(wait)


def _find_some(company: Company, kind: DocumentKind, some: Sequence[StandingDocument]) -> dict[int, Fault]:
    ledger, rows = company.ledger, defaultdict[str, list[Standing]](list)
    for one in read(company.client, kind, facts(kind).number_field, [document.number for document in some]):
        rows[str(one.number)].append(one)
    invoices = _invoices(ledger, some) if kind is DocumentKind.PAYMENT else {}
    known = documents.known_ids(ledger, kind, [row.qbo_id for found in rows.values() for row in found])
    found = Changes()
    differing: dict[int, Fault] = {}
    for document in some:
        ours = [row for row in rows[document.number] if row.is_of(ownership_mark(document.location_id, document.name))]
        standing = [row for row in ours if not row.voided]
        row = next((one for one in standing if _agrees(one, document) or _is_untouched(one, document)), None)
        if row is not None:
            pays = kind is not DocumentKind.PAYMENT or row.pays(invoices.get(document.unit), document.amount)
            event = DocumentEvent.STANDS if pays else DocumentEvent.STRAYS
            found.happens(event, document.key, **row.told(row.total(document.amount)))
        elif standing:
            found.happens(DocumentEvent.DIFFERS, document.key)
            differing[document.unit] = altered(kind, document.number, document.amount, document.date, standing[0])
        else:
            # It was made and then voided by a person: its requestid would bring just that one back. One that the ledger
            # knows is an earlier one's, and says nothing of this sending, which may still be executing.
            over = _is_over(document) or any(one.qbo_id not in known for one in ours)
            found.happens(DocumentEvent.OVER if over else DocumentEvent.NOT_THERE, document.key)
    counts = Counter(one.event for one in found.documents)
    stand = counts[DocumentEvent.STANDS] + counts[DocumentEvent.STRAYS]
    missing = counts[DocumentEvent.NOT_THERE] + counts[DocumentEvent.OVER]
    text = "%s of unknown fate: %d stand in QuickBooks, %d do not, %d differ"
    logger.info(text, kind, stand, missing, len(differing))
    changes.write(ledger, found, dt.datetime.now(dt.UTC))
    return differing


def _invoices(ledger: CompanyLedger, payments: Sequence[StandingDocument]) -> dict[int, str | None]:
    """Return the ids of the invoices that payments are for, by unit."""
    standing = documents.standing(ledger, sorted({payment.unit for payment in payments}))
    return {
        unit: document.qbo_id
        for unit, some in standing.items()
        for document in some
        if document.kind == DocumentKind.INVOICE
    }


def _is_over(document: StandingDocument) -> bool:
    """Tell whether a document that is not there can't come any more under its first requestid.

    It may be sent once more under that, which then is the second line against what might still be executing; not where
    that was tried already, or is long ago.
    """
    lately = dt.datetime.now(dt.UTC) - _ATTEMPT_LASTS
    return document.missed > 0 or document.sent_at is None or document.sent_at < lately


def _agrees(row: Standing, document: StandingDocument) -> bool:
    """Tell whether what stands agrees with what was sent in total and date."""
    return (row.total(document.amount), row.date) == (document.amount, document.date)


def _is_untouched(row: Standing, document: StandingDocument) -> bool:
    """Tell whether a document is just what was sent, though QuickBooks made another total of it, with a tax, say.

    It is entered with that total, and then treated as one that was answered with it.
    """
    return document.kind != DocumentKind.PAYMENT and row.sync_token == _NEVER_CHANGED and row.date == document.date


def read(client: QboClient, kind: DocumentKind, field: str, values: Iterable[str]) -> Iterator[Standing]:
    """Read the documents of a kind of which a field has one of these values, in one query.

    Raises:
        UnreachableError: QuickBooks can't be reached.
    """
    named = ",".join(quoted(value) for value in values)
    return (Standing(kind, row) for row in client.query(facts(kind).entity, f"{field} in ({named})"))


def by_id(client: QboClient, standing: Iterable[StandingDocument]) -> dict[Key, Standing]:
    """Read documents as they stand now, up to 200 in a read; those that are voided or gone are left out.

    Raises:
        UnreachableError: QuickBooks can't be reached.
    """
    by_kind: dict[str, dict[str, StandingDocument]] = defaultdict(dict)
    for document in standing:
        if document.qbo_id is not None:
            by_kind[document.kind][document.qbo_id] = document
    rows: dict[Key, Standing] = {}
    for kind, of_kind in by_kind.items():
        ids = list(of_kind)
        for place in range(0, len(ids), _IDS_A_READ):
            for found in read(client, DocumentKind(kind), "Id", ids[place : place + _IDS_A_READ]):
                if not found.voided:
                    rows[of_kind[found.qbo_id].key] = found
    return rows
