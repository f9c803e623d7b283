"""The faults of the API: their codes and texts (QuickBooks API notes, "Faults"), and the two shapes they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class QboError(Exception):
    """A refusal that the caller gets as a Fault.

    Args:
        code: The API's own number, such as `6240`.
        message: The short, fixed text of that code.
        detail: What is wrong in this request.
        element: The field concerned, if one is.
        status: The HTTP status of the answer where the request is not part of a batch.
        kind: The fault's type.
    """

    def __init__(
        self,
        code: str,
        message: str,
        detail: str,
        element: str = "",
        status: int = 400,
        kind: str = "ValidationFault",
    ) -> None:
        super().__init__(f"{code} {message}: {detail}")
        self.code = code
        self.message = message
        self.detail = detail
        self.element = element
        self.status = status
        self.kind = kind

    def fault(self) -> dict[str, Any]:
        """Return the Fault as it stands in an answer or in a batch's item."""
        error = {"Message": self.message, "Detail": self.detail, "code": self.code, "element": self.element}
        return {"Error": [error], "type": self.kind}


class GatewayError(Exception):
    """A refusal by the gateway in front of the API (401, 403, 429): other keys, other shape.

    Args:
        status: The HTTP status.
        code: The short code, such as `3200`.
        name: Its name, such as `ThrottleExceeded`.
        kind: The fault's type, such as `SERVICE`.
        detail: A longer text, if there is one.
        retry_after: Seconds for a `Retry-After` header, if it is to have one.
    """

    def __init__(
        self,
        status: int,
        code: str,
        name: str,
        kind: str,
        detail: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{status} {name}")
        self.status = status
        self.code = code
        self.name = name
        self.kind = kind
        self.detail = detail
        self.retry_after = retry_after

    def body(self, now: datetime) -> dict[str, Any]:
        """Return the whole answer as the gateway words it.

        Args:
            now: The moment of the answer.
        """
        text = f"message={self.name}; errorCode={int(self.code):06d}; statusCode={self.status}"
        error = {"message": text, "detail": self.detail, "code": self.code, "element": None}
        return {
            "warnings": None,
            "intuitObject": None,
            "fault": {"error": [error], "type": self.kind},
            "report": None,
            "queryResponse": None,
            "batchItemResponse": [],
            "attachableResponse": [],
            "syncErrorResponse": None,
            "requestId": None,
            "time": int(now.timestamp() * 1000),
            "status": None,
            "cdcresponse": [],
        }


def token_refused(detail: str) -> GatewayError:
    """Return the answer to a missing, unknown or expired access token."""
    return GatewayError(401, "3200", "AuthenticationFailed", "AUTHENTICATION", detail)


def wrong_realm() -> GatewayError:
    """Return the answer to a token used on a company it was not given for."""
    return GatewayError(403, "3100", "ApplicationAuthorizationFailed", "AUTHORIZATION")


def throttled(retry_after: int | None = None) -> GatewayError:
    """Return the answer to one request too many."""
    return GatewayError(
        429,
        "3001",
        "ThrottleExceeded",
        "SERVICE",
        "You have exceeded the number of requests allowed for this company.",
        retry_after,
    )


def unsupported_operation(what: str) -> QboError:
    """Return the fault for an operation that an entity doesn't have."""
    return QboError("500", "Unsupported Operation", f"Operation {what} is not supported.")


def not_found(detail: str = "Another user has deleted this transaction.", element: str = "") -> QboError:
    """Return the fault for an id that isn't there, or isn't active."""
    return QboError("610", "Object Not Found", f"Object Not Found : {detail}", element)


def inactive(what: str) -> QboError:
    """Return the fault for a reference to something made inactive."""
    kind = what.lower()
    return not_found(f"Something you're trying to use has been made inactive. Check the fields with {kind}s.", what)


def batch_too_large(limit: int) -> QboError:
    """Return the fault for a batch of more items than allowed."""
    return QboError("1040", "Batch size exceeds allowed limit", f"The limit is {limit} items a batch.")


def malformed(detail: str, element: str = "") -> QboError:
    """Return the fault for a request that doesn't fit the schema."""
    return QboError("2010", "Request has invalid or unsupported property", detail, element)


def unknown_property(name: str) -> QboError:
    """Return the fault for a field that the schema doesn't have."""
    return malformed(f"Property Name:{name} specified is unsupported or invalid", name)


def missing(name: str) -> QboError:
    """Return the fault for a required field that isn't there."""
    return QboError(
        "2020",
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {name} is missing in the request",
        name,
    )


def unsupported(detail: str, element: str = "") -> QboError:
    """Return the fault for a value or feature that this API doesn't support."""
    return QboError("2030", "Unsupported value", detail, element)


def invalid_text(detail: str, element: str) -> QboError:
    """Return the fault for characters that a name may not have."""
    return QboError("2040", "Invalid String", f"Invalid String : {detail}", element)


def wrong_length(name: str, most: int, supplied: int) -> QboError:
    """Return the fault for a text longer than its field."""
    return QboError(
        "2050",
        "String length is either shorter or longer than supported by specification",
        f"String length specified does not match the supported length. "
        f"Min:0 Max:{most} supported. Supplied length:{supplied}",
        name,
    )


def invalid_choice(name: str, value: str) -> QboError:
    """Return the fault for a value that isn't in the field's enumeration."""
    return QboError("2170", "Invalid Enumeration", f"Invalid Enumeration : {value}", name)


def invalid_reference(what: str, identity: str) -> QboError:
    """Return the fault for a reference to an id that doesn't exist."""
    detail = f"Invalid Reference Id : {what} element id {identity} not found"
    return QboError("2500", "Invalid Reference Id", detail, what)


def query_syntax(detail: str) -> QboError:
    """Return the fault for a query that can't be parsed."""
    return QboError("4000", "Error parsing query", f"QueryParserError: {detail}")


def query_invalid(detail: str) -> QboError:
    """Return the fault for a query that parses and may not be asked."""
    return QboError("4001", "Invalid query", f"QueryValidationError: {detail}")


def stale() -> QboError:
    """Return the fault for a SyncToken that isn't the current one."""
    return QboError(
        "5010",
        "Stale Object Error",
        "Stale Object Error : You and another user were working on this at the same time. "
        "The other user finished before you did, so your work was not saved.",
    )


def lacks_feature(feature: str) -> QboError:
    """Return the fault for a feature that the company's plan doesn't have."""
    return QboError("5020", "Permission Denied Error", f"Permission Denied Error : {feature} is not enabled.")


def business(detail: str, element: str = "") -> QboError:
    """Return the fault for what the books' own rules forbid."""
    return QboError(
        "6000",
        "A business validation error has occurred while processing your request",
        f"Business Validation Error: {detail}",
        element,
    )


def wrong_product(supplied: object) -> QboError:
    """Return the fault for an Amount that isn't quantity times price."""
    return QboError(
        "6070",
        "Amount calculation incorrect in the request",
        f"Amount calculation incorrect in the request, Amount is not equal to UnitPrice * Qty. "
        f"Supplied value:{supplied}",
        "Line.Amount",
    )


def wrong_tax_code(value: str) -> QboError:
    """Return the fault for a line's tax code that US companies don't have."""
    return QboError(
        "6100",
        "Invalid Line TaxCode in the request",
        f"Invalid Line TaxCode in the request : Valid Line TaxCodes for US should be TAX or NON. "
        f"Supplied value:{value}",
        "TaxCodeRef",
    )


def duplicate_number(number: str, entity: str, identity: str) -> QboError:
    """Return the fault for a DocNumber used before, where the company checks."""
    return QboError(
        "6140",
        "Duplicate Document Number Error",
        "Duplicate Document Number Error : You must specify a different number. This number has already been "
        f"used. DocNumber={number} is assigned to TxnType={entity} with TxnId={identity}",
    )


def subscription_ended() -> QboError:
    """Return the fault of a company that doesn't pay any more."""
    return QboError(
        "6190",
        "Invalid Company Status",
        "Subscription period has ended or canceled, or there was a billing problem : You can't add data to "
        "QuickBooks Online because your trial or subscription period ended",
    )


def period_closed() -> QboError:
    """Return the fault for a document in a closed period."""
    return QboError(
        "6210",
        "Account Period Closed",
        "The account period has closed and the account books cannot be updated through the QBO Services API.",
    )


def duplicate_name() -> QboError:
    """Return the fault for a name that is taken. Like the real one it doesn't say by which id."""
    return QboError("6240", "Duplicate Name Exists Error", "The name supplied already exists. : null")


def needs_quantity() -> QboError:
    """Return the fault for a line on an inventory item without its quantity."""
    return QboError("6520", "Quantity is required", "An inventory item's line needs Qty.", "Qty")


def deposited() -> QboError:
    """Return the fault for a payment that stands in a bank deposit."""
    return QboError(
        "6540",
        "Deposited Transaction cannot be changed",
        "Deposited Transaction cannot be changed : If you want to change or delete it, you must first edit "
        "the deposit it appears on and remove it.",
    )


def system_failure() -> QboError:
    """Return the fault for what went wrong inside: whether the work was done is not told."""
    return QboError(
        "10000",
        "An application error has occurred while processing your request",
        "System Failure Error: something went wrong on the way",
        status=500,
        kind="SystemFault",
    )


def resource_lost() -> QboError:
    """Return the fault of a service that is half away: reads are answered, and a write has no place to go to."""
    return unsupported_operation("Could not find resource for relative : /v3/company")


def sign_in_unsure() -> QboError:
    """Return the fault of a service that can't tell who asks, though the token is good."""
    return QboError(
        "120",
        "Authorization Failure",
        "AuthorizationFailure: Unknown Error during Authentication, statusCode: 500",
        status=500,
        kind="AuthorizatonFault",  # spelt so
    )


def try_again() -> QboError:
    """Return a 6000 that says nothing of the document, and asks for patience."""
    return business(
        "An unexpected error occurred while accessing or saving your data. Please wait a few minutes and try again. "
        "If the problem persists, contact customer support."
    )


def unexpected(number: int) -> QboError:
    """Return a 6000 that says nothing of the document: it may have been made."""
    return business(f"Unexpected Internal Error. ({number})")


def item_throttled() -> QboError:
    """Return the fault of a batch's item that was one too many."""
    return QboError(
        "3001", "ThrottleExceeded", "message=ThrottleExceeded; errorCode=003001; statusCode=429", status=429
    )


CODES: dict[str, Callable[[], QboError]] = {
    "120": sign_in_unsure,
    "500": resource_lost,
    "610": lambda: not_found("Something you're trying to use has been made inactive."),
    "2010": lambda: unknown_property("Order"),
    "2020": lambda: missing("Order"),
    "2030": lambda: unsupported("Order is unsupported."),
    "2500": lambda: invalid_reference("Order", "0"),
    "3001": item_throttled,
    "5010": stale,
    "5020": lambda: lacks_feature("Order"),
    "6000": lambda: business("Refused on order."),
    "6000 again": try_again,
    "6000 -30000": lambda: unexpected(-30000),
    "6000 -30003": lambda: unexpected(-30003),
    "6070": lambda: wrong_product("0"),
    "6100": lambda: wrong_tax_code("Order"),
    "6140": lambda: duplicate_number("0", "Invoice", "0"),
    "6190": subscription_ended,
    "6210": period_closed,
    "6240": duplicate_name,
    "6520": needs_quantity,
    "6540": deposited,
    "10000": system_failure,
}
"""The faults that can be ordered (see `sandbox.faults`), as they are worded where nothing in particular is wrong.

A code that is used for several things has a second word.
"""


def of_code(code: str) -> QboError:
    """Return the fault of a code of `CODES`.

    Raises:
        KeyError: There is none.
    """
    return CODES[code]()
