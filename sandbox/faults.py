"""Failures on demand: a middleware that makes chosen requests fail in a chosen way, for both stand-ins.

`POST /control/faults` takes a list of rules, `GET /control/faults` tells the rules and what fired,
`DELETE /control/faults` forgets all. A rule is an object:

    `where`: `qbo`, `token` or `franpos`; left out: all three.
    `match`: which requests: `path` (a regular expression, searched in path and query), `method`, `entity` (its name
        stands in the address, or as a key in the body), `body` (a regular expression, searched in the body as JSON),
        `larger_than` (its body has more bytes), and of those `nth` (that one), `every` (each Nth) or `share` (that part
        of them, drawn from the seed); left out: the next ones.
    `do`: `500`, `503`, `429`, `html` (a proxy's page), `empty` (a status and no body), `xml` (a fault in XML, whatever
        was asked for), `broken_xml` (the same, not well-formed), `drop_before` (the connection is closed, nothing was
        done), `drop_after` (everything was done, and the connection is closed without an answer), `hang` (no answer for
        `seconds`, nothing was done), `hang_after` (the same, and everything was done), `slow` (it is done, `seconds`
        later), `expire_token` (all access tokens run out first). `500_after`, `503_after` and `html_after`: everything
        was done and the answer says otherwise.
    `times`: how often it fires [1; with `every` or `share`: without end], `seconds` [3600], `retry_after` (seconds, in
        the header), `status` (of `html` [502], `empty` [400], `xml` [the fault's]), `code` (of `xml`: as below).

QuickBooks can also be told to refuse single writes, item by item, whether they come alone or in a batch:

    `do`: `refuse` (nothing of it was done), or `refuse_after` (it was done, and its answer says otherwise).
    `code`: the fault, one of `sandbox.qbo.errors.CODES`.
    `match`: which writes: `entity`, `operation` (`create`, `update`, `delete`, `void`), `body` (a regular expression,
        searched in the entity as JSON), and `nth`, `every`, `share` as above, counted in writes; `first`: of each
        document or name the first so many sendings. The entity `Batch` is a batch as a whole.
    `times`: as above; with `first`, too, without end.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox import wrong_answers
from sandbox.qbo import errors, wire
from sandbox.qbo.entities import ENTITIES
from sandbox.qbo.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiohttp.typedefs import Handler, Middleware

    from sandbox.qbo.store import Row

_PLACES = {"/v3/": "qbo", "/oauth2/": "token", "/v2/oauth2/": "token", "/api/": "franpos"}
_XML = frozenset({"xml", "broken_xml"})
_BEFORE = _XML | {"500", "503", "429", "html", "empty", "drop_before", "hang", "slow", "expire_token"}
_AFTER = frozenset({"500_after", "503_after", "html_after", "drop_after", "hang_after"})
_REFUSALS = frozenset({"refuse", "refuse_after"})
_KEYS = frozenset({"where", "match", "do", "times", "seconds", "retry_after", "status"})
_MATCH_KEYS = frozenset({"path", "method", "entity", "body", "larger_than", "nth", "every", "share"})
_REFUSAL_KEYS = frozenset({"where", "match", "do", "times", "code"})
_REFUSAL_MATCH_KEYS = frozenset({"entity", "operation", "body", "nth", "every", "share", "first"})
_ENDLESS = frozenset({"every", "share", "first"})
_NAMES = ("DocNumber", "PaymentRefNum", "DisplayName", "Name", "Id")


@dataclass(slots=True)
class Rule:
    """One kind of failure.

    Attributes:
        order: The rule as it was given.
        do: What happens.
        left: How often it may still happen; None: without end.
        met: How many requests, or writes, it matched.
        fired: How often it happened.
        sendings: How often each document or name was sent of those it matched.
    """

    order: dict[str, Any]
    do: str
    left: int | None
    met: int = 0
    fired: int = 0
    sendings: Counter[str] = field(default_factory=Counter)

    @property
    def match(self) -> dict[str, Any]:
        """Which requests, or writes, it is for."""
        return dict(self.order.get("match") or {})

    @property
    def refuses(self) -> bool:
        """Whether it is for single writes."""
        return self.do in _REFUSALS


@dataclass(slots=True)
class FaultPlan:
    """The failures that are to come, and those that came.

    Args:
        seed: What shares are drawn from.
        expire_tokens: Lets all access tokens run out.
    """

    seed: int = 0
    expire_tokens: Callable[[], None] | None = None
    rules: list[Rule] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def add(self, order: dict[str, Any]) -> None:
        """Add a rule.

        Args:
            order: The rule, as the module describes it.

        Raises:
            ValueError: It says something unknown.
        """
        do, match = str(order.get("do")), order.get("match") or {}
        if do not in _BEFORE | _AFTER | _REFUSALS:
            raise ValueError(f"There is no failure {do!r}.")
        keys, match_keys = (_REFUSAL_KEYS, _REFUSAL_MATCH_KEYS) if do in _REFUSALS else (_KEYS, _MATCH_KEYS)
        keys |= {"code"} if do in _XML else set()
        if unknown := [*(set(order) - keys), *(set(match) - match_keys)]:
            raise ValueError(f"A rule has no {', '.join(sorted(unknown))}.")
        if order.get("where") not in {None, *_PLACES.values()}:
            raise ValueError(f"There is no place {order['where']!r}.")
        if do in _REFUSALS | _XML:
            _check_code(order)
        if do in _REFUSALS:
            _check_refusal(match)
        for pattern in ("path", "body"):
            re.compile(match.get(pattern, ""))
        times = order.get("times", None if _ENDLESS & set(match) else 1)
        self.rules.append(Rule(order, do, times))

    def clear(self) -> None:
        """Forget all rules and what fired."""
        self.rules.clear()
        self.log.clear()

    def report(self) -> dict[str, Any]:
        """Return the rules and what fired."""
        rules = [rule.order | {"met": rule.met, "fired": rule.fired} for rule in self.rules]
        return {"rules": rules, "fired": list(self.log)}

    async def due(self, request: web.Request) -> Rule | None:
        """Return the rule that makes this request fail, if one does; it is then used up once."""
        place = next((one for start, one in _PLACES.items() if request.path.startswith(start)), None)
        if place is None:
            return None
        for rule in self.rules:
            if rule.refuses or rule.left == 0 or rule.order.get("where") not in {None, place}:
                continue
            if await _concerns(rule.match, request) and self._hits(rule):
                self.log.append({"where": place, "do": rule.do, "method": request.method, "path": request.path})
                return rule
        return None

    @contextmanager
    def writing(self, entity: str, operation: str, body: Row) -> Iterator[None]:
        """Hold one write of QuickBooks, to refuse it before it is done or after, if a rule says so.

        Args:
            entity: What is written; `Batch` is a batch as a whole.
            operation: As in a batch's item.
            body: The entity as it was sent.

        Raises:
            QboError: It is refused.
        """
        rule = next(
            (
                rule
                for rule in self.rules
                if rule.refuses
                and rule.left != 0
                and _is_for(rule.match, entity, operation, body)
                and self._hits(rule, _thing(entity, body))
            ),
            None,
        )
        if rule is None:
            yield
            return
        code = rule.order["code"]
        self.log.append({"where": "qbo", "do": rule.do, "code": code, "entity": entity, "operation": operation})
        if rule.do == "refuse_after":
            yield
        raise errors.of_code(code)

    def _hits(self, rule: Rule, thing: str = "") -> bool:
        """Count what a rule matched, and whether it fires; it is then used up once."""
        rule.met += 1
        rule.sendings[thing] += 1
        if not self._chooses(rule, thing):
            return False
        rule.fired += 1
        rule.left = None if rule.left is None else rule.left - 1
        return True

    def _chooses(self, rule: Rule, thing: str) -> bool:
        match = rule.match
        if rule.sendings[thing] > match.get("first", rule.met):
            return False
        if "nth" in match:
            return bool(rule.met == match["nth"])
        if "every" in match:
            return bool(rule.met % match["every"] == 0)
        return "share" not in match or self._random.random() < match["share"]


def _check_code(order: dict[str, Any]) -> None:
    if order.get("where") not in {None, "qbo"}:
        raise ValueError("Only qbo answers with faults.")
    if str(order.get("code")) not in errors.CODES or not isinstance(order["code"], str):
        raise ValueError(f"There is no fault {order.get('code')!r} in {', '.join(errors.CODES)}.")


def _check_refusal(match: dict[str, Any]) -> None:
    if match.get("entity", "Batch") not in {"Batch", *ENTITIES}:
        raise ValueError(f"There is no entity {match['entity']!r}.")
    if match.get("operation", "create") not in OPERATIONS:
        raise ValueError(f"There is no operation {match['operation']!r}.")


def _is_for(match: dict[str, Any], entity: str, operation: str, body: Row) -> bool:
    if match.get("entity", entity) != entity or ("entity" not in match and entity == "Batch"):
        return False
    if match.get("operation", operation) != operation:
        return False
    return "body" not in match or re.search(match["body"], wire.dump(body)) is not None


def _thing(entity: str, body: Row) -> str:
    """Return what tells a document or a name from others, whenever it is sent."""
    return f"{entity} {next((body[name] for name in _NAMES if name in body), None)}"


async def _concerns(match: dict[str, Any], request: web.Request) -> bool:
    if "path" in match and not re.search(match["path"], request.path_qs):
        return False
    if "method" in match and request.method != match["method"].upper():
        return False
    if "larger_than" in match and len(await request.read()) <= match["larger_than"]:
        return False
    if "body" in match and not re.search(match["body"], _readable(await request.read())):
        return False
    if "entity" in match:
        in_path = f"/{match['entity'].lower()}" in f"{request.path}/".lower()
        return in_path or f'"{match["entity"]}"'.encode() in await request.read()
    return True


def _readable(body: bytes) -> str:
    """Return a body as the rules read it: JSON without escapes, so that a text is found however it was sent."""
    try:
        return wire.dump(wire.parse(body))
    except errors.QboError:
        return body.decode(errors="replace")


def fault_middleware(plan: FaultPlan) -> Middleware:
    """Return the middleware that makes requests fail.

    Args:
        plan: What is to fail.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        rule = await plan.due(request)
        if rule is None:
            return await handler(request)
        await request.read()  # while the caller is still there: what is slow goes on when nobody waits any more
        seconds = float(rule.order.get("seconds", 3600))
        if rule.do == "slow":
            await asyncio.sleep(seconds)
            return await handler(request)
        if rule.do == "expire_token":
            if plan.expire_tokens:
                plan.expire_tokens()
            return await handler(request)
        if rule.do in _AFTER:
            await handler(request)
        what = rule.do.removesuffix("_after").removesuffix("_before")
        if what == "hang":
            await asyncio.sleep(seconds)
        if what in {"hang", "drop"}:
            return wrong_answers.drop(request)
        return wrong_answers.answer(what, rule.order)

    return middleware


def fault_routes(plan: FaultPlan) -> list[web.RouteDef]:
    """Return the routes by which failures are ordered.

    Args:
        plan: Where the orders go.
    """

    async def add(request: web.Request) -> web.Response:
        orders = await request.json()
        try:
            for order in orders if isinstance(orders, list) else [orders]:
                plan.add(order)
        except (ValueError, re.error) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(plan.report())

    async def show(_request: web.Request) -> web.Response:
        return web.json_response(plan.report())

    async def clear(_request: web.Request) -> web.Response:
        plan.clear()
        return web.json_response(plan.report())

    return [
        web.post("/control/faults", add),
        web.get("/control/faults", show),
        web.delete("/control/faults", clear),
    ]
