"""What stands of the guest customer in a company that the ledger does not know yet: ours is adopted, the rest is told.

A run asks for the period into which it posts, and for what was made since its last one; a rebuild for all time.
Source: design, Posting, exactly once (6); accounting rules, After posting (documents that are not ours).
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.kinds import STRANGERS, facts, plural_of
from target_qbo.accounting.money import ZERO
from target_qbo.accounting.naming import suffixed
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import documents, tickets
from target_qbo.ledger import references as stored
from target_qbo.ledger.adopting import Seen, adopt, enter_voided, rivals, write_seen
from target_qbo.names.lists import EVERY, named
from target_qbo.names.methods import Methods
from target_qbo.names.plans import OURS
from target_qbo.posting.observe import by_id, find_unknown
from target_qbo.posting.plan import EARLIEST
from target_qbo.posting.standing import Standing, amount_in
from target_qbo.qbo import QboFaultError
from target_qbo.qbo.client import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_qbo.accounting.rules import Rules
    from target_qbo.company import Company
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.adopting import Found
    from target_qbo.names.references import References

logger = logging.getLogger("target-qbo.takeover")

Row = dict[str, Any]
_AT_ONCE = 500
_SHOWN = 3
_MAINS = (DocumentKind.INVOICE, DocumentKind.REFUND_RECEIPT)


@dataclass(frozen=True, slots=True)
class Period:
    """Business dates from ``first`` on, up to ``before``; None: without end."""

    first: dt.date
    before: dt.date | None

    def condition(self) -> str:
        """Return it as a condition of a query."""
        where = f"TxnDate >= {quoted(self.first.isoformat())}"
        return where if self.before is None else f"{where} and TxnDate < {quoted(self.before.isoformat())}"


def first_date(earliest: dt.date, rules: Rules) -> dt.date:
    """Return the first date of a document: where a business day begins late, a ticket may be the day before's."""
    return earliest if rules.business_day_start == dt.time(0) else earliest - dt.timedelta(days=1)


def unverified(ledger: CompanyLedger, earliest: dt.date) -> Period | None:
    """Return the period from ``earliest`` on of which the ledger does not know what stands; None: it knows all."""
    verified_from = stored.company_facts(ledger).verified_from
    if verified_from is not None and verified_from <= earliest:
        return None
    return Period(earliest, verified_from)


def verify_company(company: Company, references: References, earliest: dt.date) -> bool:
    """Adopt the documents of ours that stand from a business date on, where the ledger does not know the company yet.

    Tickets that have voided documents only stay undone: a person took them out.

    Returns:
        Whether the company was asked.

    Raises:
        ConfigurationError: The guest customer has documents that are not ours, or open credit, and that was not
            accepted.
    """
    period = unverified(company.ledger, earliest)
    if period is None:
        return False
    existing = Existing(company, references.methods(), adopts=True)
    if not references.guest_is_new():
        existing.read_all(references.guest_customer().qbo_id, references.guest_balance(), period)
    undone = enter_voided(company.ledger, existing.voided, dt.datetime.now(dt.UTC))
    if existing.in_the_way and not company.settings.accept_existing:
        raise ConfigurationError(
            f"the guest customer already has documents that are not ours, or open credit, where posting begins on "
            f"{earliest}: {existing.told()}: the same sales may be in the books already; set accept_existing to post "
            "all the same"
        )
    if existing.ours:
        logger.info("%d documents of ours were already in QuickBooks and are taken over", existing.ours)
    if undone:
        logger.warning("%d tickets have voided documents only: they stay undone until they are resynced", undone)
    stored.write_company_facts(company.ledger, verified_from=earliest)
    return True


def rebuild(company: Company) -> tuple[Existing, int]:
    """Enter all documents of ours that stand in the company, and those that were voided of tickets that have no other.

    Nothing is written in QuickBooks. What the ledger knows already stays as it is.

    Returns:
        What was found, and how many tickets have voided documents only: they are undone.

    Raises:
        TargetError: QuickBooks can't be reached, or a person is needed.
    """
    ledger, client, names = company.ledger, company.client, company.settings.names
    existing = Existing(company, Methods(ledger, lambda: client.query("PaymentMethod", EVERY)), adopts=True)
    with ledger.lock("posting", lambda: logger.warning("a run is posting: waiting for it to end")):
        find_unknown(company, dt.datetime.now(dt.UTC))
        # Documents of ours may be on each of these customers, inactive ones too.
        for row in named(client, "Customer", (names.guest_customer, suffixed(names.guest_customer, OURS))):
            existing.read_all(str(row["Id"]), None, Period(EARLIEST, None))
        undone = enter_voided(ledger, existing.voided, dt.datetime.now(dt.UTC))
        if company.settings.accept_existing or not existing.in_the_way:
            stored.write_company_facts(ledger, verified_from=EARLIEST)
    return existing, undone


