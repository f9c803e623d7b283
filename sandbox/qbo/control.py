"""The back door for tests and demos: look into the books, count calls, change settings, be the bookkeeper.

Addresses:
    `GET /control/books`: everything in the books (see `sandbox.qbo.report`).
    `GET /control/qbo-calls`, `POST /control/qbo-calls/reset`: counts of calls.
    `GET /control/qbo-entities?entity=Item`: all rows of an entity as the API shows them, inactive ones too.
    `GET /control/tokens`: every token ever given out, to look for where none may be.
    `GET /control/payloads`: the last bodies that were accepted.
    `GET /control/qbo`: the settings; `POST /control/qbo` changes them: an object with any of `options` (fields of
        `Options`), `limits` (of `Limits`), `sign_in` (of `SignInOptions`), and `expire_tokens`, `revoke`,
        `reconnect` (true to do so; `reconnect` answers the new refresh token).
    `POST /control/qbo/entity`: what a person does by hand: `op` (`create`, `update`, `delete`, `void`,
        `inactivate`, `deposit_payment`, `undeposit_payment`), `entity`, and `id` or `body`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.qbo import errors, operations, payments, report, search, wire
from sandbox.qbo.entities import ENTITIES, Entity
from sandbox.qbo.oauth import SignInOptions
from sandbox.qbo.options import read_settings
from sandbox.qbo.saved import options_of
from sandbox.qbo.throttle import Limits

if TYPE_CHECKING:
    from sandbox.qbo.server import QboServer
    from sandbox.qbo.store import Row


def control_routes(server: QboServer) -> list[web.RouteDef]:
    """Return the routes of the back door.

    Args:
        server: The company behind it.
    """
    control = _Control(server)
    return [
        web.get("/control/books", control.books),
        web.get("/control/qbo-calls", control.calls),
        web.post("/control/qbo-calls/reset", control.reset),
        web.get("/control/qbo-entities", control.entities),
        web.get("/control/tokens", control.tokens),
        web.get("/control/payloads", control.payloads),
        web.get("/control/qbo", control.show),
        web.post("/control/qbo", control.change),
        web.post("/control/qbo/entity", control.by_hand),
    ]


class _Control:
    def __init__(self, server: QboServer) -> None:
        self._server = server

    async def books(self, _request: web.Request) -> web.Response:
        return _json(report.books(self._server.company))

    async def calls(self, _request: web.Request) -> web.Response:
        return _json(_counts(self._server))

    async def reset(self, request: web.Request) -> web.Response:
        self._server.reset_calls()
        return await self.calls(request)

    async def entities(self, request: web.Request) -> web.Response:
        name = request.query.get("entity", "")
        if name not in ENTITIES:
            return _json({"error": f"There is no entity {name!r}."}, status=400)
        return _json({name: search.rows_of(self._server.company, name)})

    async def tokens(self, _request: web.Request) -> web.Response:
        return web.json_response(self._server.sign_in.given_out)

    async def payloads(self, _request: web.Request) -> web.Response:
        return _json({"payloads": list(self._server.calls.payloads)})

    async def show(self, _request: web.Request) -> web.Response:
        return _json(_settings(self._server))

    async def change(self, request: web.Request) -> web.Response:
        try:
            done = _change(self._server, wire.parse(await request.read()))
        except (ValueError, errors.QboError) as error:
            return _json({"error": str(error)}, status=400)
        return _json(_settings(self._server) | done)

    async def by_hand(self, request: web.Request) -> web.Response:
        try:
            return _json(_by_hand(self._server, wire.parse(await request.read())))
        except errors.QboError as error:
            return _json({"Fault": error.fault()}, status=400)
        except (KeyError, ValueError) as error:
            return _json({"error": repr(error)}, status=400)


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(status=status, text=wire.dump(body), content_type="application/json")


def _counts(server: QboServer) -> dict[str, Any]:
    calls = server.calls
    by_entity: dict[str, dict[str, int]] = {}
    for (entity, operation), count in calls.by_entity.items():
        by_entity.setdefault(entity, {})[operation] = count
    return {
        "requests": calls.requests,
        "reads": calls.reads,
        "writes": calls.writes,
        "batches": calls.batches,
        "throttled": server.throttle.refused,
        "max_concurrent": server.throttle.max_running,
        "unauthorized": calls.unauthorized,
        "replayed": server.replay.replayed,
        "token_refreshes": server.sign_in.refreshes,
        "code_exchanges": server.sign_in.exchanges,
        "faults": dict(calls.faults),
        "by_entity": by_entity,
    }


def _settings(server: QboServer) -> dict[str, Any]:
    return {
        "options": options_of(server.company.options),
        "limits": dataclasses.asdict(server.limits),
        "sign_in": dataclasses.asdict(server.sign_in.options),
    }


def _change(server: QboServer, changes: dict[str, Any]) -> dict[str, Any]:
    done: dict[str, Any] = {}
    for name, value in changes.items():
        match name:
            case "options":
                server.company.options.change(value)
            case "limits":
                _set(server.limits, read_settings(Limits, value))
            case "sign_in":
                _set(server.sign_in.options, read_settings(SignInOptions, value))
            case "expire_tokens":
                server.sign_in.expire_access_tokens()
            case "revoke":
                server.sign_in.disconnect()
            case "reconnect":
                done["refresh_token"] = server.sign_in.reconnect()
            case _:
                raise ValueError(f"There is nothing called {name!r} to change.")
    return done


def _set(target: object, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(target, name, value)


def _by_hand(server: QboServer, order: dict[str, Any]) -> Row:
    company, entity = server.company, ENTITIES[order["entity"]]
    if order["op"] == "create":
        return {entity.name: operations.write(company, entity, "create", order["body"])}
    identity = order["id"] if "id" in order else order["body"]["Id"]
    row = company.row(entity.name, identity)
    match order["op"]:
        case "update":
            return {entity.name: _write(server, entity, "update", row, order["body"])}
        case "delete":
            return {entity.name: _write(server, entity, "delete", row, {})}
        case "void":
            whole = entity.name in {"Payment", "SalesReceipt"}
            return {entity.name: _write(server, entity, "update-void" if whole else "void", row, row if whole else {})}
        case "inactivate":
            return {entity.name: _write(server, entity, "update", row, {"Active": False, "sparse": True})}
        case "deposit_payment":
            payments.deposit(company, row)
        case "undeposit_payment":
            payments.take_off_deposit(company, row)
        case _:
            raise ValueError(f"There is no op {order['op']!r}.")
    return {entity.name: row}


def _write(server: QboServer, entity: Entity, operation: str, row: Row, body: Row) -> Row:
    current = {"Id": row["Id"], "SyncToken": row["SyncToken"]}
    return operations.write(server.company, entity, operation, body | current)
