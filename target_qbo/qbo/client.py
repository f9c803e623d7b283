"""Requests to QuickBooks Online: one attempt each for what must not be done twice, patience for what may be.

Nothing here reads a body into a log; access tokens travel in the Authorization header only.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import uuid
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import backoff
import requests
import simplejson

from target_qbo.errors import ConfigurationError, SignInNeededError, UnreachableError
from target_qbo.qbo.calls import Calls
from target_qbo.qbo.faults import (
    Fault,
    NotDoneError,
    QboFaultError,
    TooLargeError,
    UnknownFateError,
    fault_in,
    refusal,
)
from target_qbo.qbo.reactions import Reaction, reaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from target_qbo.qbo.limits import RateLimits
    from target_qbo.qbo.oauth import AccessTokens

logger = logging.getLogger("target-qbo.client")

MINOR_VERSION = "75"
PAGE = 1000
_CONNECT_SECONDS = 10
_READ_SECONDS: float = 60
_BATCH_READ_SECONDS: float = 150
_PATIENCE_TRIES = 6
_LONGEST_WAIT_SECONDS = 300
_TOKEN_TRIES = 3
_SERVER_ERROR = 500
_REDIRECT, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_LARGE, _TOO_MANY = 300, 401, 403, 404, 413, 429
_INTERNAL_ERROR = 500

Entity = dict[str, Any]


class NoAnswerError(UnreachableError):
    """One request gets no answer, however often it is sent; whether QuickBooks is away, others tell."""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One write of a batch."""

    item_id: str
    operation: str
    entity: str
    body: Mapping[str, Any]
    options: str | None = None


