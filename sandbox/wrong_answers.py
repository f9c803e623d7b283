"""The answers of requests that were made to fail (see `sandbox.faults`): server errors, gateways' pages, XML, none."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.qbo import errors, wire

if TYPE_CHECKING:
    from collections.abc import Mapping


def drop(request: web.Request) -> web.StreamResponse:
    """Close the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def answer(what: str, order: Mapping[str, Any]) -> web.Response:
    """Return a wrong answer.

    Args:
        what: `html`, `empty`, `xml`, `broken_xml`, `429`, `500` or `503`.
        order: The rule: `status`, `code`, `retry_after`.
    """
    headers = {"Retry-After": str(order["retry_after"])} if "retry_after" in order else {}
    match what:
        case "html":
            status = int(order.get("status", 502))
            title = f"{status} {HTTPStatus(status).phrase}"
            page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
            return web.Response(status=status, text=page, content_type="text/html", headers=headers)
        case "empty":
            return web.Response(status=int(order.get("status", 400)), headers=headers)
        case "xml" | "broken_xml":
            return _xml(order, headers, broken=what == "broken_xml")
        case "429":
            error = errors.throttled()
            words = f"message={error.name}; errorCode={int(error.code):06d}; statusCode={error.status}"
            inner = {"message": words, "detail": None, "code": error.code, "element": None}
            body: dict[str, Any] = {"fault": {"error": [inner], "type": error.kind}}
        case _:
            body = {"Fault": errors.system_failure().fault()}
    return web.json_response(body, status=int(what), headers=headers)


def _xml(order: Mapping[str, Any], headers: Mapping[str, str], *, broken: bool) -> web.Response:
    error = errors.of_code(order["code"])
    text = wire.to_xml({"Fault": error.fault()})
    if broken:  # as it has been seen: not even well-formed
        text = text.replace("</Error>", "")
    status = int(order.get("status", error.status))
    return web.Response(status=status, text=text, content_type="application/xml", headers=headers)
