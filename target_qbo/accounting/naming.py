"""Names, numbers and texts of the documents: stable for ever, within QuickBooks' lengths and characters."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from target_qbo.accounting.ticket import Line, Ticket

NUMBER_LENGTH = 21  # DocNumber and PaymentRefNum (QuickBooks API notes, Entities)
NAME_LENGTH = 100
TEXT_LENGTH = 4000

_B32_CHARACTERS, _B32_BYTES = 8, 5  # so many characters of base 32 hold so many bytes

_MARK = re.compile(r"Franpos location (?P<location>.+?) order (?P<name>.+?);")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean_text(text: str | None, length: int = TEXT_LENGTH) -> str:
    """Make any text fit for a description or a note: no control characters, blanks folded, cut to ``length``."""
    if not text:
        return ""
    if len(text) <= length and text.isascii() and text.isprintable() and "  " not in text and text.strip() == text:
        return text  # as most are: this takes a third of the time
    return " ".join(_CONTROL.sub(" ", text).split())[:length].rstrip()


def short_hash(*parts: str, characters: int) -> str:
    """Hash the parts to so many characters of A-Z and 2-7."""
    digest = hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).digest()
    enough = digest[: -(-characters // _B32_CHARACTERS) * _B32_BYTES]  # encoding all of it takes several times as long
    return base64.b32encode(enough).decode("ascii")[:characters]


def document_number(ticket: Ticket, prefix: str) -> str:
    """Return the ``DocNumber``: prefix, receipt number (its end, where long), ``-``, 4 characters of a hash.

    The hash is of location and order id, so that shops, and tills that start again, never share a number
    (accounting rules, Documents).
    """
    tail = "-" + short_hash(ticket.location_id, ticket.ticket_id, characters=4)
    return prefix + _receipt(ticket, NUMBER_LENGTH - len(prefix) - len(tail)) + tail


def further_number(number: str) -> str:
    """Return the number of a document whose own is taken (fault 6140): always the same one, as long as the first."""
    return number[: NUMBER_LENGTH - 2] + "-" + short_hash("further", number, characters=1)


def payment_key(ticket: Ticket, payment_id: str) -> str:
    """Return the ``PaymentRefNum`` of a tender: our own key of it, by which the Payment is found again."""
    tail = "-" + short_hash(ticket.location_id, ticket.ticket_id, payment_id, characters=8)
    return _receipt(ticket, NUMBER_LENGTH - len(tail)) + tail


def note(mark: str, text: str) -> str:
    """Return a ``PrivateNote``: an :func:`ownership_mark` and more, never the word that QuickBooks marks voids by."""
    return clean_text(f"{mark} {re.sub('(?i)voided', 'void', text)}")


def document_note(ticket: Ticket) -> str:
    """Return the ``PrivateNote`` of an invoice or refund receipt; it begins with :func:`ownership_mark`."""
    return note(ownership_mark(ticket.location_id, ticket.ticket_id), f"receipt {ticket.number or '-'}")


def ownership_mark(location_id: str, ticket_id: str) -> str:
    """Return what the note of every document of a ticket holds, and no other ticket's."""
    return clean_text(f"Franpos location {location_id} order {ticket_id};")


def marked(note: str, *, voided: bool = False) -> re.Match[str] | None:
    """Return the ownership mark in a note, with ``location`` and ``name``; a void may have put its word before it."""
    return _MARK.search(note) if voided else _MARK.match(note)


def discount_name(name: str | None, taken: frozenset[str]) -> str:
    """Return the name of a discount's item (accounting rules, discount names).

    Args:
        name: The shop's name for it; None or blank: ``Discount``.
        taken: Names of our other items, case folded; such a name gets the suffix `` (discount)``.
    """
    cleaned = clean_text((name or "").replace(":", " "), NAME_LENGTH) or "Discount"
    return suffixed(cleaned, " (discount)") if cleaned.casefold() in taken else cleaned


def suffixed(name: str, suffix: str, length: int = NAME_LENGTH) -> str:
    """Append a suffix to a name, cutting the name where both would be too long."""
    return name[: length - len(suffix)].rstrip() + suffix


def line_description(line: Line, *, shown: bool) -> str:
    """Describe a sold line: name, SKU, quantity × price where the line itself can't show them, who, why returned."""
    parts: list[str | None] = [
        line.name,
        f"SKU {line.sku}" if line.sku else None,
        None if shown else f"{plain(line.quantity)} × {plain(line.unit_price)}",
        f"Sold by {line.sales_person}" if line.sales_person else None,
        f"Returned: {line.return_reason}" if line.return_reason else None,
    ]
    return joined(parts)


def shown_id(row_id: str) -> str:
    """Return an id as a reason can show it."""
    return clean_text(row_id, 40)


def id_order(row_id: str) -> tuple[int, int, str, str]:
    """Sort ids as people count: numbers by value, before everything else; never two ids alike."""
    if row_id.isascii() and row_id.isdigit():
        digits = row_id.lstrip("0")  # compared as text: an id may have more digits than a number
        return (0, len(digits), digits, row_id)
    return (1, 0, row_id, "")


def joined(parts: Iterable[str | None]) -> str:
    """Join what there is of a description."""
    return clean_text(" | ".join(part for part in parts if part))


def plain(number: Decimal) -> str:
    """Write a decimal without exponent or trailing zeros: 2, 0.125, 1234.5."""
    if number == 0:
        return "0"
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _receipt(ticket: Ticket, room: int) -> str:
    number = re.sub(r"[^A-Za-z0-9./_-]", "", ticket.number or "") or re.sub(r"[^A-Za-z0-9]", "", ticket.ticket_id)
    return number[-room:] if room > 0 else ""
