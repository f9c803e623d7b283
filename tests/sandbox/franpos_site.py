"""The Franpos stand-in over real HTTP, for the tests beside this file."""

from __future__ import annotations

import asyncio
import threading
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import requests
import simplejson
from aiohttp import web

from sandbox.app import CORPORATE_TOKEN, franpos_server
from sandbox.franpos.control import FranposControl
from sandbox.franpos.routes import FranposApi
from sandbox.tickets.generate import GeneratedTickets, shops

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.tickets.model import Location, TicketSource

FIRST_DAY = date(2026, 3, 4)


def generated(**changes: Any) -> GeneratedTickets:
    """Return a week of two shops, but for the changes."""
    options: dict[str, Any] = {"locations": shops(2), "first_day": FIRST_DAY, "days": 7, "tickets_per_day": 36}
    return GeneratedTickets(**(options | changes))


class Site:
    """The stand-in in a thread of its own, on a free loopback port."""

    def __init__(self, source: TicketSource | None = None, now: datetime | None = None) -> None:
        self.source = source or generated()
        self.server = franpos_server(self.source, seed=1, now=now)
        self.location: Location = self.source.locations[0]
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.http = requests.Session()

    def __enter__(self) -> Self:
        """Start, and wait until it listens."""
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.http.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        app = web.Application()
        app.add_routes([*FranposApi(self.server).routes(), *FranposControl(self.server).routes()])
        runner = web.AppRunner(app, access_log=None)

        async def start() -> None:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            self._started.set()

        self._loop.run_until_complete(start())
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    def get(self, path: str, *, token: str | None = CORPORATE_TOKEN, **query: object) -> tuple[int, Any]:
        """Get a path with the token; return status and body."""
        if token is not None:
            query["Token"] = token
        return self._answer(self.http.get(self.url + path, params={k: str(v) for k, v in query.items()}, timeout=10))

    def post(self, path: str, body: object) -> tuple[int, Any]:
        """Post a JSON body; return status and body."""
        return self._answer(self.http.post(self.url + path, data=simplejson.dumps(body), timeout=10))

    @staticmethod
    def _answer(response: requests.Response) -> tuple[int, Any]:
        return response.status_code, simplejson.loads(response.text, use_decimal=True)

    def dump(self, endpoint: str, first: object = FIRST_DAY, days: int = 30, location: int = 0) -> list[dict[str, Any]]:
        """Return all rows of a datadump window over all its pages; `endpoint` with its version."""
        rows: list[dict[str, Any]] = []
        page = 0
        while True:
            place = location or self.location.location_id
            status, body = self.get(f"/api/datadump/{endpoint}/{days}/{page}/{first}/{place}", pageSize=500)
            assert status == 200, body
            rows += body["data"]
            page += 1
            if page >= body["pages"]:
                return rows

    def edit(self, op: str, ticket_id: object = None, **body: object) -> Any:
        """Do something to a ticket at the till; return its truth."""
        values = {"op": op, "location_id": self.location.location_id, **body}
        if ticket_id is not None:
            values["ticket_id"] = ticket_id
        status, answer = self.post("/control/tickets/edit", values)
        assert status == 200, answer
        return answer

    def truth(self) -> list[dict[str, Any]]:
        """Return the truth of all tickets."""
        status, answer = self.get("/control/tickets", token=None)
        assert status == 200
        return list(answer)


def amount(value: object) -> Decimal:
    """Read money as the API writes it: a number or a string."""
    return Decimal(str(value))
