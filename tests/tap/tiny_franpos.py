"""A tiny Franpos for what the sandbox can't show: rows and answers that a test writes by hand.

It answers the three bulk endpoints from its rows, by the date in ``CreatedOn`` or ``CreatedOnUTC``; ``script`` takes
over where a test wants another answer.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "s3cret+token/with=odd&signs"

Row = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """An answer written by hand; ``cut``: the connection is closed within the body."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


Script = Callable[[str, int], Reply | None]


DENIED = "Authorization has been denied for this request."
SHAPES = (  # how the token may look
    TOKEN,
    quote(TOKEN, safe=""),
    quote_plus(TOKEN),
    TOKEN.split("=", maxsplit=1)[0],
)


def always(reply: Reply) -> Script:
    return lambda _path, _number: reply


def once(reply: Reply, at: int = 1) -> Script:
    return lambda _path, number: reply if number == at else None


def said(message: str, status: int, **headers: str) -> Reply:
    return Reply(
        status, json.dumps({"Message": message}), {key.replace("_", "-"): text for key, text in headers.items()}
    )


def slow(_path: str, _number: int) -> None:
    time.sleep(0.6)


class TinyFranpos:
    """The server's rows and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.rows: dict[str, list[Row]] = {"orders": [], "orderitems": [], "orderPayments": []}
        self.spill_days = 0
        """How many days before and after a window show up in it as well."""
        self.usage = "nobody knows"
        self.asked: list[str] = []
        self.tokens: set[str] = set()
        self.pages: dict[str, int] = {}
        self.script: Script = lambda _path, _number: None

    @property
    def calls(self) -> list[str]:
        """Paths of the calls that cost quota."""
        return [path for path in self.asked if "/datadump/" in path]

    def ticket(self, number: int, created_on: str, paid_at: str | None, **order: Any) -> None:
        """A ticket of one line over 10.00, paid in cash at a time in UTC, or not at all."""
        self.rows["orders"].append(
            {
                "OrderId": number,
                "CompanyOrderNumber": 1000 + number,
                "CreatedOn": created_on,
                "SubTotal": "10.0000",
                "DiscountTotal": "0.0000",
                "TaxTotal": 0,
                "Tips": 0,
                "Total": "10.0000",
            }
            | order
        )
        self.rows["orderitems"].append(
            {
                "OrderItemId": number * 10,
                "OrderId": number,
                "CreatedOn": created_on,
                "Name": "Thing",
                "Sku": "123",
                "Price": "10.0000",
                "Quantity": 1,
                "Cost": "4.0000",
                "Discount": 0,
            }
        )
        if paid_at:
            self.pay(number * 100, number, paid_at, "10.0000")

    def pay(self, payment_id: int, ticket: int | None, paid_at: str, amount: str) -> None:
        """A payment at a time in UTC."""
        self.rows["orderPayments"].append(
            {
                "OrderPaymentId": payment_id,
                "OrderId": ticket,
                "CreatedOnUTC": paid_at,
                "PaymentMethod": "Cash",
                "Amount": amount,
            }
        )

    def answer(self, address: str) -> Reply:
        """Answer a request for this path and query."""
        parts = urlsplit(address)
        query = parse_qs(parts.query)
        self.tokens.update(query.get("Token", []))
        self.asked.append(parts.path)
        if reply := self.script(parts.path, len(self.asked)):
            return reply
        if parts.path == "/api/checkUsageLimit":
            return Reply(body=json.dumps({"result": [self.usage]}))
        *_, endpoint, days, page, first, _location = parts.path.split("/")
        begin = date.fromisoformat(first)
        span = [(begin + timedelta(days=n)).isoformat() for n in range(-self.spill_days, int(days) + self.spill_days)]
        key = "CreatedOnUTC" if endpoint == "orderPayments" else "CreatedOn"
        rows = [row for row in self.rows[endpoint] if row[key][:10] in span]
        size = int(query["pageSize"][0])
        pages = -(-len(rows) // size)
        data = rows[int(page) * size : (int(page) + 1) * size]
        return Reply(body=json.dumps({"isSuccess": True, "pages": pages, "data": data}))


@contextmanager
def tiny_franpos() -> Iterator[TinyFranpos]:
    """Run one on a free port of the loopback."""
    tiny = TinyFranpos()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for head and body

        def do_GET(self) -> None:
            reply = tiny.answer(self.path)
            body = reply.body.encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + (50 if reply.cut else 0)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = self.close_connection or reply.cut

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    tiny.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield tiny
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
