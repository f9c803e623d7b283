"""What can go wrong with a request, sorted by what is known of its fate (QuickBooks API notes, Faults)."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_qbo.qbo.reactions import row_of

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
LACKS_FEATURE = "5020"
STALE_OBJECT = "5010"
STALE_REFERENCES = frozenset(("610", "2500"))

_MOST_TEXT = 100_000
_TAGS = re.compile(r"<[^<>]{0,2000}>")
_ERROR = re.compile(r"<(?:\w{1,20}:)?Error\s[^<>]{0,500}?\bcode\s{0,5}=\s{0,5}[\"'](?P<code>[^\"'<>]{1,40})[\"']")
_MESSAGE = re.compile(r"<(?:\w{1,20}:)?Message>([^<]{0,4000})")
_DETAIL = re.compile(r"<(?:\w{1,20}:)?Detail>([^<]{0,4000})")
_SHOWN = 200


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
        return f"qbo_{self.code}" if _is_number(self.code) or self.code.startswith("http_") else self.code

    def __str__(self) -> str:
        """Tell it in one line: our own words where there are better ones, QuickBooks' own always."""
        said = " ".join(f"{self.message}: {self.detail}".split()).strip(": ")
        row = row_of(self)
        meaning = None if row is None else row.meaning
        if not _is_number(self.code):
            return f"{meaning} ({said})" if meaning else said
        named = f"QuickBooks fault {self.code}: {said}"
        return f"{meaning} ({named})" if meaning else named


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
    """No answer, or none that can be understood: what was sent may have been done, or may be done yet.

    Attributes:
        answered: Whether QuickBooks did answer, with an error: then nothing is executing any more.
        fault: What it answered, where it could be read.
    """

    def __init__(self, text: str, *, answered: bool = False, fault: Fault | None = None) -> None:
        super().__init__(text)
        self.answered = answered
        self.fault = fault


class TooLargeError(Exception):
    """The request was too large (413): nothing of it was carried out."""


def fault_in(body: Any, tid: str) -> Fault | None:  # noqa: ANN401 (any JSON, or a text)
    """Return the first error of an answer's ``Fault`` (or the gateway's ``fault``), None where there is none.

    Args:
        body: The answer as JSON, or its bytes where it is none: it may be XML all the same.
        tid: The answer's ``intuit_tid``.
    """
    if isinstance(body, bytes):
        return _fault_in_xml(body, tid)
    if not isinstance(body, dict):
        return None
    fault = body.get("Fault") or body.get("fault")
    if not isinstance(fault, dict):
        return None
    errors = fault.get("Error") or fault.get("error") or [{}]
    first = errors[0] if isinstance(errors, list) and errors else errors
    return _fault(first if isinstance(first, dict) else {}, tid)


def refusal(status: int, body: bytes, tid: str) -> Fault:
    """Return the fault that an answer without one amounts to: the gateway did not carry it out."""
    words = " ".join(_TAGS.sub(" ", body[:_MOST_TEXT].decode("utf-8", "replace")).split())[:_SHOWN]
    return Fault(f"http_{status}", f"QuickBooks did not carry it out (HTTP {status})", words, tid)


def _fault_in_xml(body: bytes, tid: str) -> Fault | None:
    """Read a fault in XML, as it comes at times though JSON was asked for, and at times not well-formed."""
    text = body[:_MOST_TEXT].decode("utf-8", "replace").replace("<![CDATA[", "").replace("]]>", "")
    error = _ERROR.search(text)
    if error is None:
        return None

    def told(pattern: re.Pattern[str]) -> str:
        found = pattern.search(text, error.end())
        return html.unescape(found[1]) if found else ""

    return Fault(error["code"], told(_MESSAGE), told(_DETAIL), tid)


def _is_number(code: str) -> bool:
    return code.removeprefix("-").isdigit()


def _fault(error: Mapping[str, Any], tid: str) -> Fault:
    def text(name: str) -> str:
        return str(error.get(name) or error.get(name.lower()) or "")

    return Fault(text("code") or "unknown", text("Message"), text("Detail"), tid)
