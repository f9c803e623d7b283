"""Holding the documents of chosen tickets against QuickBooks, so that a resync puts right what was changed by hand.

Nothing is written in QuickBooks here. What differs is written into the ledger: then the engine sees it, in this run or,
after a crash, in the next. Source: accounting rules, After posting.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import Document, DocumentKind, Voided, decide_records
from target_qbo.ledger import again, documents, references, tickets
from target_qbo.ledger.again import Edited, Finding
from target_qbo.ledger.status import TicketStatus
from target_qbo.ledger.tickets import Settled
from target_qbo.names.methods import EVERY, Methods
from target_qbo.posting.applied import PAID_OTHERWISE, applied
from target_qbo.posting.recovery import find_unknown
from target_qbo.posting.revision import in_deposit
from target_qbo.posting.takeback_many import rows_of
from target_qbo.posting.totals import line_amounts
from target_qbo.posting.work import fingerprint
from target_qbo.qbo import faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.accounting.documents import Decision
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.ledger.tickets import PendingTicket
    from target_qbo.qbo import QboClient
    from target_qbo.settings import Settings

logger = logging.getLogger("target-qbo.verifying")

QboRow = dict[str, Any]
_TICKETS_AT_ONCE = 200


@dataclass(slots=True)
class _Obstacle:
    """Why nothing of a ticket may be touched."""

    code: str
    reason: str


@dataclass(slots=True)
class _Seen:
    """What one ticket's documents look like in QuickBooks.

    Attributes:
        finding: What differs; None where nothing does.
        obstacle: Why it can't be put right.
        invoices: Ids of other invoices that its payments are on.
        payments: Ids of other payments on its invoice, where one of its own does not pay it.
    """

    finding: Finding | None = None
    obstacle: _Obstacle | None = None
    invoices: list[str] = field(default_factory=list)
    payments: list[str] = field(default_factory=list)


def mark_again(
    ledger: CompanyLedger, client: QboClient, settings: Settings, keys: Sequence[int], *, insist: bool
) -> list[int]:
    """Hold chosen tickets against QuickBooks and have the next run decide them again.

    Args:
        ledger: The company's ledger.
        client: The company.
        settings: The rules, and how long an unanswered request may take.
        keys: The tickets' keys in the ledger.
        insist: Whether a person named them: then a change that ``on_change: skip`` left alone is carried out. Else such
            tickets are decided as the setting says, and not looked at here.

    Returns:
        Keys of further tickets that had to be taken along: open credit of one of them had gone to the other's invoice.

    Raises:
        TargetError: QuickBooks can't be reached, or a person is needed; what was found so far is written down.
    """
    with ledger.lock("posting", lambda: logger.warning("a run is posting: waiting for it to end")):
        find_unknown(ledger, client, settings.settle_seconds)
        held = set() if insist or settings.on_change != "skip" else set(again.left_alone(ledger, keys))
        verifier = _Verifier(ledger, client, settings)
        done, due = set(keys), list(keys)
        while due:
            further: set[int] = set()
            for start in range(0, len(due), _TICKETS_AT_ONCE):
                some = due[start : start + _TICKETS_AT_ONCE]
                stopped, touched = verifier.verify([key for key in some if key not in held])
                again.mark(ledger, [key for key in some if key not in stopped], insist=insist)
                further |= touched
            due = sorted(further - done)
            done |= further
        return sorted(done.difference(keys))


class _Verifier:
    def __init__(self, ledger: CompanyLedger, client: QboClient, settings: Settings) -> None:
        self._ledger = ledger
        self._client = client
        self._settings = settings
        known = references.load(ledger)
        self._guests = {found.qbo_id for (entity, _), found in known.items() if entity == "Customer"}
        self._methods = Methods(ledger, lambda: client.query("PaymentMethod", EVERY))

    def verify(self, keys: Sequence[int]) -> tuple[set[int], set[int]]:
        """Write down what differs; returns the tickets that may not be touched, and others that are affected."""
        standing = documents.standing(self._ledger, keys)
        rows = self._rows([document for some in standing.values() for document in some])
        records = again.whole(self._ledger, list(standing))
        seen = {key: self._look(key, some, rows, self._lines(records[key])) for key, some in standing.items()}
        affected = self._affected(seen)
        differing = [key for key, one in seen.items() if one.finding is not None]
        stopped: list[Settled] = []
        findings: list[Finding] = []
        for key in differing:
            one, ticket = seen[key], records[key]
            if one.obstacle is not None:
                reason = one.obstacle.reason
                stopped.append(Settled(key, ticket.revision, TicketStatus.SKIPPED, one.obstacle.code, reason))
            elif one.finding is not None:
                if not self._may_be_remade(ticket, one.finding):
                    _leave_orphans(one.finding, standing[key], rows)
                findings.append(one.finding)
        again.write_findings(self._ledger, findings)
        tickets.settle(self._ledger, stopped, dt.datetime.now(dt.UTC))
        return {one.key for one in stopped}, affected

    def _rows(self, standing: Sequence[StandingDocument]) -> dict[tuple[str, str], QboRow]:
        """Return documents as they stand now by kind and id; those voided or deleted are left out."""
        found = rows_of(self._client, standing)
        return {(one.kind, one.qbo_id or ""): found[one.key] for one in standing if one.key in found}

    def _lines(self, ticket: PendingTicket) -> tuple[Decimal, ...] | None:
        """Return the amounts of the lines with which a ticket was posted; None where they are not known."""
        decision = self._decision(ticket)
        if not isinstance(decision, Document) or ticket.fingerprint != fingerprint(decision):
            return None
        return tuple(sorted(line.amount for line in decision.lines))

    def _look(
        self,
        key: int,
        standing: Sequence[StandingDocument],
        rows: dict[tuple[str, str], QboRow],
        lines: tuple[Decimal, ...] | None,
    ) -> _Seen:
        seen = _Seen()
        finding = Finding(key)
        main = next((one for one in standing if one.kind != DocumentKind.PAYMENT), None)
        main_row = rows.get((main.kind, main.qbo_id or "")) if main is not None else None
        wrong: list[QboRow] = []
        for document in standing:
            row = rows.get((document.kind, document.qbo_id or ""))
            if row is None:
                finding.voided.append(document.key)
            elif document.kind == DocumentKind.PAYMENT and self._is_orphan(row, main_row):
                finding.orphaned.append(document.key)
                wrong.append(row)
            elif self._differs(document, row) or (row is main_row and lines not in {None, line_amounts(row)}):
                finding.edited.append(Edited(document.key, _amount(row), _date(row), self._methods.named(row)))
                wrong += [row] if document.kind == DocumentKind.PAYMENT else []
        if not (finding.voided or finding.orphaned or finding.edited or self._moved(main_row)):
            return seen
        finding.stands = len(finding.voided) < len(standing)
        seen.finding = finding
        deposited = next((row for row in wrong if in_deposit(row)), None)
        if deposited is not None:
            seen.obstacle = _Obstacle(
                f"qbo_{faults.IN_DEPOSIT}",
                f"payment {deposited.get('PaymentRefNum')} of {_amount(deposited)} is in a bank deposit and no longer "
                "as it was posted: take it off the deposit in QuickBooks, then resync the ticket",
            )
        own = {document.qbo_id for document in standing}
        if main_row is not None:
            seen.payments = [one for one in _linked(main_row, "Payment") if one not in own]
        seen.invoices = [one for row in wrong for one in applied(row) if one not in own]
        return seen

    def _affected(self, seen: dict[int, _Seen]) -> set[int]:
        """Return the tickets whose payments or invoices are linked with ours; a stranger's payment is an obstacle."""
        invoices = [one for found in seen.values() for one in found.invoices]
        payments = [one for found in seen.values() for one in found.payments]
        affected = set(again.paying(self._ledger, DocumentKind.INVOICE, invoices).values()) if invoices else set()
        owners = again.paying(self._ledger, DocumentKind.PAYMENT, payments) if payments else {}
        for found in seen.values():
            strangers = [one for one in found.payments if one not in owners]
            if strangers and found.obstacle is None:
                found.obstacle = _Obstacle(
                    PAID_OTHERWISE,
                    f"the invoice is paid by a payment that is not ours (id {', '.join(strangers)}): delete it in "
                    "QuickBooks, or take it off the invoice, then resync the ticket",
                )
        return affected | set(owners.values())

    def _is_orphan(self, row: QboRow, main: QboRow | None) -> bool:
        if main is None or self._moved(row):
            return True
        return applied(row).get(str(main["Id"])) != _amount(row)

    def _differs(self, document: StandingDocument, row: QboRow) -> bool:
        same = (document.amount, document.date) == (_amount(row), _date(row))
        if document.kind != DocumentKind.INVOICE:
            same = same and not self._methods.differs(row, document.method)
        return not same

    def _moved(self, row: QboRow | None) -> bool:
        """Tell whether a document is on another customer than ours; not asked where ours is not known."""
        if row is None or not self._guests:
            return False
        return str((row.get("CustomerRef") or {}).get("value")) not in self._guests

    def _may_be_remade(self, ticket: PendingTicket, finding: Finding) -> bool:
        """Tell whether orphaned payments may be voided: not where the invoice stays and they can't be made again."""
        stays = any(one.kind != DocumentKind.PAYMENT and one.key not in finding.voided for one in ticket.standing)
        if not stays or not finding.orphaned:
            return True
        return isinstance(self._decision(ticket), Document | Voided)

    def _decision(self, ticket: PendingTicket) -> Decision | None:
        """Decide a ticket by its records; None where they were never received."""
        if not ticket.record:
            return None
        now = dt.datetime.now(dt.UTC)
        return decide_records(ticket.record, ticket.payments, ticket.discounts, self._settings.rules, now)


def _leave_orphans(finding: Finding, standing: Sequence[StandingDocument], rows: dict[tuple[str, str], QboRow]) -> None:
    """Have orphaned payments stay, with what of them pays their invoice: so they are seen to be wrong later."""
    main = next((one.qbo_id for one in standing if one.kind != DocumentKind.PAYMENT), None)
    for document in standing:
        if document.key in finding.orphaned:
            pays = applied(rows[document.kind, document.qbo_id or ""]).get(main or "", Decimal(0))
            finding.edited.append(Edited(document.key, pays, document.date, document.method))
    finding.orphaned = []


def _linked(row: QboRow, kind: str) -> list[str]:
    return [str(link.get("TxnId")) for link in row.get("LinkedTxn") or [] if link.get("TxnType") == kind]


def _amount(row: QboRow) -> Decimal:
    return Decimal(str(row.get("TotalAmt", 0))).quantize(Decimal("0.01"))


def _date(row: QboRow) -> dt.date:
    return dt.date.fromisoformat(str(row["TxnDate"])[:10])
