"""Runs of the tap within a test: the messages it writes, by kind."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.encoding.simple import Message, SimpleSingerWriter
from singer_sdk.singerlib.json import deserialize_json

from tap_franpos.tap import TapFranpos

if TYPE_CHECKING:
    from collections.abc import Mapping


class Killed(BaseException):
    """Stands for a process that dies."""


@dataclass
class Messages(SimpleSingerWriter):
    """Keeps what the tap writes, as a reader would see it; ``die_after``: how many messages a run lives."""

    die_after: int | None = None
    seen: list[dict[str, Any]] = field(default_factory=list)

    def write_message(self, message: Message) -> None:
        """Keep a message, or die."""
        if self.die_after is not None and len(self.seen) >= self.die_after:
            raise Killed
        self.seen.append(deserialize_json(self.format_message(message)))

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The messages of a type."""
        return [message for message in self.seen if message["type"] == kind]

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream."""
        return [message["record"] for message in self.of("RECORD") if message["stream"] == stream]

    def ids(self, stream: str) -> list[str]:
        """The ids of a stream's records, in the order they came."""
        return [record[f"{stream.removesuffix('s')}_id"] for record in self.records(stream)]

    @property
    def state(self) -> dict[str, Any]:
        """The last state that was written."""
        states = self.of("STATE")
        return copy.deepcopy(states[-1]["value"]) if states else {}

    def bookmark(self, stream: str, location_id: str = "7") -> str | None:
        """Where a stream's bookmark stands for a location."""
        partitions = self.state.get("bookmarks", {}).get(stream, {}).get("partitions", [])
        found = [one.get("replication_key_value") for one in partitions if one["context"]["location_id"] == location_id]
        assert len(found) <= 1
        return found[0] if found else None


def run(
    config: Mapping[str, Any],
    state: dict[str, Any] | None = None,
    streams: tuple[str, ...] = ("tickets", "payments", "discounts"),
    die_after: int | None = None,
    *,
    full_table: bool = False,
    keep_key: bool = True,
) -> Messages:
    """Sync once, in this process; ``full_table``: as a catalog may ask for, with or without a replication key."""
    messages = Messages(die_after=die_after)
    catalog = TapFranpos(config=dict(config)).catalog_dict
    for entry in catalog["streams"]:
        root = next(one for one in entry["metadata"] if not one["breadcrumb"])
        root["metadata"]["selected"] = entry["tap_stream_id"] in streams
        if full_table:
            entry["replication_method"] = "FULL_TABLE"
        if not keep_key:
            del entry["replication_key"]
    tap = TapFranpos(config=dict(config), state=state, catalog=catalog, message_writer=messages)
    try:
        tap.sync_all()
    except Killed:
        assert die_after is not None
    return messages