class QboClient:
    """One company (realm) of QuickBooks Online.

    Args:
        api_url: Root of the API, without ``/v3``.
        realm_id: The company's id.
        tokens: Gives access tokens.
        limits: The company's limits; requests that are not batched by the caller wait for them here.
        user_agent: How requests name themselves.
    """

    def __init__(
        self, *, api_url: str, realm_id: str, tokens: AccessTokens, limits: RateLimits, user_agent: str
    ) -> None:
        self._base = f"{api_url.rstrip('/')}/v3/company/{realm_id}"
        self._tokens = tokens
        self._limits = limits
        self._headers = {"Accept": "application/json", "User-Agent": user_agent}
        self._threads = threading.local()
        self.calls = Calls()

    def query(self, entity: str, where: str = "") -> Iterator[Entity]:
        """Read all rows of an entity, a thousand at a time; each page is a metered read.

        Args:
            entity: Its name, as in ``Invoice``.
            where: Conditions joined by ``and``; see :func:`quoted` for texts in them.
        """
        start = 1
        while True:
            condition = f" where {where}" if where else ""
            statement = f"select * from {entity}{condition} startposition {start} maxresults {PAGE}"  # noqa: S608 (see quoted)
            answer = self._patiently(partial(self._send, "GET", "query", {"query": statement}))
            rows: list[Entity] = (answer.get("QueryResponse") or {}).get(entity) or []
            number = len(rows)
            rows.reverse()
            while rows:
                yield rows.pop()  # so that a page is let go as it is read: it takes some megabytes
            if number < PAGE:
                return
            start += PAGE

    @property
    def patience_seconds(self) -> float:
        """For how long an answer is waited for at most: less where a stand-in compresses time."""
        return max(_READ_SECONDS, _BATCH_READ_SECONDS) * self._limits.minute_seconds / 60

    def write_repeatable(
        self,
        entity: str,
        body: Mapping[str, Any],
        request_id: str,
        *,
        operation: str | None = None,
        include: str | None = None,
    ) -> Entity:
        """Write what can't be doubled: an entity with a unique name, an update, a void; see :meth:`write`.

        Raises:
            QboFaultError: QuickBooks refused it.
            UnreachableError: QuickBooks can't be reached.
        """
        identity = request_id

        def send() -> Entity:
            nonlocal identity
            try:
                return self.write(entity, body, identity, operation=operation, include=include, limited=True)
            except UnknownFateError as error:
                if error.answered:
                    identity = uuid.uuid4().hex  # the same one would bring just that error back
                raise

        return self._patiently(send)

    def write(
        self,
        entity: str,
        body: Mapping[str, Any],
        request_id: str,
        *,
        operation: str | None = None,
        include: str | None = None,
        limited: bool = False,
    ) -> Entity:
        """Write one entity, once.

        Args:
            entity: Its name, as in ``Invoice``.
            body: Its content.
            request_id: Unique to this attempt.
            operation: ``void``, ``delete`` or ``update``; None: create, or update where the body has an ``Id``.
            include: ``void`` for payments.
            limited: Whether to wait for the company's limits here.

        Returns:
            The entity as QuickBooks now has it.

        Raises:
            QboFaultError: It was refused.
            NotDoneError: It was not carried out and can be sent again.
            TooLargeError: It was not carried out: it is too large.
            UnknownFateError: Nobody knows.
        """
        params = {"requestid": request_id}
        if operation:
            params["operation"] = operation
        if include:
            params["include"] = include
        answer = self._send("POST", entity.lower(), params, body, limited=limited)
        found = answer.get(entity)
        if not isinstance(found, dict):
            raise UnknownFateError(f"QuickBooks' answer holds no {entity}", answered=True)
        return found

    def batch(self, items: Sequence[BatchItem], request_id: str) -> dict[str, Entity | Fault]:
        """Send up to 30 writes in one request, once.

        Returns:
            By item id the entity, or the fault of that item. An item that the answer lacks is of unknown fate.

        Raises:
            QboFaultError: The batch as a whole was refused.
            NotDoneError: The batch was not carried out.
            TooLargeError: Nor was this one: it is too large.
            UnknownFateError: Nobody knows.
        """
        rows = []
        for item in items:
            row: Entity = {"bId": item.item_id, "operation": item.operation, item.entity: item.body}
            if item.options:
                row["optionsData"] = item.options
            rows.append(row)
        answer = self._send(
            "POST",
            "batch",
            {"requestid": request_id},
            {"BatchItemRequest": rows},
            limited=False,
        )
        entities = {item.item_id: item.entity for item in items}
        results: dict[str, Entity | Fault] = {}
        answered: Any = answer.get("BatchItemResponse")
        for row in filter(_is_object, answered if isinstance(answered, list) else []):
            item_id = str(row.get("bId"))
            fault = fault_in(row, "")
            found = fault if fault is not None else row.get(entities.get(item_id, ""))
            if found is not None:
                results[item_id] = found
        return results

    def _patiently(self, send: Callable[[], Entity]) -> Entity:
        """Try again what may be done twice, until it is answered."""
        second = self._limits.minute_seconds / 60  # less where a stand-in compresses time
        attempt = backoff.on_exception(
            backoff.expo,
            (NotDoneError, UnknownFateError),
            max_tries=_PATIENCE_TRIES,
            jitter=backoff.full_jitter,
            factor=second,
            max_value=30 * second,
            on_backoff=self._heed,
            logger=None,
        )(send)
        try:
            result: Entity = attempt()
        except (NotDoneError, UnknownFateError) as error:
            raise NoAnswerError(
                f"QuickBooks can't be reached ({error}): what was received waits in the ledger for the next run"
            ) from None
        except TooLargeError as error:
            raise QboFaultError(Fault("http_413", "Request Entity Too Large", str(error))) from None
        return result

    def _heed(self, details: Mapping[str, Any]) -> None:
        error = details.get("exception")
        if isinstance(error, NotDoneError):
            if error.throttled:
                self._limits.slow_down()
            if error.retry_after:
                self._limits.pause(error.retry_after)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        *,
        limited: bool = True,
    ) -> Entity:
        for _ in range(_TOKEN_TRIES):
            token = self._tokens.get()
            with self.calls.counted(method, path):
                status, answer, tid = self._attempt(method, path, params, body, token, limited)
            if status != _UNAUTHORIZED:
                break
            self._tokens.renew(token)
        else:
            raise SignInNeededError(
                "QuickBooks refuses a fresh access token (401): connect the company again; check that realm_id is the "
                "company that was connected"
            )
        return self._read(status, answer, tid)

    def _read(self, status: int, answer: Any, tid: str) -> Entity:  # noqa: ANN401 (any JSON, or bytes)
        """Return what an answer holds, or raise what it means."""
        fault = fault_in(answer, tid)
        what = None if fault is None else reaction(fault)
        if what is Reaction.STOP:
            raise ConfigurationError(str(fault))
        if status == _FORBIDDEN:
            raise ConfigurationError(f"QuickBooks forbids this app the company (403): {fault or 'check realm_id'}")
        if status == _NOT_FOUND and fault is None:
            raise ConfigurationError(f"nothing at {self._base} (404): check api_url and realm_id")
        if what in {Reaction.PASSING, Reaction.UNKNOWN}:
            raise UnknownFateError(str(fault), answered=True, fault=fault)
        if what is Reaction.THROTTLED:
            raise NotDoneError("throttled", throttled=True)
        if fault is None and status >= _REDIRECT:
            fault = refusal(status, answer if isinstance(answer, bytes) else b"", tid)
        if fault is not None:
            raise QboFaultError(fault)
        if not isinstance(answer, dict):
            raise UnknownFateError("QuickBooks' answer is not JSON", answered=True)
        return answer

    def _attempt(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Mapping[str, Any] | None,
        token: str,
        limited: bool,  # noqa: FBT001 (handed through)
    ) -> tuple[int, Any, str]:
        if limited:
            self._limits.take()
        data = None if body is None else simplejson.dumps(body, use_decimal=True).encode("ascii")
        headers = {**self._headers, "Authorization": f"Bearer {token}"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        batch = path == "batch"
        self._limits.departs(batch=batch)
        try:
            response = self._session().request(
                method,
                f"{self._base}/{path}",
                params={**params, "minorversion": MINOR_VERSION},
                data=data,
                headers=headers,
                timeout=(_CONNECT_SECONDS, _BATCH_READ_SECONDS if batch else _READ_SECONDS),
                allow_redirects=False,
            )
        except (requests.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise NotDoneError(type(error).__name__) from None
        except requests.RequestException as error:
            if "NewConnectionError" in repr(error):
                raise NotDoneError("connection refused") from None
            raise UnknownFateError(type(error).__name__) from None
        tid = response.headers.get("intuit_tid", "")
        logger.debug("%s %s answered %s, intuit_tid %s", method, path, response.status_code, tid)
        _raise_by_status(response, len(data or b""), tid)
        return response.status_code, _content(response), tid

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = requests.Session()
        return session


def _raise_by_status(response: requests.Response, size: int, tid: str) -> None:
    """Raise what the status alone tells, whatever the answer holds."""
    status = response.status_code
    if status == _TOO_MANY:
        wait = _retry_after(response)
        if wait is not None and wait > _LONGEST_WAIT_SECONDS:
            raise UnreachableError(
                f"QuickBooks asks to wait {wait:.0f} s (Retry-After): everything waits for the next run"
            )
        raise NotDoneError("throttled", retry_after=wait, throttled=True)
    if status == _TOO_LARGE:
        raise TooLargeError(f"HTTP {status} to {size:,} bytes, intuit_tid {tid}")
    if status >= _SERVER_ERROR:
        fault = fault_in(_content(response), tid)
        # A gateway that gave up (502 to 504) knows nothing of what goes on behind it.
        told = f"HTTP {status}, intuit_tid {tid}" + (f": {fault}" if fault is not None else "")
        raise UnknownFateError(told, answered=status == _INTERNAL_ERROR, fault=fault)


def _is_object(row: Any) -> bool:  # noqa: ANN401 (any JSON)
    return isinstance(row, dict)


def _content(response: requests.Response) -> Any:  # noqa: ANN401 (any JSON, or bytes)
    try:
        return simplejson.loads(response.content, use_decimal=True)
    except (ValueError, RecursionError):
        return response.content


def quoted(text: str) -> str:
    """Write a text for a query, apostrophes and backslashes escaped."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, as a number or as a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())
