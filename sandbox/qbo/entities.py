"""The entities of the API: their names in addresses, fields, what may be done with them and asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.qbo import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.qbo.fields import Field

_STAMPS = "MetaData.CreateTime MetaData.LastUpdatedTime"


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity of the API.

    Attributes:
        name: Its name in bodies and queries.
        fields: Its table of fields.
        filters: The fields a query may filter and sort by.
        name_field: The field that holds a name list's name; empty for documents and settings.
        is_document: Whether it is a document with money in it.
        writable: Whether the API creates and updates it here.
    """

    name: str
    fields: Mapping[str, Field]
    filters: frozenset[str]
    name_field: str = ""
    is_document: bool = False
    writable: bool = True

    @property
    def path(self) -> str:
        """The name as it stands in addresses."""
        return self.name.lower()


def _entity(name: str, fields: Mapping[str, Field], filters: str, name_field: str = "Name") -> Entity:
    return Entity(name, fields, frozenset(f"Id {filters} {_STAMPS}".split()), name_field)


def _document(name: str, fields: Mapping[str, Field], filters: str) -> Entity:
    return Entity(name, fields, frozenset(f"Id {filters} {_STAMPS}".split()), is_document=True)


def _readable(name: str, fields: Mapping[str, Field], filters: str, name_field: str = "") -> Entity:
    return Entity(name, fields, frozenset(f"Id {filters} {_STAMPS}".split()), name_field, writable=False)


_PEOPLE = "DisplayName GivenName MiddleName FamilyName Suffix Active PrintOnCheckName"
ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        _entity(
            "Account",
            schema.ACCOUNT,
            "Name FullyQualifiedName Active AccountType AccountSubType Classification CurrentBalance SubAccount "
            "ParentRef",
        ),
        _entity(
            "Item",
            schema.ITEM,
            "Name FullyQualifiedName Active Type Sku UnitPrice QtyOnHand",
        ),
        _entity("PaymentMethod", schema.PAYMENT_METHOD, "Name Active Type"),
        _entity(
            "Customer",
            schema.CUSTOMER,
            f"{_PEOPLE} CompanyName FullyQualifiedName Balance BalanceWithJobs Job",
            "DisplayName",
        ),
        _entity("Vendor", schema.VENDOR, f"{_PEOPLE} CompanyName Balance", "DisplayName"),
        _entity("Employee", schema.EMPLOYEE, _PEOPLE, "DisplayName"),
        _entity("Department", schema.DEPARTMENT, "Name FullyQualifiedName Active SubDepartment ParentRef"),
        _entity("Class", schema.CLASS, "Name FullyQualifiedName Active SubClass ParentRef"),
        _document("Invoice", schema.INVOICE, "DocNumber TxnDate DueDate CustomerRef DepartmentRef TotalAmt Balance"),
        _document("Payment", schema.PAYMENT, "PaymentRefNum TxnDate CustomerRef PaymentMethodRef TotalAmt"),
        _document(
            "RefundReceipt",
            schema.REFUND_RECEIPT,
            "DocNumber TxnDate CustomerRef DepartmentRef PaymentMethodRef TotalAmt Balance",
        ),
        _document(
            "SalesReceipt",
            schema.SALES_RECEIPT,
            "DocNumber TxnDate CustomerRef DepartmentRef PaymentMethodRef TotalAmt Balance",
        ),
        _document("CreditMemo", schema.CREDIT_MEMO, "DocNumber TxnDate CustomerRef DepartmentRef TotalAmt Balance"),
        _readable("TaxCode", schema.TAX_CODE, "Name Description Active", "Name"),
        _readable("TaxRate", schema.TAX_RATE, "Name Active", "Name"),
        _readable("Preferences", {}, ""),
        _readable("CompanyInfo", {}, "CompanyName"),
    )
}
BY_PATH = {entity.path: entity for entity in ENTITIES.values()}
SHARED_NAMES = dict.fromkeys(("Customer", "Vendor", "Employee"), "people")
"""Name lists whose names must differ from each other's too."""
KEPT_BY_API = frozenset({"Id", "SyncToken", "MetaData", "domain", "sparse", "status"})
"""Fields that the API keeps itself on every row; a caller sends them back without effect."""
