"""The Franpos public API: one small endpoint class for each address the tap reads.

They are REST streams of the SDK, but not in the catalog: :mod:`tap_franpos.feed` reads them and puts tickets together.
Every address holds the token, so no error, log line or metric made here shows more of it than its path.
"""

from __future__ import annotations

import itertools
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import backoff
import requests
from singer_sdk import RESTStream
from singer_sdk.authenticators import APIKeyAuthenticator
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError
from singer_sdk.pagination import PageNumberPaginator, SinglePagePaginator
from singer_sdk.singerlib.json import deserialize_json
from singer_sdk.streams.rest import HTTPRequest, PageContext

from tap_franpos.redaction import guard_logs, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Auth, Context, RequestFunc
    from singer_sdk.pagination import BaseAPIPaginator

    from tap_franpos.quota import Quota
    from tap_franpos.settings import Location

TIMEOUT = 30
"""Seconds without an answer after which a request is dead (Franpos API notes, Access)."""

MAX_TRIES = 5
FIRST_WAIT = 1
"""Longest wait before the first retry, in seconds; it doubles with each one."""

LONGEST_WAIT = 60
"""Longest wait in seconds, also where the API asks for one with Retry-After."""

QUOTA_WORDS = re.compile(r"\b(quota|limit|usage|exceed\w*)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer; its keys are compared without case."""

    keys: list[str]
    success: bool
    pages: int | None
    rows: list[dict[str, Any]]
    message: str | None


class _Last(threading.local):
    """The last body that a thread has read: the check, the paginator and the reader look at the same one."""

    body: bytes | None = None
    answer: Answer | None = None


_last = _Last()


def decode(body: bytes) -> Answer:
    """Read the body of an answer; numbers stay exact.

    Raises:
        ValueError: If it isn't JSON of the shape that Franpos answers with.
    """
    if _last.answer is None or _last.body is not body:
        _last.answer, _last.body = _decoded(body), body
    return _last.answer


def _decoded(body: bytes) -> Answer:
    content = deserialize_json(body, parse_constant=_no_constant)
    if not isinstance(content, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - to the caller it is one more kind of bad content
    fields = {key.lower(): value for key, value in content.items()}
    rows, pages = fields.get("data"), fields.get("pages")
    if rows is None and "result" in fields:
        texts = fields["result"]
        rows = [{"text": str(text)} for text in (texts if isinstance(texts, list) else [texts])]
    if rows is not None and not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
        raise ValueError("data is not a list of rows")
    if pages is not None and (isinstance(pages, bool) or not isinstance(pages, int)):
        raise ValueError("pages is not a number")
    return Answer(
        keys=sorted(content),
        success=str(fields.get("issuccess")).lower() != "false",
        pages=pages,
        rows=rows or [],
        message=next((str(fields[key]) for key in ("message", "errormessage", "error") if fields.get(key)), None),
    )


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


class Endpoint(RESTStream[Any]):
    """What all endpoints have in common: the token, timeouts, retries, and errors in one clear line.

    Args:
        tap: The tap, for its settings and loggers.
        location: The shop whose token opens the endpoint.
        quota: Where successful calls are counted.
    """

    allow_redirects = False  # a redirect would carry the token to wherever it points
    counts = True
    """Whether a successful call counts against the quota."""

    def __init__(self, tap: Tap, location: Location, quota: Quota) -> None:
        guard_logs()
        super().__init__(tap, schema={"type": "object"})
        self._location = location
        self._quota = quota

    @property
    def url_base(self) -> str:
        """Root of the API."""
        return str(self.config["api_url"]).rstrip("/")

    @cached_property
    def user_agent(self) -> str:
        """The User-Agent header: the SDK's, where the settings have none."""
        return str(self.config.get("user_agent", f"singer-sdk/{self._tap.sdk_version}"))

    @property
    def timeout(self) -> int:
        """Seconds to wait for an answer."""
        return TIMEOUT

    @property
    def authenticator(self) -> Auth:
        """Puts the location's token into the query."""
        return APIKeyAuthenticator(key="Token", value=self._location.token, location="params")

    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        """One page only."""
        return SinglePagePaginator()

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """The rows of an answer that `validate_response` has passed."""
        return decode(response.content).rows

    def _request(self, prepared_request: requests.PreparedRequest, context: Context | None) -> requests.Response:
        if self.counts:
            self._quota.check()
        try:
            return super()._request(prepared_request, context)
        except OSError as error:  # requests' own errors are among them
            trouble = _trouble(error)
        # Raised outside of the handler: the caught error has the address in its text, and nothing may lead back to it.
        raise RetriableAPIError(f"{self._asked}: {trouble}")

    def validate_response(self, response: requests.Response) -> None:
        """Tell a good answer from one to ask for again and from one that ends the run.

        Raises:
            RetriableAPIError: If the same request may succeed a little later.
            FatalAPIError: If it won't.
        """
        status, message = response.status_code, self._message(response)
        says = f" ({message})" if message else ""
        answered = f"{self._asked}: Franpos answered {status}{says}"
        if status < HTTPStatus.MULTIPLE_CHOICES:
            self._validate_body(response)
        elif status < HTTPStatus.BAD_REQUEST:
            raise FatalAPIError(f"{self._asked}: the address answers with a redirect ({status}); check api_url")
        elif status == HTTPStatus.UNAUTHORIZED:
            raise FatalAPIError(
                f"Franpos refuses the token of location {self._location.id}{says}: check auth_token or location_tokens"
            )
        elif self._is_quota(response, message):
            raise FatalAPIError(
                f"Franpos's quota of calls is used up for location {self._location.id}{says}, after "
                f"{self._quota.made} successful calls of this run. Run again from the first of next month, or ask "
                "Franpos for more calls: the next run goes on where this one stopped"
            )
        elif status == HTTPStatus.FORBIDDEN:
            raise FatalAPIError(
                f"Franpos refuses access to location {self._location.id}{says}: check that its token serves it and "
                "that Franpos allows this machine's IP address"
            )
        elif status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.TOO_MANY_REQUESTS,
        }:
            raise RetriableAPIError(answered, response)
        else:
            raise FatalAPIError(answered)

    def request_decorator(self, func: RequestFunc) -> RequestFunc:
        """Retry what may succeed a little later; the only log lines about it are `backoff_handler`'s."""
        decorator: Callable[[RequestFunc], RequestFunc] = backoff.on_exception(
            self.backoff_wait_generator,
            RetriableAPIError,
            max_tries=MAX_TRIES,
            on_backoff=self.backoff_handler,
            jitter=None,
            logger=None,
        )
        return decorator(func)

    def backoff_wait_generator(self) -> Generator[float, Any, None]:
        """Seconds to wait: what the API asks for, else a random time below a bound that doubles (full jitter)."""
        error = yield 0
        for attempt in itertools.count():
            asked = _retry_after(error.response)
            bound = min(FIRST_WAIT * 2**attempt, LONGEST_WAIT)
            error = yield asked if asked is not None else backoff.full_jitter(bound)

    def backoff_handler(self, details: Any) -> None:  # noqa: ANN401 - the SDK's own type is for type checking only
        """Say in one line that a request is sent again."""
        self.logger.warning(
            "%s; trying again in %.1f s (try %d of %d)",
            details["exception"],
            details["wait"],
            details["tries"] + 1,
            MAX_TRIES,
        )

    @property
    def _asked(self) -> str:
        """What was asked for, for errors: the path's pattern, never the address."""
        return f"GET {self.path.split('/{')[0]} of location {self._location.id}"

    def _validate_body(self, response: requests.Response) -> None:
        if self.counts:
            self._quota.count()
        problem = None
        try:
            answer = decode(response.content)
        except (ValueError, UnicodeDecodeError, RecursionError):
            problem = "the answer is not what Franpos answers with (a broken body, or a web page)"
        else:
            if answer.success:
                return
            raise FatalAPIError(
                f"{self._asked}: Franpos says it failed: {self._message(response) or 'no reason given'}"
            )
        raise RetriableAPIError(f"{self._asked}: {problem}", response)

    def _is_quota(self, response: requests.Response, message: str) -> bool:
        match response.status_code:
            case HTTPStatus.TOO_MANY_REQUESTS:
                # With a short Retry-After, or nothing said, it is a throttle that passes.
                return bool(message) and _retry_after(response) is None
            case HTTPStatus.FORBIDDEN:
                return QUOTA_WORDS.search(message) is not None
            case _:
                return False

    def _message(self, response: requests.Response) -> str:
        """What the API says, in one short line without the token; empty where it says nothing readable."""
        try:
            message = decode(response.content).message or ""
        except (ValueError, RecursionError):
            return ""
        return redact(" ".join(message.split())[:200], [self._location.token])


class DatadumpPaginator(PageNumberPaginator):
    """Pages are numbered from 0: ``pages: 3`` means 0, 1 and 2 (Franpos API notes, Datadump)."""

    def has_more(self, response: requests.Response) -> bool:
        """Whether a page follows the one just read."""
        return self.current_value + 1 < (decode(response.content).pages or 0)

    def continue_if_empty(self, response: requests.Response) -> bool:
        """An empty page is no end while there are more."""
        return self.has_more(response)


class Datadump(Endpoint):
    """A bulk endpoint: a context names the location, the first day and the number of days."""

    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        """All pages, from the first."""
        return DatadumpPaginator(0)

    def get_http_request(self, *, page: PageContext[int]) -> HTTPRequest:
        """The request for one page."""
        place = {**(page.stream_context or {}), "page": page.next_page_token}
        return HTTPRequest(url=self.get_url(place), params={"pageSize": self.config["page_size"]})

    def _validate_body(self, response: requests.Response) -> None:
        super()._validate_body(response)
        answer = decode(response.content)
        if answer.pages is None:
            keys = ", ".join(answer.keys)
            raise FatalAPIError(f"{self._asked}: the answer has no number of pages; its keys are: {keys}")


class Orders(Datadump):
    """Tickets, without their lines."""

    name = "orders"
    path = "/api/datadump/v1/orders/{days}/{page}/{first}/{location_id}"


class OrderItems(Datadump):
    """Lines of tickets."""

    name = "order_items"
    path = "/api/datadump/v2/orderitems/{days}/{page}/{first}/{location_id}"


class OrderPayments(Datadump):
    """Payments of tickets."""

    name = "order_payments"
    path = "/api/datadump/v1/orderPayments/{days}/{page}/{first}/{location_id}"


class UsageLimit(Endpoint):
    """What Franpos says of the calls left this month; asking is free."""

    name = "usage_limit"
    path = "/api/checkUsageLimit"
    counts = False


def _trouble(error: OSError) -> str:
    """What went wrong with a connection, without the error's own text: that holds the address."""
    match error:
        case requests.exceptions.Timeout():
            return f"no answer within {TIMEOUT} s"
        case requests.exceptions.SSLError():
            return "the TLS connection was refused"
        case requests.exceptions.ProxyError():
            return "the proxy refused the connection"
        case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
            return "the answer broke off"
        case requests.exceptions.ConnectionError():
            return "no connection (refused, reset, or the host is not known)"
        case _:
            return type(error).__name__


def _retry_after(response: requests.Response | None) -> float | None:
    """Seconds that a 429 or 503 asks to wait (a number or a date); null where it doesn't, or for longer than we do."""
    if response is None or response.status_code not in {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }:
        return None
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        seconds = float(text)
    else:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        aware = until if until.tzinfo else until.replace(tzinfo=UTC)
        seconds = max((aware - datetime.now(UTC)).total_seconds(), 0.0)
    return seconds if seconds <= LONGEST_WAIT else None
