"""The company's entities that documents refer to: found, or created where they are absent, and remembered.

Source: accounting rules, Given 1 to 5 and Names and accounts. At a cold start one query for each kind of entity tells
what is there; after that the ledger knows, and a new name is created first and looked up only when it is taken.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind, ItemRole, PaymentMethod
from target_qbo.accounting.naming import suffixed
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import references as stored
from target_qbo.ledger.references import Reference
from target_qbo.posting.lists import DELETED, Row, find_account, name_field, pick
from target_qbo.posting.payloads import DocumentRefs
from target_qbo.posting.plans import ACCOUNT_PLANS, OURS, AccountRole
from target_qbo.posting.preferences import preferences_in
from target_qbo.qbo import faults
from target_qbo.qbo.client import quoted
from target_qbo.qbo.faults import QboFaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from target_qbo.accounting import Document, ItemKey
    from target_qbo.ledger import CompanyLedger
    from target_qbo.qbo import QboClient
    from target_qbo.settings import Settings

logger = logging.getLogger("target-qbo.references")

_TRACKED = {"Department": "departments", "Class": "classes"}


class UnavailableError(Exception):
    """Something that a document needs can't be had; the document's ticket is skipped, the others go on."""


class References:
    """Finds, creates and remembers the entities of one company.

    Args:
        ledger: The company's ledger, which remembers.
        client: The company.
        settings: Names and choices.
        earliest: The earliest business date to be posted: the product item's inventory begins no later.
    """

    def __init__(self, ledger: CompanyLedger, client: QboClient, settings: Settings, earliest: dt.date) -> None:
        self._ledger = ledger
        self._client = client
        self._settings = settings
        self._earliest = earliest
        self._known = stored.load(ledger)
        self._cold = not self._known
        self._listings: dict[str, list[Row]] = {}
        self._unavailable: dict[tuple[str, str], UnavailableError] = {}
        self._untracked: set[str] = set()

    def for_document(self, document: Document) -> DocumentRefs:
        """Return the ids of all that a document, with its payments, refers to."""
        methods = {payment.method for payment in document.payments}
        if document.method is not None:
            methods.add(document.method)
        deposits: dict[PaymentMethod | None, str] = {
            method: self._account_named(self._settings.deposit_accounts[method]).qbo_id
            for method in methods
            if method in self._settings.deposit_accounts
        }
        if document.kind is DocumentKind.REFUND_RECEIPT and document.method not in deposits:
            deposits[document.method] = self._account(AccountRole.UNDEPOSITED_FUNDS).qbo_id
        location = document.location_id
        return DocumentRefs(
            customer=self.guest_customer(),
            tax_code=self._tax_code(),
            currency=self._currency(),
            items={line.item: self.item(line.item).qbo_id for line in document.lines},
            methods={method: self._payment_method(method).qbo_id for method in methods},
            deposit_accounts=deposits,
            department=self._listed("Department", self._settings.departments.get(location)),
            item_class=self._listed("Class", self._settings.classes.get(location)),
        )

    def inventory_start(self, document: Document) -> dt.date | None:
        """Return the date before which QuickBooks refuses this document, because its product item starts then."""
        for line in document.lines:
            if line.item.role is ItemRole.PRODUCT:
                text = self.item(line.item).details.get("inv_start_date")
                return dt.date.fromisoformat(text) if text else None
        return None

    def forget(self) -> None:
        """Forget all that is remembered: one of the ids was stale."""
        stored.forget_all(self._ledger)
        self._known = {}
        self._listings = {}
        self._unavailable = {}
        self._cold = True

    def guest_customer(self) -> str:
        """Return the id of the guest customer."""
        return self._remembered("Customer", "guest", self._find_customer).qbo_id

    def item(self, key: ItemKey) -> Reference:
        """Return the item of a role and name."""
        return self._remembered("Item", f"{key.role}:{key.name.casefold()}", lambda: self._find_item(key))

    def _remembered(self, entity: str, key: str, find: Callable[[], Reference]) -> Reference:
        if (entity, key) in self._unavailable:
            raise self._unavailable[entity, key]
        known = self._known.get((entity, key))
        if known is None:
            try:
                found = find()
            except UnavailableError as error:
                self._unavailable[entity, key] = error
                raise
            known = Reference(entity, key, found.qbo_id, found.name, found.details)
            stored.remember(self._ledger, known)
            self._known[entity, key] = known
        return known

    # What is there

    def _rows(self, entity: str) -> list[Row]:
        if entity not in self._listings:
            self._listings[entity] = list(self._client.query(entity, "Active in (true,false)"))
        return self._listings[entity]

    def _named(self, entity: str, name: str) -> Row | None:
        """Find an entity by name as far as is known without asking: None also where it was never asked."""
        if not self._cold:
            return None
        return pick(self._rows(entity), name_field(entity), name)

    def _look_up(self, entity: str, name: str) -> Row | None:
        """Find an entity whose name was refused as taken: one query."""
        field = name_field(entity)
        names = ",".join(quoted(some) for some in (name, name + DELETED))
        return pick(self._client.query(entity, f"{field} in ({names}) and Active in (true,false)"), field, name)

    def _find_or_create(
        self,
        entity: str,
        name: str,
        body: Mapping[str, Any],
        fits: Callable[[Row], bool] = lambda _row: True,
    ) -> Row | None:
        """Return the entity of a name, made if absent, reactivated if inactive; None where another's has the name."""
        row = self._named(entity, name)
        if row is None:
            row = self._create_or_look_up(entity, name, body)
        if row is None or not fits(row):
            return None
        return row if row.get("Active", True) else self._reactivate(entity, row, name)

    def _create_or_look_up(self, entity: str, name: str, body: Mapping[str, Any]) -> Row | None:
        try:
            return self._create(entity, body)
        except QboFaultError as error:
            if error.fault.code != faults.DUPLICATE_NAME:
                raise
        return self._look_up(entity, name)

    def _create(self, entity: str, body: Mapping[str, Any]) -> Row:
        row = self._client.write_repeatable(entity, body, _request_id())
        logger.info("created in QuickBooks: %s %s", entity, row.get(name_field(entity)))
        if self._cold:
            self._rows(entity).append(row)
        return row

    def _reactivate(self, entity: str, row: Row, name: str) -> Row:
        body = {"Id": row["Id"], "sparse": True, "Active": True, name_field(entity): name}
        try:
            active = self._client.write_repeatable(entity, body | {"SyncToken": row["SyncToken"]}, _request_id())
        except QboFaultError as error:
            now = next(self._client.query(entity, f"Id = {quoted(row['Id'])} and Active in (true,false)"), None)
            if error.fault.code != faults.STALE_OBJECT or now is None:
                raise
            active = self._client.write_repeatable(entity, body | {"SyncToken": now["SyncToken"]}, _request_id())
        logger.info("reactivated in QuickBooks: %s %s", entity, name)
        return active

    # Each kind

    def _account(self, role: AccountRole) -> Reference:
        return self._remembered("Account", role, lambda: self._find_account(role))

    def _find_account(self, role: AccountRole) -> Reference:
        plan = ACCOUNT_PLANS[role]
        name: str = getattr(self._settings.names, role)
        row = find_account(self._rows("Account"), role, name)
        if row is None:
            body = {"Name": name, "AccountType": plan.type, "AccountSubType": plan.subtype}
            row = self._create_or_look_up("Account", name, body)
        if row is None:
            raise ConfigurationError(f"QuickBooks neither has nor takes the account {name!r}")
        if row.get("AccountType") != plan.type:
            raise ConfigurationError(
                f"the account {name!r} is of type {row.get('AccountType')!r}, not {plan.type!r}: rename it in "
                f"QuickBooks, or set {role} to another name"
            )
        if not row.get("Active", True):
            row = self._reactivate("Account", row, name)
        return Reference("Account", role, row["Id"], row["Name"])

    def _account_named(self, name: str) -> Reference:
        def find() -> Reference:
            row = pick(self._rows("Account"), "Name", name)
            if row is None:
                raise ConfigurationError(f"deposit_accounts: QuickBooks has no account {name!r}")
            return Reference("Account", "", row["Id"], row["Name"])

        return self._remembered("Account", f"named:{name.casefold()}", find)

    def _payment_method(self, method: PaymentMethod) -> Reference:
        def find() -> Reference:
            kind = "CREDIT_CARD" if method is PaymentMethod.CREDIT_CARD else "NON_CREDIT_CARD"
            try:
                row = self._find_or_create("PaymentMethod", method, {"Name": method, "Type": kind})
            except QboFaultError as error:
                raise UnavailableError(f"QuickBooks refuses the payment method {method!r}: {error}") from None
            if row is None:
                raise UnavailableError(f"QuickBooks neither has nor takes the payment method {method!r}")
            return Reference("PaymentMethod", method, row["Id"], row["Name"])

        return self._remembered("PaymentMethod", method, find)

    def _find_customer(self) -> Reference:
        wanted = self._settings.names.guest_customer
        for name in (wanted, suffixed(wanted, OURS)):
            row = self._find_or_create("Customer", name, {"DisplayName": name})
            if row is not None:
                return Reference("Customer", "guest", row["Id"], row["DisplayName"])
        raise ConfigurationError(f"the names {wanted!r} and {name!r} are both taken by a vendor or employee")

    def _find_item(self, key: ItemKey) -> Reference:
        income = self._income_account(key.role)
        suffix = " (discount)" if key.role is ItemRole.DISCOUNT else OURS
        for name in (key.name, suffixed(key.name, suffix)):
            row = self._item_named(key.role, name, income)
            if row is not None:
                details = {"type": row.get("Type", "")}
                if row.get("Type") == "Inventory" and row.get("InvStartDate"):
                    details["inv_start_date"] = str(row["InvStartDate"])[:10]
                return Reference("Item", "", row["Id"], row["Name"], details)
        raise UnavailableError(
            f"the item names {key.name!r} and {name!r} are both taken by items on other accounts than {income.name!r}"
        )

    def _item_named(self, role: ItemRole, name: str, income: Reference) -> Row | None:
        def on_our_account(row: Row) -> bool:
            ref = row.get("IncomeAccountRef") or {}
            return bool(ref.get("value") == income.qbo_id)

        refused: QboFaultError | None = None
        for body in self._item_bodies(role, name, income):
            try:
                row = self._find_or_create("Item", name, body, on_our_account)
            except QboFaultError as error:
                if error.fault.code in faults.STALE_REFERENCES:
                    raise
                refused = refused or error
                continue
            if role is ItemRole.DISCOUNT and refused is not None:
                self._remember_discount_type("Service")
            return row
        raise UnavailableError(f"QuickBooks refuses the item {name!r}: {refused}")

    def _item_bodies(self, role: ItemRole, name: str, income: Reference) -> Iterable[Row]:
        """Yield the ways to make an item, the best first: the next is for a company that refuses the one before."""
        body = {"Name": name, "IncomeAccountRef": {"value": income.qbo_id}}
        if role is ItemRole.PRODUCT:
            expense = {"ExpenseAccountRef": {"value": self._account(AccountRole.COST_OF_GOODS_SOLD).qbo_id}}
            asset = {"AssetAccountRef": {"value": self._account(AccountRole.INVENTORY_ASSET).qbo_id}}
            yield {
                **body,
                **expense,
                **asset,
                "Type": "Inventory",
                "TrackQtyOnHand": True,
                "QtyOnHand": 0,
                "InvStartDate": min(self._settings.inventory_start_date, self._earliest).isoformat(),
            }
            yield {**body, **expense, "Type": "NonInventory"}
            return
        if role is ItemRole.DISCOUNT and ("Setting", "discount_type") not in self._known:
            yield {**body, "Type": "Discount"}
        yield {**body, "Type": "Service"}

    def _remember_discount_type(self, item_type: str) -> None:
        self._remembered(
            "Setting", "discount_type", lambda: Reference("Setting", "discount_type", item_type, item_type)
        )

    def _income_account(self, role: ItemRole) -> Reference:
        if role is ItemRole.PRODUCT:
            return self._account(AccountRole.PRODUCT_INCOME)
        if role is ItemRole.DISCOUNT:
            return self._account(AccountRole.DISCOUNTS)
        return self._account(AccountRole.SERVICES)

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
            row = pick(self._rows("TaxCode"), "Name", wanted)
            if row is None:
                raise ConfigurationError(f"tax_code: QuickBooks has no tax code {wanted!r}")
            return Reference("TaxCode", "line", row["Id"], row["Name"])

        return self._remembered("TaxCode", "line", find).qbo_id

    def _country(self) -> str:
        country = stored.company_facts(self._ledger).country
        if country is None:
            row = next(self._client.query("CompanyInfo"), {})
            country = str(row.get("Country") or "US")
            stored.write_company_facts(self._ledger, country=country)
        return country

    def _currency(self) -> str | None:
        """Return the currency that documents must name: None where the company knows but one.

        Raises:
            ConfigurationError: The till's currency is not the company's: nothing is ever booked one to one.
        """
        kept = self._preferences()
        home = kept["home_currency"]
        wanted = self._settings.currency
        if wanted is not None and home and wanted.upper() != home.upper():
            raise ConfigurationError(
                f"the till's currency is {wanted}, the company's home currency is {home}: a document in another "
                "currency can't be posted; use a company that keeps its books in that currency"
            )
        return home if kept["several_currencies"] else None

    def _preferences(self) -> Mapping[str, Any]:
        def find() -> Reference:
            kept = preferences_in(next(self._client.query("Preferences"), {}))
            names = ("home_currency", "several_currencies", "departments", "classes")
            return Reference("Setting", "preferences", "", "", {name: getattr(kept, name) for name in names})

        return self._remembered("Setting", "preferences", find).details

    def _tracks(self, entity: str) -> bool:
        """Tell whether the company uses departments or classes; where it did not, it is asked again in each run."""
        if entity not in self._untracked and not self._preferences()[_TRACKED[entity]]:
            del self._known["Setting", "preferences"]
            if not self._preferences()[_TRACKED[entity]]:
                logger.warning("the company does not use %s: they are left out", _TRACKED[entity])
                self._untracked.add(entity)
        return entity not in self._untracked

    def _listed(self, entity: str, name: str | None) -> str | None:
        """Return the id of a department or class that a location is to have; None where the plan has none of them."""
        if name is None:
            return None
        if not self._tracks(entity):
            return None

        def find() -> Reference:
            row = pick(self._rows(entity), "Name", name)
            if row is None or not row.get("Active", True):
                raise ConfigurationError(f"QuickBooks has no {entity.lower()} {name!r} in use")
            return Reference(entity, "", row["Id"], row["Name"])

        return self._remembered(entity, name.casefold(), find).qbo_id


def _request_id() -> str:
    return uuid.uuid4().hex
