"""The plugin ``tap-franpos``: its class for the SDK and its command line."""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import simplejson
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigurationError, ConfigValidationError, RetriableAPIError, SingerSDKError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities

from franpos_qbo.logs import is_structured, mark_records
from franpos_qbo.telemetry import Telemetry
from tap_franpos.redaction import redact, secret_values
from tap_franpos.settings import CONFIG_SCHEMA, SECRETS, problems
from tap_franpos.streams import DiscountsStream, PaymentsStream, TicketsStream

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a program is told of an error; the exit code is 1 for all, as the SDK's taps have it.
SETTINGS, UNREACHABLE, REFUSED = "settings", "unreachable", "refused"


class TapFranpos(Tap):
    """Reads tickets, payments and discounts of Franpos shops."""

    name = "tap-franpos"
    package_name = "franpos-qbo"
    config_jsonschema: ClassVar[dict[str, Any]] = deepcopy(CONFIG_SCHEMA)  # the SDK adds its own to it
    # No BATCH: its files would come after the state that counts them as given out.
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    @classmethod
    @cache  # every endpoint names it to Franpos
    def get_sdk_version(cls) -> str:
        """Return the SDK's version."""
        return super().get_sdk_version()

    def discover_streams(self) -> Sequence[Stream]:
        """The three streams of the contract."""
        return [TicketsStream(self), PaymentsStream(self), DiscountsStream(self)]

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings against the schema and then for sense; no error holds a secret."""
        self._config = {name: value for name, value in self._config.items() if value is not None}  # null: not set
        if raise_errors and self._config.get("settings_url"):
            self._config = _with_kept(self._config)
        try:
            found = super()._validate_config() or problems(self._config)
        except ConfigValidationError as error:
            found = error.errors
        secrets = secret_values(self._config, SECRETS)
        errors = [redact(error, secrets) for error in found]
        if errors and raise_errors:
            raise ConfigValidationError("Config validation failed", errors=errors, schema=self.config_jsonschema)
        return errors

    @classmethod
    def invoke(cls, **options: Any) -> None:  # noqa: ANN401 - passed on as they come
        """Run the command; wrong settings become the one error that `main` shows."""
        try:
            super().invoke(**options)
        except ConfigValidationError as error:
            raise ConfigurationError("; ".join(error.errors)) from None


def _with_kept(config: dict[str, Any]) -> dict[str, Any]:
    """Take what the back-office page keeps of the settings where they say nothing."""
    from franpos_qbo.kept import KeptError, Place, with_kept  # noqa: PLC0415 (loads what a tap by itself does not need)

    try:
        kept = Place(config["settings_url"], config.get("settings_key")).read_only_one(TapFranpos.name)
        return with_kept(config, kept, CONFIG_SCHEMA)
    except KeptError as error:
        raise ConfigurationError(f"settings_url: {error}") from None


def main() -> None:
    """Run ``tap-franpos``. Known errors end as one line on stderr and exit code 1."""
    mark_records()
    with Telemetry(TapFranpos.name):
        try:
            TapFranpos.cli()
        except Exception as error:
            stop = stop_of(error)
            if stop is None:
                raise
            if is_structured():
                fields = {"event_name": "run_stopped", "exit_code": 1, "kind": stop.kind}
                TapFranpos.logger.critical("%s", stop.line, extra=fields)
                sys.exit(1)
            sys.exit(f"{TapFranpos.name}: {stop.line}")


class Stop(NamedTuple):
    """How an error ends the tap: one line for people, and one of this module's kinds for programs."""

    line: str
    kind: str


def stop_of(error: Exception) -> Stop | None:
    """Return how an error ends a run of the tap; None: it is none that is expected."""
    match error:
        case ConfigValidationError():
            return Stop("; ".join(error.errors), SETTINGS)
        case ConfigurationError():
            return Stop(str(error), SETTINGS)
        case json.JSONDecodeError() | simplejson.JSONDecodeError():
            line = f"a file or environment variable with settings, state or catalog is not JSON: {error}"
            return Stop(line, SETTINGS)
        case RetriableAPIError():
            return Stop(str(error), UNREACHABLE)
        case SingerSDKError() | OSError():
            return Stop(str(error), REFUSED)
    return None
