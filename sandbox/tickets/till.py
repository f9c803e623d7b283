"""What is ordered at the till: an operation on a ticket, or a new one, put into its book and kept to be done again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.tickets.edits import EditError, edit, moment, new_ticket

if TYPE_CHECKING:
    from sandbox.tickets.book import TicketBook
    from sandbox.tickets.model import Location, Ticket

_COMMON = frozenset({"op", "location_id", "ticket_id", "at", "settle"})


def location_named(book: TicketBook, location_id: object) -> Location:
    """Return a shop by its id.

    Raises:
        EditError: There is none.
    """
    location = book.location(int(str(location_id)))
    if location is None:
        raise EditError(f"no location {location_id}")
    return location


def carry_out(book: TicketBook, order: dict[str, Any]) -> Ticket | None:
    """Do an operation on a ticket, and return it as it stands now.

    Args:
        book: The till's book.
        order: `op`, `location_id`, `ticket_id` and the operation's own; `at` is when it comes into force (default: the
            book's moment), `settle` lets total and largest tender follow.

    Raises:
        EditError: The order makes no sense.
    """
    own = {name: value for name, value in order.items() if name not in _COMMON}
    location = location_named(book, order["location_id"])
    at = moment(order["at"]) if "at" in order else book.now
    if order.get("op") == "add":
        ticket = new_ticket(location, int(order.get("ticket_id", book.new_ticket_id())), own, at)
        if book.newest(location, ticket.ticket_id):
            raise EditError(f"there is a ticket {ticket.ticket_id} at location {location.location_id}")
    else:
        before = book.newest(location, int(order["ticket_id"]))
        if before is None:
            raise EditError(f"no ticket {order['ticket_id']} at location {location.location_id}")
        settle = bool(order.get("settle", False))
        ticket = edit(before, str(order.get("op")), own, now=at, new_id=book.new_row_id(), settle=settle)
    book.put(ticket, at)
    book.orders.append(order | {"at": at.isoformat()})
    return book.find(location, ticket.ticket_id)


def saved(book: TicketBook) -> dict[str, Any]:
    """Return what makes a book of the same source the same again, as JSON."""
    return {"now": book.now.isoformat(), "orders": book.orders}


def put_back(book: TicketBook, state: dict[str, Any]) -> None:
    """Bring a book of which nothing was edited to what :func:`saved` told of one of the same source.

    Raises:
        EditError: It is of another source.
    """
    for order in state["orders"]:
        carry_out(book, order)
    book.now = moment(state["now"])
