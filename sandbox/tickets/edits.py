"""What people do to a ticket after it was rung up: void it, correct a tender, take a late payment, change a line.

Bodies are JSON with money as strings (or numbers read as decimals), times as ISO 8601 with an offset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from sandbox.tickets.draft import IDS_PER_TICKET
from sandbox.tickets.model import ZERO, Kind, Line, Location, Tender, Ticket

Body = Mapping[str, Any]


class EditError(ValueError):
    """The body of an edit makes no sense; the text says why."""


def moment(value: object) -> datetime:
    """Read a time with an offset as UTC.

    Raises:
        EditError: It is no ISO 8601 time, or has no offset.
    """
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise EditError(f"not a time: {value!r}") from error
    if parsed.tzinfo is None:
        raise EditError(f"a time needs its offset from UTC: {value!r}")
    return parsed.astimezone(UTC)


def _money(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise EditError(f"not an amount: {value!r}") from error


def _optional_money(value: object) -> Decimal | None:
    return None if value is None else _money(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise EditError(f"not a text: {value!r}")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _kind(value: object) -> str:
    if value not in get_args(Kind):
        raise EditError(f"not a kind of line: {value!r}")
    return str(value)


_LINE_FIELDS: dict[str, Callable[[Any], Any]] = {
    "name": _text,
    "sku": _text,
    "kind": _kind,
    "quantity": _money,
    "price": _money,
    "cost": _optional_money,
    "discount": _money,
    "discount_name": _optional_text,
    "sales_person": _optional_text,
    "return_reason": _optional_text,
    "created_at": moment,
}
_TENDER_FIELDS: dict[str, Callable[[Any], Any]] = {
    "method": _optional_text,
    "amount": _money,
    "card_type": _optional_text,
    "paid_at": moment,
}
_TICKET_FIELDS: dict[str, Callable[[Any], Any]] = {
    "total": _money,
    "order_discount": _money,
    "tax": _money,
    "tips": _money,
    "receipt_number": _optional_text,
    "channel": _optional_text,
}


def _read(body: Body, known: Mapping[str, Callable[[Any], Any]], *besides: str) -> dict[str, Any]:
    unknown = set(body) - set(known) - set(besides)
    if unknown:
        raise EditError(f"unknown: {', '.join(sorted(unknown))}")
    return {name: known[name](value) for name, value in body.items() if name in known}


def _line(body: Body, line_id: int, opened: datetime) -> Line:
    values: dict[str, Any] = {"name": "Sandbox article", "sku": "500111", "kind": "Product", "created_at": opened}
    values |= {"quantity": Decimal(1), "price": ZERO} | _read(body, _LINE_FIELDS)
    return Line(line_id=line_id, **values)


def _tender(body: Body, payment_id: int, paid_at: datetime) -> Tender:
    values: dict[str, Any] = {"paid_at": paid_at, "method": "Cash"} | _read(body, _TENDER_FIELDS)
    if "amount" not in values:
        raise EditError("a payment needs its amount")
    return Tender(payment_id=payment_id, **values)


def new_ticket(location: Location, ticket_id: int, body: Body, now: datetime) -> Ticket:
    """Make a ticket out of nothing.

    Args:
        location: The shop.
        ticket_id: Its id there.
        body: `lines` and `payments` (lists), `created_at` (default: now) and any field of a ticket; without `total`
            it is what the lines come to, without `payments` all of it is paid in cash.
        now: The sandbox's moment, UTC.

    Raises:
        EditError: The body makes no sense.
    """
    values = _read(body, _TICKET_FIELDS, "lines", "payments", "created_at")
    opened = moment(body["created_at"]) if "created_at" in body else now
    first = ticket_id * IDS_PER_TICKET + 1
    blank = Ticket(
        location=location,
        ticket_id=ticket_id,
        order_number=ticket_id,
        receipt_number=f"A-{ticket_id}",
        created_at=opened,
        lines=tuple(_line(line, first + place, opened) for place, line in enumerate(body.get("lines", ()))),
        tenders=(),
        total=ZERO,
    )
    ticket = replace(blank, **values)
    if "total" not in values:
        ticket = replace(ticket, total=ticket.lines_total)
    payments = body.get("payments", [{"amount": ticket.total}] if ticket.total else [])
    tenders = tuple(_tender(payment, first + place, opened) for place, payment in enumerate(payments))
    return replace(ticket, tenders=tenders)


def _void(ticket: Ticket, body: Body, _now: datetime, _new_id: int) -> Ticket:
    _read(body, {})
    return replace(ticket, voided=True)


def _unvoid(ticket: Ticket, body: Body, _now: datetime, _new_id: int) -> Ticket:
    _read(body, {})
    return replace(ticket, voided=False)


def _set(ticket: Ticket, body: Body, _now: datetime, _new_id: int) -> Ticket:
    return replace(ticket, **_read(body, _TICKET_FIELDS))


def _pick(ticket: Ticket, body: Body, key: str) -> int:
    """Return the id that the body names, or that of the ticket's first row."""
    rows = [line.line_id for line in ticket.lines] if key == "line_id" else [t.payment_id for t in ticket.tenders]
    if not rows:
        raise EditError("the ticket has no such row")
    wanted = int(body.get(key, rows[0]))
    if wanted not in rows:
        raise EditError(f"no {key} {wanted} on the ticket")
    return wanted