def adopt_made_since(company: Company, references: References) -> None:
    """Adopt what was made for the guest customer since this ledger's last answer, and not by this ledger; one read.

    A backup that was put back does not know it, and a second ledger that posts to the company makes it (accounting
    rules, After posting). Where only refunds are to be posted, refund receipts are asked for, else invoices.
    """
    ledger = company.ledger
    latest = documents.latest_answer(ledger)
    if latest is None:
        return
    kind = DocumentKind.REFUND_RECEIPT if tickets.only_refunds(ledger) else DocumentKind.INVOICE
    # QuickBooks' clock may differ from this one by the limits' minute, in which fewer invoices can be made than one
    # read shows.
    margin = dt.timedelta(seconds=company.settings.minute_seconds)
    since = (latest - margin).astimezone(dt.UTC).isoformat(timespec="seconds")
    guest = references.guest_customer().qbo_id
    where = f"CustomerRef = {quoted(guest)} and MetaData.CreateTime >= {quoted(since)}"
    rows = [Standing(kind, row) for row in company.client.query(facts(kind).entity, where)]
    known: set[str] = set()
    for start in range(0, len(rows), _AT_ONCE):
        known |= documents.known_ids(ledger, kind, [row.qbo_id for row in rows[start : start + _AT_ONCE]])
    methods = references.methods()
    ours = [row for row in rows if row.qbo_id not in known and row.found(methods) is not None]
    if not ours:
        return
    existing = Existing(company, methods, adopts=True)
    existing.read(guest, None, Period(min(row.date for row in ours), None))
    if not existing.ours:
        return  # what this ledger sent itself, and a person altered before its answer was known
    logger.warning(
        "%d documents of ours were made since this ledger's last run and not by it (the first of them %s %s): another "
        "one posts here, or this one is a backup that was put back; they are taken over. Let only one ledger post to a "
        "company",
        existing.ours,
        facts(kind).word,
        ours[0].number,
        extra={"event_name": "another_ledger_posts"},
    )


