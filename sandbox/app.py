"""Both stand-ins in one aiohttp application, on one loopback port, over one till's book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.faults import FaultPlan, fault_middleware, fault_routes
from sandbox.franpos.control import FranposControl
from sandbox.franpos.routes import FranposApi
from sandbox.franpos.server import QUOTA, FranposServer
from sandbox.qbo import saved as saved_company
from sandbox.qbo import wire
from sandbox.qbo.control import control_routes
from sandbox.qbo.routes import TOKEN_PATH, qbo_routes
from sandbox.tickets import till
from sandbox.tickets.book import TicketBook

if TYPE_CHECKING:
    from sandbox.qbo.server import QboServer
    from sandbox.tickets.model import TicketSource

CORPORATE_TOKEN = "corporate-sandbox-token"
_SETTLED = timedelta(days=3)
"""So long after its last day a till still takes late payments; then all rows of a source exist."""
_MAX_BODY = 64 * 1024 * 1024


def end_of(source: TicketSource) -> datetime:
    """Return a moment (UTC) at which every row of a source exists."""
    return datetime.combine(source.last_day, time(12), tzinfo=UTC) + _SETTLED


def location_token(location_id: int) -> str:
    """Return the token that reads one location only."""
    return f"location-{location_id}-sandbox-token"


def franpos_server(
    source: TicketSource, *, seed: int, now: datetime | None = None, quota: int = QUOTA
) -> FranposServer:
    """Make the Franpos stand-in over a source of tickets; `now` (UTC) is by default when all of its rows exist."""
    ids = frozenset(location.location_id for location in source.locations)
    tokens = {location_token(one): frozenset({one}) for one in ids} | {CORPORATE_TOKEN: ids}
    return FranposServer(TicketBook(source, now or end_of(source)), tokens, seed=seed, quota=quota)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The two stand-ins of one run.

    `seed` is for failures that are drawn by lot.
    """

    franpos: FranposServer
    qbo: QboServer
    seed: int = 0

    def application(self) -> web.Application:
        """Compose the application: `/api`, `/v3`, `/oauth2` and `/control`, with the ordered failures in front."""
        plan = FaultPlan(self.seed, self.qbo.sign_in.expire_access_tokens)
        self.qbo.writing = plan.writing
        app = web.Application(middlewares=[fault_middleware(plan)], client_max_size=_MAX_BODY)
        app.add_routes(FranposApi(self.franpos).routes())
        app.add_routes(FranposControl(self.franpos).routes())
        app.add_routes(qbo_routes(self.qbo))
        app.add_routes(control_routes(self.qbo))
        app.add_routes(fault_routes(plan))
        app.add_routes([web.get("/control/state", self._state)])
        return app

    def put_back(self, state: dict[str, Any]) -> None:
        """Let a fresh sandbox of the same tickets go on from what `GET /control/state` of another one answered.

        Raises:
            ValueError: It is of other tickets, or of another version.
        """
        try:
            saved_company.put_back(self.qbo, state["qbo"])
            till.put_back(self.franpos.book, state["till"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"no state of a sandbox: {error!r}") from error

    async def _state(self, _request: web.Request) -> web.Response:
        state = {"qbo": saved_company.saved(self.qbo), "till": till.saved(self.franpos.book)}
        return web.Response(text=wire.dump(state), content_type="application/json")

    def ready(self, url: str) -> dict[str, Any]:
        """Say what is to be known of the running sandbox.

        `franpos` and `qbo` are settings of the tap and of the target under the plugins' own names.

        Args:
            url: Where it listens, without a trailing slash.
        """
        source = self.franpos.book.source
        sign_in = self.qbo.sign_in
        return {
            "url": url,
            "control_url": f"{url}/control",
            "franpos": {
                "api_url": url,
                "auth_token": CORPORATE_TOKEN,
                "location_ids": [location.location_id for location in source.locations],
                "location_time_zones": {str(one.location_id): one.zone.key for one in source.locations},
                "start_date": source.first_day.isoformat(),
                "end_date": (source.last_day + timedelta(days=1)).isoformat(),
            },
            "qbo": {
                "api_url": url,
                "token_url": f"{url}{TOKEN_PATH}",
                "realm_id": self.qbo.company.realm_id,
                "client_id": sign_in.client_id,
                "client_secret": sign_in.client_secret,
                "refresh_token": sign_in.refresh_token,
            },
            "franpos_location_tokens": {
                str(one.location_id): location_token(one.location_id) for one in source.locations
            },
        }
