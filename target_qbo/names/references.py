"""The company's entities that documents refer to: found, or created where they are absent, and remembered.

Source: accounting rules, Given 1 to 5 and Names and accounts. At a cold start one query for each kind of entity tells
what is there; after that the ledger knows, and a new name is created first and looked up only when it is taken.
"""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import PaymentMethod
from target_qbo.accounting.kinds import facts
from target_qbo.accounting.naming import suffixed
from target_qbo.errors import ConfigurationError, UnreachableError
from target_qbo.ledger import references as stored
from target_qbo.ledger.references import Reference
from target_qbo.names.accounts import Accounts
from target_qbo.names.entities import Entities, UnansweredError, UnavailableError
from target_qbo.names.items import Items
from target_qbo.names.lists import pick, pick_named
from target_qbo.names.methods import Methods
from target_qbo.names.plans import OURS, AccountRole
from target_qbo.names.preferences import preferences_in
from target_qbo.posting.payloads import DocumentRefs
from target_qbo.qbo.client import quoted
from target_qbo.qbo.faults import QboFaultError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_qbo.accounting import Document
    from target_qbo.ledger import CompanyLedger
    from target_qbo.names.lists import Lists
    from target_qbo.settings import Settings

logger = logging.getLogger("target-qbo.references")

_TRACKED = {"Department": "departments", "Class": "classes"}  # what is tracked, and the setting that names them


