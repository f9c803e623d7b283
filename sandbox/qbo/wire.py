"""What goes over the wire: JSON with exact decimals both ways, and the XML that a forgotten Accept header brings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import simplejson

from sandbox.qbo import errors


def parse(text: str | bytes) -> dict[str, Any]:
    """Read a request's body.

    Args:
        text: JSON of one object.

    Returns:
        The object; numbers with a point are `Decimal`, never float.

    Raises:
        QboError: The text isn't one JSON object (2010).
    """
    try:
        body = simplejson.loads(text, use_decimal=True)
    except ValueError as error:
        raise errors.malformed(f"The body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise errors.malformed("The body is not a JSON object.")
    return body


def dump(body: object) -> str:
    """Write an answer's body, decimals as they are."""
    return simplejson.dumps(body, use_decimal=True, ensure_ascii=False, separators=(",", ":"))


def to_xml(body: dict[str, Any]) -> str:
    """Write an answer the way QuickBooks does for callers that don't accept JSON."""
    moment = f" time={quoteattr(str(body['time']))}" if "time" in body else ""
    inner = "".join(
        _fault(value) if name == "Fault" else _element(name, value) for name, value in body.items() if name != "time"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse xmlns="http://schema.intuit.com/finance/v3"{moment}>{inner}</IntuitResponse>'
    )


def _fault(fault: dict[str, Any]) -> str:
    """Write a fault: in XML its type, code and element are attributes."""
    inner = "".join(
        f"<Error code={quoteattr(error['code'])} element={quoteattr(error['element'])}>"
        f"{_element('Message', error['Message'])}{_element('Detail', error['Detail'])}</Error>"
        for error in fault["Error"]
    )
    return f"<Fault type={quoteattr(fault['type'])}>{inner}</Fault>"


def _element(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(key, one) for key, one in value.items())}</{name}>"
    return f"<{name}>{'' if value is None else escape(str(value))}</{name}>"


def cents(amount: Decimal) -> Decimal:
    """Bring an amount of money to two decimals without changing it."""
    return amount.quantize(Decimal("0.01"))
