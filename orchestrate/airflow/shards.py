"""Which stores share a task of a night, and a process: a shard."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from franpos_qbo.stores import by_realm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from franpos_qbo.stores import Store

_TITLE_CHARACTERS = 200


def shards(stores: Sequence[Store], most: int, most_shards: int) -> list[list[Store]]:
    """Divide stores among shards, those of a company in one, in about the order of the file.

    Args:
        stores: The stores.
        most: In a shard; more only where a company has more, or too many shards would come of it.
        most_shards: How many there may be.
    """
    made = _divided(stores, most)
    while len(made) > most_shards:
        most = max(most + 1, -(-len(stores) // most_shards))
        made = _divided(stores, most)
    return made


def title(shard: Sequence[Store]) -> str:
    """Return how a shard is named in Airflow's page: by its first store and its last."""
    if len(shard) == 1:
        return shard[0].name
    return f"{shard[0].name} … {shard[-1].name} ({len(shard)})"[:_TITLE_CHARACTERS]


def _divided(stores: Sequence[Store], most: int) -> list[list[Store]]:
    """Divide stores among as few shards as come of it: the largest company first, each where it leaves least room."""
    alone, shared = by_realm(stores)
    companies = sorted([*shared.values(), *([store] for store in alone)], key=len, reverse=True)
    made: list[list[Store]] = []
    with_room: dict[int, list[int]] = defaultdict(list)
    for company in companies:
        room = next((room for room in range(len(company), most) if with_room[room]), None)
        if room is None:
            number, room = len(made), max(most, len(company))
            made.append([])
        else:
            number = with_room[room].pop(0)
        made[number] += company
        with_room[room - len(company)].append(number)
    places = {store.name: place for place, store in enumerate(stores)}
    ordered = [sorted(shard, key=lambda store: places[store.name]) for shard in made]
    return sorted(ordered, key=lambda shard: places[shard[0].name])