def _add_payment(ticket: Ticket, body: Body, now: datetime, new_id: int) -> Ticket:
    return replace(ticket, tenders=(*ticket.tenders, _tender(body, new_id, now)))


def _remove_payment(ticket: Ticket, body: Body, _now: datetime, _new_id: int) -> Ticket:
    _read(body, {}, "payment_id")
    gone = _pick(ticket, body, "payment_id")
    return replace(ticket, tenders=tuple(t for t in ticket.tenders if t.payment_id != gone))


def _correct_tender(ticket: Ticket, body: Body, _now: datetime, new_id: int) -> Ticket:
    """Change a tender; as tills do, the corrected one has a new id unless `keep_id` is true."""
    wanted = _pick(ticket, body, "payment_id")
    values = _read(body, _TENDER_FIELDS, "payment_id", "keep_id")
    if not body.get("keep_id"):
        values["payment_id"] = new_id
    tenders = tuple(replace(t, **values) if t.payment_id == wanted else t for t in ticket.tenders)
    return replace(ticket, tenders=tenders)


def _settled(ticket: Ticket) -> Ticket:
    """Make the total what the lines come to, and the largest tender pay the difference."""
    total = ticket.lines_total
    if not ticket.tenders:
        return replace(ticket, total=total)
    largest = max(ticket.tenders, key=lambda tender: abs(tender.amount))
    paid = replace(largest, amount=largest.amount + total - ticket.total)
    tenders = tuple(paid if tender is largest else tender for tender in ticket.tenders)
    return replace(ticket, total=total, tenders=tenders)


def _edit_line(ticket: Ticket, body: Body, _now: datetime, _new_id: int) -> Ticket:
    wanted = _pick(ticket, body, "line_id")
    values = _read(body, _LINE_FIELDS, "line_id")
    return replace(
        ticket, lines=tuple(replace(line, **values) if line.line_id == wanted else line for line in ticket.lines)
    )


def _add_line(ticket: Ticket, body: Body, _now: datetime, new_id: int) -> Ticket:
    return replace(ticket, lines=(*ticket.lines, _line(body, new_id, ticket.created_at)))


def _remove_line(ticket: Ticket, body: Body, _now: datetime, _new_id: int) -> Ticket:
    _read(body, {}, "line_id")
    gone = _pick(ticket, body, "line_id")
    return replace(ticket, lines=tuple(line for line in ticket.lines if line.line_id != gone))


OPERATIONS: dict[str, Callable[[Ticket, Body, datetime, int], Ticket]] = {
    "void": _void,
    "unvoid": _unvoid,
    "set": _set,
    "add_payment": _add_payment,
    "remove_payment": _remove_payment,
    "correct_tender": _correct_tender,
    "edit_line": _edit_line,
    "add_line": _add_line,
    "remove_line": _remove_line,
}


def edit(ticket: Ticket, operation: str, body: Body, *, now: datetime, new_id: int, settle: bool = False) -> Ticket:
    """Return the ticket after an operation.

    Args:
        ticket: As it was.
        operation: One of `OPERATIONS`.
        body: What the operation needs.
        now: When it is done, UTC.
        new_id: The id of a row that the operation adds; never used before.
        settle: Afterwards make the total what the lines come to and let the largest tender pay the difference.

    Raises:
        EditError: The operation is unknown, or its body makes no sense.
    """
    if operation not in OPERATIONS:
        raise EditError(f"unknown op {operation!r}: one of add, {', '.join(OPERATIONS)}")
    edited = OPERATIONS[operation](ticket, body, now, new_id)
    if settle:
        edited = _settled(edited)
    return replace(edited, modified_at=now)
