"""Whether the tap's settings open the API: asked of an endpoint that costs no call of the quota."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigValidationError, SingerSDKError

from tap_franpos.client import UsageLimit
from tap_franpos.quota import Quota
from tap_franpos.settings import locations
from tap_franpos.tap import TapFranpos

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def check_access(config: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """Ask for every location what is left of its quota.

    Args:
        config: The tap's settings; defaults need not be filled in.

    Yields:
        The location's id, what Franpos says of its quota, and None or what is wrong, in one line.
    """
    try:
        tap = TapFranpos(config=dict(config))
    except ConfigValidationError as error:
        yield "-", "", "; ".join(error.errors)
        return
    logging.getLogger("singer_sdk.metrics").setLevel(logging.WARNING)  # the tap has just set it lower; this is no sync
    for location in locations(tap.config):
        endpoint = UsageLimit(tap, location, Quota(location.id))
        try:
            said = "; ".join(str(row["text"]) for row in endpoint.request_records(None))
        except SingerSDKError as error:
            yield location.id, "", str(error)
        else:
            yield location.id, said, None
