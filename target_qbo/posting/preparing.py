"""What the documents of a run need of the company: ids of what they refer to, found or made; and facts of its own.

Before anything is posted it makes sure that the ledger knows what stands in the company already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_qbo.accounting import PaymentMethod
from target_qbo.accounting.liabilities import booked_as_income
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import documents
from target_qbo.names.entities import UnansweredError, UnavailableError
from target_qbo.names.lists import EVERY
from target_qbo.names.methods import Methods
from target_qbo.names.preferences import preferences_in
from target_qbo.names.references import References
from target_qbo.posting.findings import Hindrance
from target_qbo.posting.plan import EARLIEST
from target_qbo.posting.takeover import adopt_made_since, first_date, verify_company
from target_qbo.qbo import QboFaultError
from target_qbo.qbo.reactions import Reaction, reaction

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from target_qbo.accounting import Document, DocumentKind
    from target_qbo.company import Company
    from target_qbo.ledger.units import UnitView
    from target_qbo.posting.payloads import DocumentRefs
    from target_qbo.posting.plan import Plan
    from target_qbo.posting.summary import RunSummary


class Preparing:
    """Resolves what documents refer to, and what a unit's work may have to know beyond its own documents.

    Attributes:
        knows_all: Whether the ledger was told in this run what stands in the company.
    """

    def __init__(self, company: Company) -> None:
        self._company = company
        self._ledger = company.ledger
        self._client = company.client
        self._settings = company.settings
        self._references: References | None = None
        self._closed: tuple[dt.date | None] | None = None
        self.knows_all = False
        self._counted: set[int] = set()

    def open(self, earliest: dt.date) -> None:
        """Make sure, once, that the ledger knows what stands in the company from a business date on.

        Raises:
            TargetError: QuickBooks can't be reached, or a person is needed.
        """
        if self._references is None:
            earliest = first_date(max(earliest, EARLIEST), self._settings.rules)
            self._references = References(self._ledger, self._client, self._settings, earliest)
            self.knows_all = verify_company(self._company, self._references, earliest)

    def find_others(self) -> None:
        """Have the ledger know, once, of documents of ours that were made since its last run and not by it; a read.

        Raises:
            TargetError: QuickBooks can't be reached.
        """
        if self._references is not None and not self.knows_all:
            self.knows_all = True
            adopt_made_since(self._company, self._references)

    def forget(self) -> None:
        """Have every id looked up again: one was stale."""
        if self._references is not None:
            self._references.forget()

    def prepare(self, view: UnitView, planned: Plan, summary: RunSummary) -> DocumentRefs | Hindrance | str:
        """Resolve what a unit's document refers to.

        Returns:
            The ids; or why the ticket is skipped; or why it is left for a later run.

        Raises:
            ConfigurationError: QuickBooks refuses what every document needs.
        """
        document = planned.document
        if document is None:
            raise AssertionError
        try:
            refs, start = self._resolve(document)
        except UnavailableError as error:
            return Hindrance("unavailable", str(error))
        except UnansweredError as error:
            return str(error)
        if start is not None and document.date < start:
            item = self._settings.rules.product_item
            return Hindrance(
                "before_inventory_start",
                f"QuickBooks keeps inventory of {item!r} from {start} on and takes no earlier sale: set the item's "
                "start date back in QuickBooks",
            )
        if not view.standing and view.key not in self._counted:
            self._counted.add(view.key)
            has_account = PaymentMethod.GIFT_CARD in self._settings.deposit_accounts
            summary.owed += booked_as_income(document, gift_cards_have_an_account=has_account)
            summary.unmapped.add(document.unmapped)
        return refs

    def _resolve(self, document: Document) -> tuple[DocumentRefs, dt.date | None]:
        """Look up what a document refers to; where an id turns out stale on the way, everything anew, once."""
        references = self._references
        if references is None:
            raise AssertionError
        for last in (False, True):
            try:
                return references.for_document(document), references.inventory_start(document)
            except QboFaultError as error:
                if last or reaction(error.fault) is not Reaction.NAMES_ANEW:
                    raise ConfigurationError(f"QuickBooks refuses what the documents need: {error}") from None
                references.forget()
        raise AssertionError

    # What a unit's work may ask

    def known(self, kind: DocumentKind, qbo_ids: Sequence[str]) -> Collection[str]:
        """Return which of these documents the ledger has."""
        return documents.known_ids(self._ledger, kind, qbo_ids)

    def methods(self) -> Methods:
        """Return the names of the company's payment methods."""
        return Methods(self._ledger, lambda: self._client.query("PaymentMethod", EVERY))

    def closed_until(self) -> dt.date | None:
        """Return up to which date, included, the books are closed; a metered read, once."""
        if self._closed is None:
            self._closed = (preferences_in(next(self._client.query("Preferences"), {})).closed_until,)
        return self._closed[0]
