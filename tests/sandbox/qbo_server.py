"""The QuickBooks stand-in on a loopback port in a thread of its own, and a small client that speaks to it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import simplejson
from aiohttp import web

from sandbox.faults import FaultPlan, fault_middleware, fault_routes
from sandbox.qbo.clock import ManualClock
from sandbox.qbo.control import control_routes
from sandbox.qbo.oauth import SignIn
from sandbox.qbo.presets import seed_company
from sandbox.qbo.routes import REVOKE_PATH, TOKEN_PATH, qbo_routes
from sandbox.qbo.server import QboServer
from sandbox.qbo.throttle import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 10
WIDE = {"requests_per_minute": 1_000_000, "batches_per_minute": 1_000_000, "max_concurrent": 1_000}
Json = dict[str, Any]


class Refused(Exception):  # noqa: N818 - it is what the API says, not an error of the tests
    """A Fault in an answer."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        (self.error,) = body["Fault"]["Error"]
        self.code = self.error["code"]


@dataclass
class Qbo:
    """A running stand-in with a client that is signed in."""

    url: str
    server: QboServer
    clock: ManualClock
    session: requests.Session

    @property
    def base(self) -> str:
        """Return the company's address."""
        return f"{self.url}/v3/company/{self.server.company.realm_id}"

    def sign_in(self, refresh_token: str | None = None) -> requests.Response:
        """Refresh the tokens and go on with the new access token."""
        server = self.server.sign_in
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token or server.refresh_token}
        answer = requests.post(
            self.url + TOKEN_PATH, data=form, auth=(server.client_id, server.client_secret), timeout=TIMEOUT
        )
        if answer.ok:
            self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    def revoke(self, token: str) -> requests.Response:
        """Revoke a token."""
        server = self.server.sign_in
        auth = (server.client_id, server.client_secret)
        return requests.post(self.url + REVOKE_PATH, json={"token": token}, auth=auth, timeout=TIMEOUT)

    def send(self, method: str, path: str, body: object = None, **params: str) -> requests.Response:
        """Send a request and return its answer as it is."""
        data = None if body is None else simplejson.dumps(body, use_decimal=True)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        return self.session.request(
            method, f"{self.base}/{path}", data=data, params=params, headers=headers, timeout=TIMEOUT
        )

    def call(self, method: str, path: str, body: object = None, **params: str) -> Json:
        """Send a request and return its answer, decimals exact."""
        answer = self.send(method, path, body, **params)
        read: Json = simplejson.loads(answer.text, use_decimal=True)
        if not answer.ok:
            raise Refused(answer.status_code, read)
        return read

    def write(self, entity: str, body: Json, **params: str) -> Json:
        """Write an entity and return it as the answer shows it."""
        written: Json = self.call("POST", entity.lower(), body, **params)[entity]
        return written

    def read(self, entity: str, identity: str) -> Json:
        """Read an entity by its id."""
        row: Json = self.call("GET", f"{entity.lower()}/{identity}")[entity]
        return row

    def query(self, text: str) -> Json:
        """Ask a query and return its QueryResponse."""
        found: Json = self.call("GET", "query", query=text)["QueryResponse"]
        return found

    def one(self, entity: str, where: str) -> Json:
        """Return the one row that a query finds."""
        (row,) = self.query(f"select * from {entity} where {where}")[entity]  # noqa: S608 - not SQL
        found: Json = row
        return found

    def batch(self, items: list[Json], **params: str) -> dict[str, Json]:
        """Send a batch and return its results by bId."""
        answer = self.call("POST", "batch", {"BatchItemRequest": items}, **params)
        return {item["bId"]: item for item in answer["BatchItemResponse"]}

    def control(self, path: str, body: object = None) -> Json:
        """Use the back door: read it, or order something of it."""
        url = f"{self.url}/control/{path}"
        if body is None:
            answer = requests.get(url, timeout=TIMEOUT)
        else:
            answer = requests.post(url, data=simplejson.dumps(body, use_decimal=True), timeout=TIMEOUT)
        read: Json = simplejson.loads(answer.text, use_decimal=True)
        assert answer.ok, read
        return read

    def options(self, **options: object) -> None:
        """Change the company's options."""
        self.control("qbo", {"options": options})

    def books(self) -> Json:
        """Return what is in the company's books."""
        return self.control("books")

    # What the tests post again and again.

    def account(self, name: str) -> Json:
        """Return a reference to an account by its name."""
        return {"value": self.one("Account", f"Name = '{name}'")["Id"]}

    def customer(self, name: str = "Guest Customer") -> Json:
        """Make a customer and return a reference to it."""
        return {"value": self.write("Customer", {"DisplayName": name})["Id"]}

    def service(self, name: str = "Tips", **fields: object) -> Json:
        """Make a service item and return a reference to it."""
        body = {"Name": name, "Type": "Service", "IncomeAccountRef": self.account("Sales")}
        return {"value": self.write("Item", body | fields)["Id"]}

    def inventory(self, name: str = "Product", **fields: object) -> Json:
        """Make an inventory item and return a reference to it."""
        return {"value": self.write("Item", self.inventory_body(name) | fields)["Id"]}

    def inventory_body(self, name: str = "Product") -> Json:
        """Return what an inventory item needs."""
        return {
            "Name": name,
            "Type": "Inventory",
            "TrackQtyOnHand": True,
            "QtyOnHand": 0,
            "InvStartDate": "2015-01-01",
            "IncomeAccountRef": self.account("Sales of Product Income"),
            "AssetAccountRef": self.account("Inventory Asset"),
            "ExpenseAccountRef": self.account("Cost of Goods Sold"),
        }


@contextmanager
def qbo(kind: str = "us", limits: Limits | None = None, **options: object) -> Iterator[Qbo]:
    """Run a stand-in of a company of that kind for as long as the block lasts, and be signed in to it."""
    clock = ManualClock()
    company = seed_company(kind, clock=clock, options=dict(options))
    server = QboServer(company, limits or Limits(**WIDE), SignIn(clock), seed=7)
    plan = FaultPlan(seed=7, expire_tokens=server.sign_in.expire_access_tokens)
    server.writing = plan.writing
    app = web.Application(middlewares=[fault_middleware(plan)], client_max_size=64 * 2**20)
    app.add_routes([*qbo_routes(server), *control_routes(server), *fault_routes(plan)])
    with _Running(app) as url, requests.Session() as session:
        session.headers["Accept"] = "application/json"
        client = Qbo(url, server, clock, session)
        assert client.sign_in().ok
        yield client


class _Running:
    """An aiohttp application in a thread."""

    def __init__(self, app: web.Application) -> None:
        self._loop = asyncio.new_event_loop()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(TIMEOUT)

    async def _start(self) -> str:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        await self._runner.cleanup()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(TIMEOUT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT)
        self._loop.close()


def line(item: Json, amount: object, **fields: object) -> Json:
    """Return a sold line."""
    detail = {"ItemRef": item, **fields}
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}


def linked(invoice: Json, amount: object) -> Json:
    """Return a payment's line on an invoice."""
    return {"Amount": amount, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
