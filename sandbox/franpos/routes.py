"""The Franpos public API over HTTP (Franpos API notes, Access and Datadump): paths, refusals, paging and quota."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, get_args

import simplejson
from aiohttp import web

from sandbox.franpos.rows import Row, location_row, report_row
from sandbox.franpos.windows import Endpoint

if TYPE_CHECKING:
    from sandbox.franpos.server import FranposServer
    from sandbox.tickets.model import Location

MAX_DAYS = 30
MAX_PAGE_SIZE = 500
DEFAULT_PAGE_SIZE = 100
VERSIONS: dict[Endpoint, str] = {"orders": "v1", "orderitems": "v2", "orderPayments": "v1", "customers": "v1"}
DANGEROUS = "A potentially dangerous Request.Path value was detected from the client (:)."
DENIED = "Authorization has been denied for this request."

Body = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Work = Callable[[web.Request, frozenset[int]], Awaitable["Answer"]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer, and the location whose quota it costs (None: it is free)."""

    body: Body
    location_id: int | None


class CallError(Exception):
    """The call is answered with an error; 4xx answers cost no quota."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def _bad(message: str) -> CallError:
    return CallError(HTTPStatus.BAD_REQUEST, message)


def _json(body: object, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.json_response(
        body, status=status, dumps=lambda value: simplejson.dumps(value, use_decimal=True, ensure_ascii=False)
    )


def _whole(text: object, name: str, low: int, high: int | None = None) -> int:
    """Read a whole number within bounds."""
    try:
        number = int(str(text))
    except ValueError:
        raise _bad(f"The value '{text}' is not valid for {name}.") from None
    if number < low or (high is not None and number > high):
        raise _bad(f"{name} must be between {low} and {high}." if high else f"{name} must not be below {low}.")
    return number


def _page(rows: list[Row], page: int, size: int) -> Body:
    """Return one page, 0-indexed; one beyond the last is empty."""
    return {"pages": -(-len(rows) // size), "data": rows[page * size : (page + 1) * size]}


class FranposApi:
    """The handlers; `routes` is what an application adds."""

    def __init__(self, server: FranposServer) -> None:
        self._server = server

    def routes(self) -> list[web.RouteDef]:
        """Return all routes under `/api`; what isn't one of the API's is answered 404."""
        dump = "/{days}/{page}/{from_date}/{location_id}"
        return [
            *(
                web.get(f"/api/datadump/{VERSIONS[name]}/{name}{dump}", self._call(name, self._datadump(name)))
                for name in get_args(Endpoint)
            ),
            web.get("/api/getLocationsInfo", self._call("getLocationsInfo", self._locations_info)),
            web.get("/api/dictionary/employees", self._call("dictionary/employees", self._employees)),
            web.get("/api/checkUsageLimit", self._call("checkUsageLimit", self._usage)),
            web.post("/api/report/v2/tickets", self._call("report/v2/tickets", self._report)),
            web.route("*", "/api/{rest:.*}", self._call("unknown", self._unknown)),
        ]

    def _call(self, endpoint: str, work: Work) -> Handler:
        """Wrap a piece of work in what holds for every call: the firewall, the token, refusals, counting."""

        async def handle(request: web.Request) -> web.StreamResponse:
            server = self._server
            server.calls.all += 1
            if server.switches.down:
                page = "<html><body><h1>Service Unavailable</h1></body></html>"
                return web.Response(text=page, content_type="text/html", status=503)
            try:
                # The firewall comes before the token.
                _check_path(request)
                answer = await work(request, self._allowed(request))
            except CallError as error:
                return _json({"Message": error.message}, error.status)
            if answer.location_id is not None:
                server.count(endpoint, answer.location_id)
            return _json(answer.body)

        return handle

    def _allowed(self, request: web.Request) -> frozenset[int]:
        """Return the locations that the call's token may read."""
        allowed = self._server.locations_of(request.query.get("Token"))
        if allowed is None:
            raise CallError(HTTPStatus.UNAUTHORIZED, DENIED)
        return allowed

    def _readable(self, location_id: int, allowed: frozenset[int]) -> Location:
        """Return a location that the token may read and whose quota isn't used up."""
        location = self._server.book.location(location_id)
        if location is None or location_id not in allowed:
            raise CallError(HTTPStatus.FORBIDDEN, f"The token gives no access to location {location_id}.")
        if self._server.is_used_up(location_id):
            quota = self._server.switches.quota
            raise CallError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"Monthly limit of {quota} calls is exceeded for location {location_id}.",
            )
        return location

    def _datadump(self, endpoint: Endpoint) -> Work:
        async def work(request: web.Request, allowed: frozenset[int]) -> Answer:
            path = request.match_info
            days = _whole(path["days"], "days", 1, MAX_DAYS)
            page = _whole(path["page"], "page", 0)
            first = _day(path["from_date"])
            size = _whole(request.query.get("pageSize", DEFAULT_PAGE_SIZE), "pageSize", 1, MAX_PAGE_SIZE)
            location = self._readable(_whole(path["location_id"], "locationId", 1), allowed)
            rows = self._server.windows.rows(endpoint, location, first, days, self._server.switches.look)
            return Answer({"isSuccess": True, **_page(rows, page, size)}, location.location_id)

        return work

    async def _locations_info(self, _request: web.Request, allowed: frozenset[int]) -> Answer:
        locations = [self._readable(location_id, allowed) for location_id in sorted(allowed)]
        return Answer({"Data": [location_row(one) for one in locations]}, locations[0].location_id)

    async def _employees(self, _request: web.Request, allowed: frozenset[int]) -> Answer:
        location = self._readable(min(allowed), allowed)
        data = [{"EmployeeId": 700 + n, "FirstName": "Employee", "LastName": str(n)} for n in range(1, 10)]
        return Answer({"isSuccess": True, "data": data}, location.location_id)

    async def _usage(self, _request: web.Request, allowed: frozenset[int]) -> Answer:
        server = self._server
        quota = server.switches.quota
        texts = [f"Location {one}: {server.used(one)} of {quota} API calls used this month" for one in sorted(allowed)]
        return Answer({"result": texts}, None)

    async def _report(self, request: web.Request, allowed: frozenset[int]) -> Answer:
        try:
            body = simplejson.loads(await request.text())
            wanted = {name: body[name] for name in ("startDate", "endDate", "pageIndex", "pageSize", "locationId")}
        except (ValueError, KeyError, TypeError) as error:
            raise _bad("The request is invalid.") from error
        page = _whole(wanted["pageIndex"], "pageIndex", 0)
        size = _whole(wanted["pageSize"], "pageSize", 1, MAX_PAGE_SIZE)
        start, end = (_wall(wanted[name]) for name in ("startDate", "endDate"))
        location = self._readable(_whole(wanted["locationId"], "locationId", 1), allowed)
        tickets = self._server.book.between(location, start.date(), end.date())
        rows = [
            report_row(ticket)
            for ticket in tickets
            if start <= location.local(ticket.created_at).replace(tzinfo=None) <= end
        ]
        return Answer(_page(rows, page, size), location.location_id)

    async def _unknown(self, request: web.Request, _allowed: frozenset[int]) -> Answer:
        raise CallError(
            HTTPStatus.NOT_FOUND, f"No HTTP resource was found that matches the request path {request.path}."
        )


def _check_path(request: web.Request) -> None:
    """Refuse a colon anywhere in the path, escaped or not."""
    if ":" in request.path:
        raise _bad(DANGEROUS)


def _day(text: str) -> date:
    """Read a day of a path; nothing but YYYY-MM-DD."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise _bad(f"The value '{text}' is not valid for fromDate.")
    return day


def _wall(text: object) -> datetime:
    """Read a shop-local time of a body; an offset is left out of account."""
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=None)
    except ValueError:
        raise _bad(f"The value '{text}' is not a date.") from None