class References:
    """Finds, creates and remembers the entities of one company.

    Args:
        ledger: The company's ledger, which remembers.
        client: The company.
        settings: Names and choices.
        earliest: The earliest business date to be posted: the product item's inventory begins no later.

    Attributes:
        accounts: The company's accounts.
        items: Its items.
    """

    def __init__(self, ledger: CompanyLedger, client: Lists, settings: Settings, earliest: dt.date) -> None:
        self._ledger = ledger
        self._client = client
        self._settings = settings
        self._entities = Entities(ledger, client)
        self.accounts = Accounts(self._entities, settings)
        self.items = Items(self._entities, self.accounts, settings, earliest)
        self._untracked: set[str] = set()

    def for_document(self, document: Document) -> DocumentRefs:
        """Return the ids of all that a document, with its payments, refers to."""
        methods = {payment.method for payment in document.payments}
        if document.method is not None:
            methods.add(document.method)
        deposits: dict[PaymentMethod | None, str] = {
            method: self.accounts.named(self._settings.deposit_accounts[method], "deposit_accounts").qbo_id
            for method in methods
            if method in self._settings.deposit_accounts
        }
        if facts(document.kind).needs_deposit_account and document.method not in deposits:
            deposits[document.method] = self.accounts.of(AccountRole.UNDEPOSITED_FUNDS).qbo_id
        location = document.location_id
        return DocumentRefs(
            customer=self.guest_customer().qbo_id,
            tax_code=self._tax_code(),
            currency=self._currency(location),
            items={line.item: self.items.of(line.item).qbo_id for line in document.lines},
            methods={method: self.payment_method(method).qbo_id for method in methods},
            deposit_accounts=deposits,
            department=self.listed("Department", self._settings.departments.get(location)),
            item_class=self.listed("Class", self._settings.classes.get(location)),
        )

    def inventory_start(self, document: Document) -> dt.date | None:
        """Return the date before which QuickBooks refuses this document, because inventory of an item starts then."""
        starts = (self.items.of(item).details.get("inv_start_date") for item in {line.item for line in document.lines})
        return max((dt.date.fromisoformat(text) for text in starts if text), default=None)

    def forget(self) -> None:
        """Forget all that is remembered: one of the ids was stale."""
        self._entities.forget()

    def guest_customer(self) -> Reference:
        """Return the guest customer."""
        name = self._settings.names.guest_customer.casefold()
        return self._entities.remembered("Customer", name, self._find_customer)

    def guest_is_new(self) -> bool:
        """Tell whether the guest customer was made in this run: nothing is on it yet."""
        return self._entities.is_new("Customer", self.guest_customer().qbo_id)

    def guest_balance(self) -> Decimal | None:
        """Return what the guest customer owes less its open credit; a read where it was remembered. None: not told."""
        guest = self.guest_customer().qbo_id
        row = self._entities.seen("Customer", guest)
        if row is None:
            where = f"Id = {quoted(guest)} and Active in (true,false)"
            row = next(self._client.query("Customer", where), {})
        balance = row.get("Balance")
        return None if balance is None else Decimal(str(balance))

    def payment_method(self, method: PaymentMethod) -> Reference:
        """Return a payment method.

        Raises:
            UnavailableError: It can't be had.
        """

        def find() -> Reference:
            kind = "CREDIT_CARD" if method is PaymentMethod.CREDIT_CARD else "NON_CREDIT_CARD"
            try:
                row = self._entities.find_or_create("PaymentMethod", method, {"Name": method, "Type": kind})
            except QboFaultError as error:
                raise UnavailableError(f"QuickBooks refuses the payment method {method!r}: {error}") from None
            if row is None:
                raise UnavailableError(f"QuickBooks neither has nor takes the payment method {method!r}")
            return Reference("PaymentMethod", method, row["Id"], row["Name"])

        return self._entities.remembered("PaymentMethod", method, find)

    def methods(self) -> Methods:
        """Return the names of the company's payment methods by their ids; the list is read where it has to be."""
        return Methods(self._ledger, lambda: self._entities.rows("PaymentMethod"))

    def _find_customer(self) -> Reference:
        wanted = self._settings.names.guest_customer
        for name in (wanted, suffixed(wanted, OURS)):
            try:
                row = self._entities.find_or_create("Customer", name, {"DisplayName": name})
            except UnansweredError as error:  # every document needs it
                raise UnreachableError(str(error)) from None
            if row is not None:
                return Reference("Customer", "guest", row["Id"], row["DisplayName"])
        raise ConfigurationError(f"the names {wanted!r} and {name!r} are both taken by a vendor or employee")

    def _tax_code(self) -> str:
        def find() -> Reference:
            wanted = self._settings.tax_code
            country = self._country()
            if country == "US":
                return Reference("TaxCode", "line", "NON", "NON")
            if wanted is None:
                raise ConfigurationError(
                    f"the company is in {country}, where every line needs a tax code: set tax_code to one of rate 0"
                )
            row = pick(self._entities.rows("TaxCode"), "Name", wanted)
            if row is None:
                raise ConfigurationError(f"tax_code: QuickBooks has no tax code {wanted!r}")
            return Reference("TaxCode", "line", row["Id"], row["Name"])

        return self._entities.remembered("TaxCode", f"line:{self._settings.tax_code or ''}".casefold(), find).qbo_id

    def _country(self) -> str:
        country = stored.company_facts(self._ledger).country
        if country is None:
            row = next(self._client.query("CompanyInfo"), {})
            country = str(row.get("Country") or "US").replace("USA", "US")
            stored.write_company_facts(self._ledger, country=country)
        return country

    def _currency(self, location: str) -> str | None:
        """Return the currency that documents must name: None where the company knows but one.

        Raises:
            ConfigurationError: The till's currency is not the company's: nothing is ever booked one to one.
        """
        kept = self._preferences()
        home = kept["home_currency"]
        wanted = self._settings.currencies.get(location, self._settings.currency)
        if wanted is not None and home and wanted.upper() != home.upper():
            raise ConfigurationError(
                f"the currency of location {location} is {wanted}, the company's home currency is {home}: nothing is "
                "posted one to one in another; use a company that keeps its books in that currency"
            )
        return home if kept["several_currencies"] else None

    def _preferences(self) -> Mapping[str, Any]:
        def find() -> Reference:
            kept = preferences_in(next(self._client.query("Preferences"), {}))
            names = ("home_currency", "several_currencies", "departments", "classes")
            return Reference("Setting", "preferences", "", "", {name: getattr(kept, name) for name in names})

        return self._entities.remembered("Setting", "preferences", find).details

    def _tracks(self, entity: str) -> bool:
        """Tell whether the company uses departments or classes; where it did not, it is asked again in each run."""
        if entity not in self._untracked and not self._preferences()[_TRACKED[entity]]:
            self._entities.forget_one("Setting", "preferences")
            if not self._preferences()[_TRACKED[entity]]:
                logger.warning("the company does not use %s: they are left out", _TRACKED[entity])
                self._untracked.add(entity)
        return entity not in self._untracked

    def listed(self, entity: str, name: str | None) -> str | None:
        """Return the id of a department or class that a location is to have; None where the plan has none of them."""
        if name is None:
            return None
        if not self._tracks(entity):
            return None

        def find() -> Reference:
            row = pick_named(self._entities.rows(entity), entity, name, _TRACKED[entity])
            if row is None or not row.get("Active", True):
                raise ConfigurationError(f"QuickBooks has no {entity.lower()} {name!r} in use")
            return Reference(entity, "", row["Id"], row["Name"])

        return self._entities.remembered(entity, name.casefold(), find).qbo_id
