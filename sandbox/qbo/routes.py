"""The addresses of the API, and of its token endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from yarl import URL

from sandbox.qbo.entities import BY_PATH
from sandbox.qbo.oauth import OAuthError

if TYPE_CHECKING:
    from sandbox.qbo.server import QboServer

TOKEN_PATH = "/oauth2/v1/tokens/bearer"
AUTHORIZE_PATH = "/connect/oauth2"
REVOKE_PATH = "/v2/oauth2/tokens/revoke"
_COMPANY = "/v3/company/{realm}"


def qbo_routes(server: QboServer) -> list[web.RouteDef]:
    """Return the routes of the stand-in.

    Args:
        server: The company behind them. The application that takes the routes needs a `client_max_size`
            that holds a batch (64 MiB is plenty).
    """

    async def token(request: web.Request) -> web.Response:
        try:
            server.sign_in.check_client(request.headers.get("Authorization", ""))
            answer = server.sign_in.grant(await request.post())
        except OAuthError as error:
            return web.json_response({"error": error.error}, status=error.status)
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    async def authorize(request: web.Request) -> web.Response:
        try:
            answer = server.sign_in.consent(request.query, server.company.realm_id)
        except OAuthError as error:
            return web.json_response({"error": error.error}, status=error.status)
        raise web.HTTPFound(URL(request.query["redirect_uri"]).update_query(answer))

    async def revoke(request: web.Request) -> web.Response:
        try:
            server.sign_in.check_client(request.headers.get("Authorization", ""))
            form = await (request.json() if request.content_type == "application/json" else request.post())
            server.sign_in.revoke(str(form.get("token")))
        except OAuthError as error:
            return web.json_response({"error": error.error}, status=error.status)
        return web.Response()

    async def post(request: web.Request) -> web.Response:
        entity = BY_PATH.get(request.match_info["rest"])
        return await (server.post_entity(request, entity) if entity else server.unknown(request))

    async def get(request: web.Request) -> web.Response:
        path, _, identity = request.match_info["rest"].partition("/")
        entity = BY_PATH.get(path)
        if entity is None or (not identity and path != "preferences"):
            return await server.unknown(request)
        return await server.get_entity(request, entity, identity)

    return [
        web.get(AUTHORIZE_PATH, authorize),
        web.post(TOKEN_PATH, token),
        web.post(REVOKE_PATH, revoke),
        web.post(f"{_COMPANY}/batch", server.batch),
        web.get(f"{_COMPANY}/query", server.query),
        web.post(f"{_COMPANY}/query", server.query),
        web.post(f"{_COMPANY}/{{rest:.+}}", post),
        web.get(f"{_COMPANY}/{{rest:.+}}", get),
        web.route("*", f"{_COMPANY}/{{rest:.*}}", server.unknown),
    ]
