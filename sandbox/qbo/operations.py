"""What may be done with which entity: create, update, void, delete, read, by itself or as a batch's item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.qbo import documents, errors, fields, lists, payments

if TYPE_CHECKING:
    from sandbox.qbo.company import Company
    from sandbox.qbo.entities import Entity
    from sandbox.qbo.store import Row

OPERATIONS = frozenset({"create", "update", "delete", "void"})


def operation_of(body: Row, operation: str | None, include: str | None) -> str:
    """Return what a request wants done.

    Args:
        body: The entity that was sent.
        operation: The address's or the batch item's `operation`, if any.
        include: `void` where a document is voided by way of an update.

    Returns:
        `create`, `update`, `delete`, `void`, or `update-void`.

    Raises:
        QboError: There is no such operation.
    """
    if operation is None:
        operation = "update" if "Id" in body else "create"
    if operation not in OPERATIONS or include not in {None, "void"}:
        raise errors.unsupported_operation(f"{operation} {include or ''}".strip())
    if include == "void":
        if operation != "update":
            raise errors.unsupported_operation(f"{operation} with include=void")
        return "update-void"
    return operation


def write(company: Company, entity: Entity, operation: str, body: Row) -> Row:
    """Do one write.

    Args:
        company: The company.
        entity: What is written.
        operation: As `operation_of` returns it.
        body: The entity as it was sent.

    Returns:
        The entity as the answer shows it.

    Raises:
        QboError: It is refused; nothing has changed then.
    """
    if company.options.subscription_ended:
        raise errors.subscription_ended()
    if not entity.writable:
        raise errors.unsupported_operation(f"{operation} on {entity.name}")
    sent = fields.check(body, entity.fields)
    if operation == "create":
        if sent.get("Id"):
            raise errors.malformed("A new entity has no Id yet.", "Id")
        return company.shown(entity.name, _create(company, entity, sent))
    old = _current(company, entity, sent)
    match operation:
        case "update":
            row = _update(company, entity, sent, old)
        case "delete":
            _delete(company, entity, old)
            return {"domain": "QBO", "status": "Deleted", "Id": old["Id"]}
        case _:
            row = _void(company, entity, operation, sent, old)
    return company.shown(entity.name, row)


def read(company: Company, entity: Entity, identity: str) -> Row:
    """Return an entity by its id.

    Raises:
        QboError: There is none (610).
    """
    return company.shown(entity.name, company.row(entity.name, identity))


def _create(company: Company, entity: Entity, sent: Row) -> Row:
    if not entity.is_document:
        return lists.create(company, entity.name, sent)
    if entity.name == "Payment":
        return payments.save(company, sent)
    return documents.save(company, entity.name, sent)


def _current(company: Company, entity: Entity, sent: Row) -> Row:
    for field in ("Id", "SyncToken"):
        if not sent.get(field):
            raise errors.missing(field)
    old = company.row(entity.name, sent["Id"])
    if old["SyncToken"] != sent["SyncToken"]:
        raise errors.stale()
    return old


def _update(company: Company, entity: Entity, sent: Row, old: Row) -> Row:
    if not entity.is_document:
        return lists.update(company, entity.name, sent, old)
    if entity.name == "Payment":
        return payments.save(company, sent, old)
    return documents.save(company, entity.name, sent, old)


def _delete(company: Company, entity: Entity, old: Row) -> None:
    if not entity.is_document:
        raise errors.unsupported_operation(f"delete on {entity.name}")
    if entity.name == "Payment":
        payments.delete(company, old)
    else:
        documents.delete(company, entity.name, old)


def _void(company: Company, entity: Entity, operation: str, sent: Row, old: Row) -> Row:
    match entity.name, operation:
        case "Invoice", "void":
            return documents.void_invoice(company, old)
        case "Payment", "update-void":
            return payments.void(company, sent, old)
        case "SalesReceipt", "update-void":
            return documents.void_receipt(company, sent, old)
        case "RefundReceipt" | "CreditMemo", _:
            return old  # these can't be voided: answered as done, and nothing happens
        case _:
            raise errors.unsupported_operation(f"{operation} on {entity.name}")
