"""The stand-in as a server: gateway checks, latency, counting, and the answer to each kind of request."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AbstractContextManager, nullcontext
from random import Random
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.qbo import batch, errors, operations, search, wire
from sandbox.qbo.calls import Calls
from sandbox.qbo.oauth import SignIn
from sandbox.qbo.replay import Answer, Replay
from sandbox.qbo.throttle import Limits, Throttle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.qbo.company import Company
    from sandbox.qbo.entities import Entity
    from sandbox.qbo.store import Row

JSON = "application/json"


class QboServer:
    """One company behind the API.

    An answer's latency passes half before its work and half after it, so that a caller who gives up finds either.

    Args:
        company: The company.
        limits: What the gateway lets through, and how long an answer takes.
        sign_in: The token endpoint; one with made-up credentials if left out.
        seed: What the order of batches is drawn from.
    """

    def __init__(
        self,
        company: Company,
        limits: Limits | None = None,
        sign_in: SignIn | None = None,
        seed: int = 0,
    ) -> None:
        self.company = company
        self.limits = limits or Limits()
        self.sign_in = sign_in or SignIn(company.clock)
        self.throttle = Throttle(self.limits, company.clock)
        self.replay = Replay(company.options)
        self.calls = Calls()
        self.writing: Callable[[str, str, Row], AbstractContextManager[None]] = lambda *_write: nullcontext()
        """Holds each write while it is done, by entity, operation and body; may refuse it."""
        self._random = Random(seed)

    def reset_calls(self) -> None:
        """Begin to count anew."""
        self.calls = Calls()
        self.throttle.reset()
        self.replay.replayed = 0

    async def post_entity(self, request: web.Request, entity: Entity) -> web.Response:
        """Answer a write of one entity."""
        requestid = request.query.get("requestid")

        async def work() -> Answer:
            body = await self._body(request)
            if (first := self.replay.first(requestid, batch=False)) is not None:
                return first
            try:
                operation, include = request.query.get("operation"), request.query.get("include")
                answer = self._answer({entity.name: self._write(entity, operation, include, body)})
            except errors.QboError as error:
                answer = self._fault(error)
            self.replay.keep(requestid, answer)
            return answer

        return await self._respond(request, work)

    async def get_entity(self, request: web.Request, entity: Entity, identity: str) -> web.Response:
        """Answer a read of one entity by its id."""

        async def work() -> Answer:
            self.calls.reads += 1
            if entity.name in {"Preferences", "CompanyInfo"}:
                (row,) = search.rows_of(self.company, entity.name)
            else:
                row = operations.read(self.company, entity, identity)
            return self._answer({entity.name: row})

        return await self._respond(request, work)

    async def query(self, request: web.Request) -> web.Response:
        """Answer a query, in the address or in the body."""

        async def work() -> Answer:
            text = (await request.text()) if request.method == "POST" else request.query.get("query", "")
            return self._answer({"QueryResponse": self._query(text)})

        return await self._respond(request, work)

    async def batch(self, request: web.Request) -> web.Response:
        """Answer a batch."""
        requestid = request.query.get("requestid")

        async def work() -> Answer:
            self.calls.batches += 1
            body = await self._body(request)
            if (first := self.replay.first(requestid, batch=True)) is not None:
                return first
            items = batch.items_of(body, self.limits.batch_size, with_requestid=requestid is not None)
            with self.writing("Batch", "create", body):
                results = await batch.run(items, self._random, self._write, self._query, self._wait_item)
            self.calls.faults.update(one["Fault"]["Error"][0]["code"] for one in results if "Fault" in one)
            answer = self._answer({"BatchItemResponse": results})
            self.replay.keep(requestid, answer)
            return answer

        return await self._respond(request, work, batch=True)

    async def unknown(self, request: web.Request) -> web.Response:
        """Answer what is none of the API's addresses."""

        async def work() -> Answer:
            raise errors.unsupported_operation(f"{request.method} {request.match_info.get('rest', '')}")

        return await self._respond(request, work)

    def _write(self, entity: Entity, operation: str | None, include: str | None, body: Row) -> Row:
        wanted = operations.operation_of(body, operation, include)
        with self.writing(entity.name, wanted.removeprefix("update-"), body):
            row = operations.write(self.company, entity, wanted, body)
            self.calls.wrote(entity.name, wanted, body)
        return row

    def _query(self, text: str) -> dict[str, Any]:
        self.calls.reads += 1
        return search.run(self.company, text)

    async def _respond(
        self, request: web.Request, work: Callable[[], Awaitable[Answer]], *, batch: bool = False
    ) -> web.Response:
        headers = {"intuit_tid": f"1-{uuid.uuid4().hex}"}
        try:
            self._check_token(request)
            with self.throttle.admitted(batch=batch):
                self.calls.requests += 1
                try:
                    await request.read()  # while the caller is still there: the work goes on when nobody waits any more
                except ConnectionResetError:
                    return web.Response(status=400)  # it broke off in the middle: nothing was asked
                await self._wait(self.limits.latency_ms / 2)
                try:
                    answer = await work()
                except errors.QboError as error:
                    answer = self._fault(error)
                await self._wait(self.limits.latency_ms / 2)
        except errors.GatewayError as error:
            if error.retry_after is not None:
                headers["Retry-After"] = str(error.retry_after)
            if error.status == 401:
                headers["WWW-Authenticate"] = 'Bearer realm="Intuit", error="invalid_token"'
            answer = Answer(error.status, wire.dump(error.body(self.company.clock.now())))
        if JSON in request.headers.get("Accept", ""):
            return web.Response(status=answer.status, text=answer.text, content_type=JSON, headers=headers)
        text = wire.to_xml(wire.parse(answer.text))
        return web.Response(status=answer.status, text=text, content_type="application/xml", headers=headers)

    def _check_token(self, request: web.Request) -> None:
        if not self.sign_in.is_valid(request.headers.get("Authorization", "")):
            self.calls.unauthorized += 1
            raise errors.token_refused("Token expired or unknown")
        if request.match_info["realm"] != self.company.realm_id:
            raise errors.wrong_realm()

    async def _body(self, request: web.Request) -> dict[str, Any]:
        if request.content_type != JSON:
            raise errors.malformed(f"Content-Type {request.content_type} is not {JSON}.")
        return wire.parse(await request.read())

    def _answer(self, body: dict[str, Any]) -> Answer:
        return Answer(200, wire.dump(body | {"time": self.company.stamp()}))

    def _fault(self, error: errors.QboError) -> Answer:
        self.calls.faults[error.code] += 1
        return Answer(error.status, wire.dump({"Fault": error.fault(), "time": self.company.stamp()}))

    async def _wait_item(self) -> None:
        await self._wait(self.limits.latency_item_ms)

    async def _wait(self, milliseconds: float) -> None:
        if milliseconds:
            await asyncio.sleep(milliseconds / 1000)