class Existing:
    """Documents of the guest customer that stand in QuickBooks and are not in the ledger, read some hundreds at a time.

    Args:
        company: The company.
        methods: Names of payment methods.
        adopts: Whether ours are entered in the ledger; else they are only counted.

    Attributes:
        ours: How many are ours.
        found: How many of ours were entered, by kind.
        found_amounts: What these come to, by kind.
        known: How many are in the ledger already.
        voided: Ours that were voided.
        doubled: Ours that stand beside another one of the same ticket and number, and were not entered.
        foreign: How many are not, by kind, those of kinds that are never made here among them.
        amounts: What these come to, by kind.
        credit: What is unapplied of the payments among them.
        credit_elsewhere: Open credit of the customer that stands outside the period, as far as its balance tells.
    """

    def __init__(self, company: Company, methods: Methods, *, adopts: bool) -> None:
        self._ledger = company.ledger
        self._client = company.client
        self._methods = methods
        self._adopts = adopts
        self._rows = 0
        self._owed = Decimal(0)
        self._unapplied = Decimal(0)
        self._examples: list[str] = []
        self.ours = 0
        self.known = 0
        self.found: Counter[DocumentKind] = Counter()
        self.found_amounts: dict[DocumentKind, Decimal] = defaultdict(Decimal)
        self.voided: list[Found] = []
        self.doubled: list[Found] = []
        self.foreign: Counter[str] = Counter()
        self.amounts: dict[str, Decimal] = defaultdict(Decimal)
        self.credit = Decimal(0)
        self.credit_elsewhere = Decimal(0)

    @property
    def in_the_way(self) -> bool:
        """Whether anything is not ours: sales that may be in the books already, credit the next invoice may get."""
        return bool(self.foreign) or self.credit_elsewhere > 0

    def read_all(self, customer: str, balance: Decimal | None, period: Period) -> None:
        """Read what stands in a period, also of kinds that are never made here: a query more for each."""
        where = f"CustomerRef = {quoted(customer)} and {period.condition()}"
        for kind in STRANGERS:
            try:
                rows = list(self._client.query(kind.entity, where))
            except QboFaultError as error:
                logger.warning("QuickBooks does not show the guest customer's %s: %s", kind.plural, error)
                continue
            for row in rows:
                total, credit = amount_in(row, "TotalAmt") or ZERO, amount_in(row, "RemainingCredit") or ZERO
                self._unapplied += credit
                number = row.get("DocNumber") or f"id {row['Id']}"
                if total:
                    self._count(kind.kind, total, credit, f"{kind.word} {number}, {row['TxnDate']}, {total:,.2f}")
        self.read(customer, balance, period)

    def read(self, customer: str, balance: Decimal | None, period: Period) -> None:
        """Read what stands in a period: two queries, and one more where there may be payments.

        There are none to tell of where there are no documents, and the customer's balance is known to be what its
        invoices leave open. A lower one is credit, wherever it stands: it goes to the next invoice whatever its date.
        """
        where = f"CustomerRef = {quoted(customer)} and {period.condition()}"
        for kind in _MAINS:
            self._take(kind, self._client.query(facts(kind).entity, where))
        if self._rows or balance is None or balance != self._owed:
            self._take(DocumentKind.PAYMENT, self._client.query(facts(DocumentKind.PAYMENT).entity, where))
        if balance is not None:
            self.credit_elsewhere = max(self._owed - self._unapplied - balance, Decimal(0))

    def told(self) -> str:
        """Tell what is not ours: how many, what they come to, some examples, and what of it is open credit."""
        counts = ", ".join(f"{n} {plural_of(kind)} of {self.amounts[kind]:,.2f}" for kind, n in self.foreign.items())
        told = [f"{counts} ({'; '.join(self._examples)})"] if counts else []
        if self.credit:
            told.append(f"open credit of {self.credit:,.2f}, which may go to the next invoice")
        if self.credit_elsewhere:
            told.append(f"open credit of {self.credit_elsewhere:,.2f} of other dates, which may go to the next invoice")
        return "; ".join(told)

    def _take(self, kind: DocumentKind, found: Iterator[Row]) -> None:
        doubled: list[Found] = []
        rows = (Standing(kind, row) for row in found)
        while some := list(islice(rows, _AT_ONCE)):
            self._rows += len(some)
            known = documents.known_ids(self._ledger, kind, [row.qbo_id for row in some])
            ours = []
            seen = []
            for row in some:
                self._owed += (row.balance or Decimal(0)) if facts(kind).has_payments else 0
                self._unapplied += row.unapplied
                document = row.found(self._methods)
                if row.qbo_id in known:
                    self.known += 1
                    seen.append(Seen(row.qbo_id, row.total(), row.date, row.voided))
                elif row.voided:
                    self.voided += [document] if document is not None else []
                elif document is None:
                    named = row.number or f"id {row.qbo_id}"
                    told = f"{facts(kind).word} {named}, {row.date}, {row.total():,.2f}"
                    self._count(kind, row.total(), row.unapplied, told)
                else:
                    ours.append(document)
            if self._adopts:
                write_seen(self._ledger, kind, seen, dt.datetime.now(dt.UTC))
                doubled += self._adopt(kind, ours)
            else:
                self.ours += len(ours)
        for start in range(0, len(doubled), _AT_ONCE):
            self._settle_doubled(kind, doubled[start : start + _AT_ONCE])

    def _count(self, kind: str, amount: Decimal, credit: Decimal, told: str) -> None:
        self.foreign[kind] += 1
        self.amounts[kind] += amount
        self.credit += credit
        # Open credit is named before others: it is what QuickBooks may put on the next invoice.
        if credit or len(self._examples) < _SHOWN:
            self._examples = [told, *self._examples][:_SHOWN] if credit else [*self._examples, told]

    def _settle_doubled(self, kind: DocumentKind, doubled: Sequence[Found]) -> None:
        """Adopt those in whose place nothing stands any more; the others do stand twice."""
        others = rivals(self._ledger, doubled)
        there = by_id(self._client, others)
        gone = [Seen(one.qbo_id or "", one.amount, one.date, voided=True) for one in others if one.key not in there]
        write_seen(self._ledger, kind, gone, dt.datetime.now(dt.UTC))
        self.doubled += (left := self._adopt(kind, doubled))
        for document in left:
            logger.warning(
                "%s %s (id %s) stands twice in QuickBooks: void one of the two by hand",
                document.kind,
                document.number,
                document.qbo_id,
            )

    def _adopt(self, kind: DocumentKind, ours: Sequence[Found]) -> list[Found]:
        entered, doubled = adopt(self._ledger, ours, dt.datetime.now(dt.UTC))
        self.ours += len(entered)
        self.found[kind] += len(entered)
        self.found_amounts[kind] += sum((document.amount for document in entered), Decimal(0))
        return doubled
