"""What can go wrong with a request, sorted by what is known of its fate (QuickBooks API notes, Faults)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

THROTTLED = "3001"
SUBSCRIPTION_ENDED = "6190"
SYSTEM_FAILURE = "10000"
BUSINESS_VALIDATION = "6000"
DUPLICATE_NAME = "6240"
DUPLICATE_NUMBER = "6140"
PERIOD_CLOSED = "6210"
IN_DEPOSIT = "6540"
STALE_OBJECT = "5010"
STALE_REFERENCES = frozenset(("610", "2500"))

_MEANINGS = {
    PERIOD_CLOSED: "the books are closed for this date: open the period or leave the ticket out",
    IN_DEPOSIT: "the payment is in a bank deposit: take it off the deposit first",
    "610": "something the document refers to was made inactive or deleted in QuickBooks",
    "2500": "something the document refers to does not exist in QuickBooks",
    "5020": "the company's QuickBooks plan lacks a feature that this needs",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An error that QuickBooks answered: definite, nothing was done."""

    code: str
    message: str
    detail: str
    tid: str = ""

    @property
    def skip_code(self) -> str:
        """The code of a ticket that is skipped for it: QuickBooks' number, or our own word for what we found wrong."""
        return f"qbo_{self.code}" if self.code.isdigit() else self.code

    def __str__(self) -> str:
        """Tell it in one line: our own words where there are better ones, QuickBooks' own always."""
        said = " ".join(f"{self.message}: {self.detail}".split()).strip(": ")
        if not self.code.isdigit():
            return said
        meaning = _MEANINGS.get(self.code)
        return (
            f"{meaning} (QuickBooks fault {self.code}: {said})" if meaning else f"QuickBooks fault {self.code}: {said}"
        )


class QboFaultError(Exception):
    """QuickBooks refused a request; nothing of it was done."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class NotDoneError(Exception):
    """The request was not carried out (throttled, or it never reached QuickBooks): it can be sent again.

    Attributes:
        retry_after: Seconds that QuickBooks asked to wait; None where it did not say.
        throttled: Whether it was turned away for its number, not for want of a connection.
    """

    def __init__(self, text: str, *, retry_after: float | None = None, throttled: bool = False) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.throttled = throttled


class UnknownFateError(Exception):
    """No answer, or none that can be understood: what was sent may have been done, or may be done yet."""


def fault_in(body: Any, tid: str) -> Fault | None:  # noqa: ANN401 (any JSON)
    """Return the first error of an answer's ``Fault`` (or the gateway's ``fault``), None where there is none."""
    if not isinstance(body, dict):
        return None
    fault = body.get("Fault") or body.get("fault")
    if not isinstance(fault, dict):
        return None
    errors = fault.get("Error") or fault.get("error") or [{}]
    return _fault(errors[0] if isinstance(errors, list) and errors else {}, tid)


def _fault(error: Mapping[str, Any], tid: str) -> Fault:
    def text(name: str) -> str:
        return str(error.get(name) or error.get(name.lower()) or "")

    return Fault(text("code") or "unknown", text("Message"), text("Detail"), tid)
