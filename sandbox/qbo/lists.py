"""Name lists: accounts, items, payment methods, people, departments, classes: their rules, created and updated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.qbo import chart, errors
from sandbox.qbo.entities import ENTITIES, KEPT_BY_API
from sandbox.qbo.items import check_item
from sandbox.qbo.store import UNIQUE_UNDER_PARENT

if TYPE_CHECKING:
    from sandbox.qbo.company import Company
    from sandbox.qbo.store import Row

_KEPT_BY_API = KEPT_BY_API | {
    *("FullyQualifiedName", "Level", "Balance", "BalanceWithJobs"),
    *("CurrentBalance", "CurrentBalanceWithSubAccounts"),
}
_FORBIDDEN = {
    "Account": ':"',
    "Item": ":\t\n",
    "Customer": ":\t\n",
    "Vendor": ":\t\n",
    "Employee": ":\t\n",
    "Department": ":",
    "Class": ":",
}
DELETED = " (deleted)"


def create(company: Company, entity: str, sent: Row) -> Row:
    """Create a row of a name list.

    Args:
        company: The company.
        entity: The name list.
        sent: The fields, already checked against the schema.

    Raises:
        QboError: A rule forbids it.
    """
    row = _own(sent)
    if row.get("Active") is False:
        raise errors.business("A new name can't be inactive.", "Active")
    row["Active"] = True
    _check_name(company, entity, row, None)
    _complete(company, entity, row, None)
    return _keep(company, entity, row, None)


def update(company: Company, entity: str, sent: Row, old: Row) -> Row:
    """Update a row of a name list, also to make it inactive or active again.

    An entity made inactive shows as `Name (deleted)` and its name is free again; made active again it keeps
    that name unless another is sent (QuickBooks API notes, "Seen live").

    Args:
        company: The company.
        entity: The name list.
        sent: The fields, already checked against the schema; sparse: only those that change.
        old: The row as it stands.

    Raises:
        QboError: A rule forbids it.
    """
    name_field = ENTITIES[entity].name_field
    row = (_own(old) | _own(sent)) if sent.get("sparse") else {"Active": True, **_own(sent)}
    if old["Active"] and not row["Active"]:
        row[name_field] = _deleted_name(company, entity, old[name_field], _parent(entity, old))
    else:
        _check_name(company, entity, row, old)
    _complete(company, entity, row, old)
    return _keep(company, entity, row, old)


def _own(sent: Row) -> Row:
    return {name: value for name, value in sent.items() if name not in _KEPT_BY_API}


def _keep(company: Company, entity: str, row: Row, old: Row | None) -> Row:
    kept = company.stamped(entity, row, old)
    company.store[entity].put(kept)
    if "FullyQualifiedName" in ENTITIES[entity].fields:
        _name_in_full(company, entity, kept)
    return kept


def _name_in_full(company: Company, entity: str, row: Row) -> None:
    """Write a row's full name, and those of the rows under it: `Parent:Name`."""
    name, parent = row[ENTITIES[entity].name_field], _parent(entity, row)
    above = f"{company.row(entity, parent)['FullyQualifiedName']}:" if parent else ""
    row["FullyQualifiedName"] = above + name
    if entity in UNIQUE_UNDER_PARENT:
        for below in company.store[entity]:
            if _parent(entity, below) == row["Id"]:
                _name_in_full(company, entity, below)


def _parent(entity: str, row: Row) -> str | None:
    """Return the id of the row that this one stands under."""
    return row.get("ParentRef", {}).get("value") if entity in UNIQUE_UNDER_PARENT else None


def _check_parent(company: Company, entity: str, row: Row) -> None:
    flag = UNIQUE_UNDER_PARENT[entity]
    parent = _parent(entity, row)
    if row.setdefault(flag, False) != (parent is not None):
        raise errors.missing("ParentRef" if row[flag] else flag)
    if parent is None:
        return
    above = company.row(entity, parent)
    if above["Id"] == row.get("Id"):
        raise errors.business("A row can't stand under itself.", "ParentRef")
    if above.get("AccountType") != row.get("AccountType"):
        raise errors.business("A subaccount must be of the type of the account above it.", "AccountType")


def _check_name(company: Company, entity: str, row: Row, old: Row | None) -> None:
    field = ENTITIES[entity].name_field
    if entity in {"Customer", "Vendor", "Employee"} and not row.get(field):
        parts = (row.get(part) for part in ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix"))
        row[field] = " ".join(part for part in parts if part)
    name = str(row.get(field, "")).strip()
    if not name:
        raise errors.missing(field)
    if bad := [character for character in name if character in _FORBIDDEN.get(entity, "")]:
        raise errors.invalid_text(f"{name!r} contains {bad[0]!r}", field)
    row[field] = name
    holder = company.store.holder_of_name(entity, name, _parent(entity, row))
    if holder and not (old and holder[0] == entity and holder[1]["Id"] == old["Id"]):
        raise errors.duplicate_name()


def _deleted_name(company: Company, entity: str, name: str, parent: str | None) -> str:
    candidate, count = name + DELETED, 1
    while company.store.holder_of_name(entity, candidate, parent):
        count += 1
        candidate = f"{name} (deleted {count})"
    return candidate


def _complete(company: Company, entity: str, row: Row, old: Row | None) -> None:
    match entity:
        case "Account":
            _check_account(row, old)
            _check_parent(company, entity, row)
            _own_currency(company, row)
        case "Item":
            check_item(company, row, old)
        case "Department":
            _check_plan(company.options.departments, "Location tracking")
            _check_parent(company, entity, row)
        case "Class":
            _check_plan(company.options.classes, "Class tracking")
            _check_parent(company, entity, row)
        case "PaymentMethod":
            row.setdefault("Type", "NON_CREDIT_CARD")
        case "Customer":
            for name, value in _CUSTOMER_DEFAULTS.items():
                row.setdefault(name, value)
            _own_currency(company, row)
        case "Vendor":
            _own_currency(company, row)


_CUSTOMER_DEFAULTS: dict[str, Any] = {
    "Taxable": False,
    "Job": False,
    "BillWithParent": False,
    "PreferredDeliveryMethod": "None",
    "IsProject": False,
}


def _own_currency(company: Company, row: Row) -> None:
    home = company.currency()
    sent = row.get("CurrencyRef", home).get("value")
    if sent != home["value"]:
        raise errors.business(f"Only {home['value']} is kept here, not {sent}.", "CurrencyRef")
    row["CurrencyRef"] = home


def _check_plan(has: bool, feature: str) -> None:  # noqa: FBT001 - the one thing it is told
    if not has:
        raise errors.lacks_feature(feature)


def _check_account(row: Row, old: Row | None) -> None:
    kind, subtype = row.get("AccountType"), row.get("AccountSubType")
    if kind is None and subtype is None:
        raise errors.missing("AccountType")
    row["AccountType"] = kind = kind or chart.TYPE_OF_SUBTYPE[str(subtype)]
    row["AccountSubType"] = subtype = subtype or chart.FIRST_SUBTYPE[kind]
    if chart.TYPE_OF_SUBTYPE[subtype] != kind:
        raise errors.business(f"{subtype} is not a detail type of {kind}.", "AccountSubType")
    side = chart.CLASSIFICATION_OF_TYPE[kind]
    if row.setdefault("Classification", side) != side:
        raise errors.business(f"An account of type {kind} is classified as {side}.", "Classification")
    if old and chart.CLASSIFICATION_OF_TYPE[old["AccountType"]] != side:
        raise errors.business("An account can't move to another classification.", "AccountType")
