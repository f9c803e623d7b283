"""Batches: independent items, done in no promised order and answered in another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.qbo import errors
from sandbox.qbo.entities import ENTITIES
from sandbox.qbo.replay import LONGEST_ITEM_ID

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from random import Random

    from sandbox.qbo.entities import Entity
    from sandbox.qbo.store import Row

_KEYS = frozenset({"bId", "operation", "optionsData", "Query", *ENTITIES})


def items_of(body: dict[str, Any], limit: int, *, with_requestid: bool) -> list[dict[str, Any]]:
    """Return the items of a batch.

    Args:
        body: The request's body.
        limit: The most items.
        with_requestid: Whether the batch has a requestid: then the items' ids must be short.

    Raises:
        QboError: The batch as a whole is malformed or too large.
    """
    for name in body:
        if name != "BatchItemRequest":
            raise errors.unknown_property(name)
    items = body.get("BatchItemRequest")
    if not isinstance(items, list) or not items:
        raise errors.missing("BatchItemRequest")
    if len(items) > limit:
        raise errors.batch_too_large(limit)
    seen: set[str] = set()
    for item in items:
        identity = item.get("bId") if isinstance(item, dict) else None
        if not isinstance(identity, str) or not identity:
            raise errors.missing("bId")
        if with_requestid and len(identity) > LONGEST_ITEM_ID:
            raise errors.wrong_length("bId", LONGEST_ITEM_ID, len(identity))
        if identity in seen:
            raise errors.malformed(f"bId {identity} stands twice in the batch.", "bId")
        seen.add(identity)
    return items


async def run(
    items: list[dict[str, Any]],
    random: Random,
    write: Callable[[Entity, str | None, str | None, Row], Row],
    query: Callable[[str], dict[str, Any]],
    wait: Callable[[], Awaitable[None]],
) -> list[dict[str, Any]]:
    """Do the items of a batch, each for itself.

    Args:
        items: The items.
        random: What the order is drawn from.
        write: Does one write: entity, operation, include, body.
        query: Answers one query.
        wait: Lets time pass before each item.

    Returns:
        A result or a fault for each item, in an order of its own.
    """
    results = []
    for item in random.sample(items, len(items)):
        await wait()
        try:
            result = _one(item, write, query)
        except errors.QboError as error:
            result = {"Fault": error.fault()}
        results.append(result | {"bId": item["bId"]})
    random.shuffle(results)
    return results


def _one(
    item: dict[str, Any],
    write: Callable[[Entity, str | None, str | None, Row], Row],
    query: Callable[[str], dict[str, Any]],
) -> dict[str, Any]:
    for name in item:
        if name not in _KEYS:
            raise errors.unknown_property(name)
    if "Query" in item:
        if not isinstance(item["Query"], str):
            raise errors.malformed("Query is not a string", "Query")
        return {"QueryResponse": query(item["Query"])}
    names = [name for name in item if name in ENTITIES]
    if len(names) != 1:
        raise errors.malformed("A batch's item has one entity or one Query.")
    if "operation" not in item:
        raise errors.missing("operation")
    body = item[names[0]]
    if not isinstance(body, dict):
        raise errors.malformed(f"{names[0]} is not an object", names[0])
    return {names[0]: write(ENTITIES[names[0]], item["operation"], item.get("optionsData"), body)}
