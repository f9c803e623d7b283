"""The tap's settings: their schema for the SDK, their checks, and what the rest of the tap reads of them.

Names and defaults are part of the project's interface. Checks happen once, before anything is read, and every
problem is a sentence that names the setting.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from singer_sdk import typing as th

from tap_franpos.clocks import moment

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WINDOW_DAYS = 30
"""Longest window of the bulk endpoints, in days (Franpos API notes, Datadump)."""

MAX_PAGE_SIZE = 500
"""Largest page known to work (Franpos API notes, Datadump)."""

CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "api_url",
        th.StringType,
        default="https://publicapi.franpos.com",
        title="API address",
        description="Root of the Franpos public API. Plain http is refused except to this machine.",
    ),
    th.Property(
        "auth_token",
        th.StringType,
        secret=True,
        title="Token",
        description="Franpos API token, for every location that has none of its own in location_tokens.",
    ),
    th.Property(
        "location_ids",
        th.CustomType(
            {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "uniqueItems": True}
        ),
        required=True,
        title="Locations",
        description="Ids of the Franpos locations to read.",
    ),
    th.Property(
        "location_tokens",
        th.ObjectType(additional_properties=th.StringType),
        secret=True,
        title="Tokens by location",
        description="Location id → token, for locations with a token of their own; goes before auth_token.",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="No ticket before it is read. A date means the start of that day in the location's time zone.",
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description=(
            "Only tickets before it are read (exclusive). A date means the start of that day in the location's "
            "time zone. Default: now."
        ),
    ),
    th.Property(
        "time_zone",
        th.StringType,
        default="America/Denver",
        title="Time zone",
        description="IANA time zone of the locations: the API gives their local time without an offset.",
    ),
    th.Property(
        "location_time_zones",
        th.ObjectType(additional_properties=th.StringType),
        title="Time zones by location",
        description="Location id → IANA time zone, where it differs from time_zone.",
    ),
    th.Property(
        "lookback_days",
        th.IntegerType(minimum=0),
        default=3,
        title="Lookback (days)",
        description=(
            "How far before its bookmark a run starts, and how long after the end of the period late payments "
            "of its tickets are still looked for."
        ),
    ),
    th.Property(
        "window_days",
        th.IntegerType(minimum=1, maximum=MAX_WINDOW_DAYS),
        default=MAX_WINDOW_DAYS,
        title="Window (days)",
        description=f"Days asked for in one request, at most {MAX_WINDOW_DAYS}. More days cost fewer calls.",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=MAX_PAGE_SIZE),
        default=MAX_PAGE_SIZE,
        title="Page size",
        description=f"Rows asked for in one request, at most {MAX_PAGE_SIZE}. More rows cost fewer calls.",
    ),
    th.Property(
        "user_agent",
        th.StringType,
        title="User agent",
        description="User-Agent header of the requests. Default: the Singer SDK's.",
    ),
    th.Property(
        "settings_url",
        th.StringType,
        secret=True,
        title="Kept settings",
        description=(
            "Database in which the back-office page keeps settings, as target-qbo's ledger_url names it: those kept "
            "there count where nothing is set here."
        ),
    ),
    th.Property(
        "settings_key",
        th.StringType,
        secret=True,
        title="Key of kept settings",
        description="Passphrase of the secrets among them, where target-qbo has a ledger_key.",
    ),
).to_dict()

SECRETS = ("auth_token", "location_tokens", "settings_url", "settings_key")
"""Settings whose values no text may hold."""


@dataclass(frozen=True, slots=True)
class Location:
    """A shop: its id, the token that opens it and the time zone its clocks run in."""

    id: str
    token: str = field(repr=False)
    zone: ZoneInfo


def locations(config: Mapping[str, Any]) -> list[Location]:
    """The locations to read, in the order of ``location_ids``; the settings must have passed `problems`."""
    return [
        Location(id=key, token=token_of(config, key), zone=ZoneInfo(zone_name(config, key)))
        for key in map(str, config["location_ids"])
    ]


def token_of(config: Mapping[str, Any], location_id: str) -> str:
    """The token for a location: its own, else the common one, else an empty text."""
    token: str = (config.get("location_tokens") or {}).get(location_id) or config.get("auth_token") or ""
    return token.strip()


def zone_name(config: Mapping[str, Any], location_id: str) -> str:
    """Name of a location's time zone: its own, else the common one."""
    name: str = (config.get("location_time_zones") or {}).get(location_id) or config["time_zone"]
    return name


def problems(config: Mapping[str, Any]) -> list[str]:
    """What is wrong with settings that fit the schema, one sentence each; empty: nothing.

    No sentence holds a secret.
    """
    found = [_address_problem(str(config["api_url"]))]
    found += [
        f"no token for location {key}: set auth_token, or location_tokens with an entry for it"
        for key in map(str, config["location_ids"])
        if not token_of(config, key)
    ]
    names = {"time_zone": config["time_zone"]} | {
        f"location_time_zones, location {key}": name for key, name in (config.get("location_time_zones") or {}).items()
    }
    found += [_zone_problem(setting, name) for setting, name in names.items()]
    if not any(found):
        found += [_period_problem(config, location) for location in locations(config)]
    return list(dict.fromkeys(sentence for sentence in found if sentence))


def _address_problem(url: str) -> str | None:
    # The address itself isn't shown: people paste whole request URLs, with the token in them.
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "api_url is not a valid address"
    if parts.scheme not in {"http", "https"} or not host:
        return "api_url must be an address like https://publicapi.franpos.com"
    if parts.query or parts.fragment or parts.username or parts.password:
        return "api_url must be the root address only, without user, query or token"
    if parts.scheme == "http" and not _is_loopback(host):
        return "api_url must be https: every request carries the token (plain http only to this machine)"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _zone_problem(setting: str, name: str) -> str | None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"{setting}: unknown time zone {name!r}; an IANA name is needed, like America/Denver"
    return None


def _period_problem(config: Mapping[str, Any], location: Location) -> str | None:
    bounds = []
    for setting in ("start_date", "end_date"):
        value = config.get(setting)
        try:
            bounds.append(moment(value, location.zone) if value else None)
        except ValueError:
            return f"{setting}: {value!r} is not a date or an ISO 8601 time, like 2025-01-31"
    start, end = bounds
    if start and end and start > end:
        return f"start_date {config['start_date']} is after end_date {config['end_date']}"
    return None
