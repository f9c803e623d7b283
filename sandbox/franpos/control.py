"""Control of the Franpos side from outside: counts, switches, the truth about the tickets, edits at the till.

None of this is part of Franpos; it is for checks, and open to whoever reaches the sandbox (loopback only).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, get_args

import simplejson
from aiohttp import web

from sandbox.franpos.rows import ASSUMED, DiscountSigns, Look
from sandbox.franpos.server import Calls
from sandbox.tickets.edits import EditError, moment
from sandbox.tickets.till import carry_out, location_named
from sandbox.tickets.truth import statement

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.franpos.server import FranposServer

SWITCHES = ("token_revoked", "down", "quota")


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = simplejson.loads(await request.text() or "{}", use_decimal=True)
    except ValueError as error:
        raise EditError("the body is not JSON") from error
    if not isinstance(body, dict):
        raise EditError("the body is not a JSON object")
    return body


def _answer_errors(
    handler: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answer 400 with the reason where a body makes no sense."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except (EditError, TypeError, ValueError, KeyError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle


class FranposControl:
    """The handlers; `routes` is what an application adds."""

    def __init__(self, server: FranposServer) -> None:
        self._server = server

    def routes(self) -> list[web.RouteDef]:
        """Return the routes under `/control` that concern Franpos."""
        return [
            web.get("/control/franpos-calls", self._calls),
            web.post("/control/franpos-calls/reset", self._reset),
            web.get("/control/franpos", self._state),
            web.post("/control/franpos", _answer_errors(self._switch)),
            web.get("/control/tickets", _answer_errors(self._tickets)),
            web.post("/control/tickets/edit", _answer_errors(self._edit)),
        ]

    async def _calls(self, _request: web.Request) -> web.Response:
        calls = self._server.calls
        return web.json_response(
            {
                "successful": calls.successful,
                "by_endpoint": dict(calls.by_endpoint),
                "by_location": dict(calls.by_location),
                "all": calls.all,
            }
        )

    async def _reset(self, request: web.Request) -> web.Response:
        """Count from zero again; the month's quota stays used."""
        self._server.calls = Calls()
        return await self._calls(request)

    async def _state(self, _request: web.Request) -> web.Response:
        server = self._server
        switches = server.switches
        return web.json_response(
            {name: getattr(switches, name) for name in SWITCHES}
            | {
                "hide_fields": sorted(switches.look.hidden),
                "discount_signs": switches.look.discount_signs,
                "now": server.book.now.isoformat(),
                "used": {str(one.location_id): server.used(one.location_id) for one in server.book.locations},
            }
        )

    async def _switch(self, request: web.Request) -> web.Response:
        """Set what the body names: switches, `hide_fields`, `discount_signs`, `now`, `used` (location: calls)."""
        body = await _body(request)
        unknown = set(body) - {*SWITCHES, "hide_fields", "discount_signs", "now", "used"}
        if unknown:
            raise EditError(f"unknown: {', '.join(sorted(unknown))}")
        server = self._server
        look = server.switches.look
        hidden = frozenset(body.get("hide_fields", look.hidden))
        signs = body.get("discount_signs", look.discount_signs)
        if hidden - ASSUMED:
            raise EditError(f"only assumed fields can be hidden: {', '.join(sorted(ASSUMED))}")
        if signs not in get_args(DiscountSigns):
            raise EditError(f"discount_signs is one of {', '.join(get_args(DiscountSigns))}")
        now = moment(body["now"]) if "now" in body else None
        used = {
            location_named(server.book, name).location_id: int(calls) for name, calls in body.get("used", {}).items()
        }
        for name, kind in (("token_revoked", bool), ("down", bool), ("quota", int)):
            if name in body and type(body[name]) is not kind:
                raise EditError(f"{name} is a {kind.__name__}")
        server.switch(
            look=Look(hidden=hidden, discount_signs=signs), **{name: body[name] for name in SWITCHES if name in body}
        )
        if now:
            server.book.now = now
        for location_id, calls in used.items():
            server.set_used(location_id, calls)
        return await self._state(request)

    async def _tickets(self, request: web.Request) -> web.Response:
        """State the truth about all tickets as they stand; `location_id`, `from`, `to` (both included) narrow it."""
        query = request.query
        tickets = self._server.book.all()
        wanted = (
            str(location_named(self._server.book, query["location_id"]).location_id) if "location_id" in query else None
        )
        first = date.fromisoformat(query.get("from", "0001-01-01"))
        last = date.fromisoformat(query.get("to", "9999-12-31"))
        return web.json_response(
            [
                statement(ticket)
                for ticket in tickets
                if first <= ticket.business_date <= last and wanted in {None, str(ticket.location.location_id)}
            ]
        )

    async def _edit(self, request: web.Request) -> web.Response:
        """Do an operation on a ticket (`op`, `location_id`, `ticket_id`, the operation's own), answer its truth.

        `at` is when it comes into force (default: the sandbox's moment); `settle` lets total and largest tender follow.
        """
        visible = carry_out(self._server.book, await _body(request))
        return web.json_response(statement(visible) if visible else None)
