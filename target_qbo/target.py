"""The Singer target: receives into the ledger, passes STATE on, then posts what is pending."""

from __future__ import annotations

import json
import logging
import sys
import time
from copy import deepcopy
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import simplejson
from singer_sdk.exceptions import (
    ConfigValidationError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
)
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.singerlib.exceptions import InvalidInputLine

from franpos_qbo.kept import Place, with_kept
from franpos_qbo.logs import mark_records
from franpos_qbo.telemetry import Telemetry
from target_qbo.accounting.naming import clean_text
from target_qbo.closing import close_run
from target_qbo.company import Company
from target_qbo.endings import Ending, ending_of
from target_qbo.errors import ConfigurationError, InputError
from target_qbo.ledger import runs
from target_qbo.ledger.kept import told
from target_qbo.notices import tell
from target_qbo.notices.settings import NoticeSettings
from target_qbo.posting.summary import RunSummary
from target_qbo.reader import MessageReader
from target_qbo.settings import LEDGER_URL, SECRETS, SETTINGS, Settings
from target_qbo.sinks import SINKS, LedgerTarget, LeftOutSink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.sinks import Sink

    from target_qbo.ledger import CompanyLedger

_SHOWN_CHARACTERS = 300
# A pipe's end looks the same however it came: a tap that gives bookmarks gives them out once it has come to its own.
_NO_STATE = "the tap did not come to its end: its log tells why; what came of it is posted"


class TargetQBO(LedgerTarget):
    """Posts tickets, payments and discounts into QuickBooks Online."""

    name = "target-qbo"
    package_name = "franpos-qbo"
    message_reader_class = MessageReader
    known: ClassVar[Mapping[str, Any]] = {}  # the settings, as far as they are known: to tell what is wrong with them
    latest: ClassVar[TargetQBO | None] = None  # the SDK makes it, reads and posts in one step, and hands it to nobody
    config_jsonschema: ClassVar[dict[str, Any]] = deepcopy(SETTINGS)  # the SDK adds its own to it

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 (the SDK's)
        super().__init__(**kwargs)
        self.summary = RunSummary()
        mark_records(realm=str(self.config.get("realm_id", "")))
        type(self).latest = self
        self.max_parallelism = 1  # the sinks share one ledger, which has one writer

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Take what the back-office page keeps of the settings where they say nothing, then check them."""
        if raise_errors:
            type(self).known = self._config
            type(self).known = self._config = _with_kept(self._config)
        return super()._validate_config(raise_errors=raise_errors)

    @classmethod
    def invoke(cls, **kwargs: Any) -> None:  # noqa: ANN401 (the SDK's)
        """Run the target; see the SDK. Who is to be told of skipped tickets, or of what stopped the run, is told.

        Raises:
            ConfigurationError: The settings don't satisfy their schema.
        """
        try:
            super().invoke(**kwargs)
        except ConfigValidationError as error:
            text = "; ".join(error.errors)
            for name in SECRETS:
                value = cls.known.get(name)
                text = text.replace(repr(value), "(secret)") if value else text
            problem = f"settings: {text}"
            _tell(cls.known, None, RunSummary(), problem)
            raise ConfigurationError(problem) from None
        except Exception as error:
            ending = _ending(error)
            cls._tell(ending.line if ending else f"an error of the program ({type(error).__name__}): see its log")
            raise
        cls._tell(cls.latest.summary.problem or None if cls.latest is not None else None)

    @cached_property
    def company(self) -> Company:
        """The company of the settings, opened on first use."""
        return Company.open(Settings.from_config(self.config))

    @property
    def ledger(self) -> CompanyLedger:
        """The company's ledger."""
        return self.company.ledger

    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """Return the sink of a stream of the contract, or of one that the settings leave out.

        Raises:
            InputError: The stream is none of them.
        """
        if stream_name in SINKS:
            return SINKS[stream_name]
        maps = self.mapper.stream_maps.get(stream_name, [])
        if maps and all(isinstance(stream_map, RemoveRecordTransform) for stream_map in maps):
            return LeftOutSink
        raise InputError(
            f"unknown stream {stream_name!r}: this target takes {', '.join(SINKS)}; leave others out with "
            f'the setting "stream_maps": {{"{stream_name}": null}}'
        )

    def process_endofpipe(self) -> None:
        """Bring what is left into the ledger, pass STATE on, then post."""
        super().process_endofpipe()
        self.summary.bookmarked = self._latest_state is not None
        if not self.summary.bookmarked:
            # Singer leaves it to a tap whether it gives any: what never came is not missed.
            self.summary.fetched = bool(self._sinks_active) and not runs.any_bookmarked(self.ledger)
            self.summary.problem = _NO_STATE if self._sinks_active and not self.summary.fetched else ""
        begun = time.monotonic()
        try:
            self.company.post_pending(self.summary)
        finally:
            close_run(self.logger, self.company, self.summary, time.monotonic() - begun)

    @classmethod
    def _tell(cls, problem: str | None = None) -> None:
        if cls.latest is None:
            _tell(cls.known, None, RunSummary(), problem)
            return
        opened = cls.latest.__dict__.get("company")  # as far as the run came
        _tell(cls.latest.config, opened.ledger if opened else None, cls.latest.summary, problem)


def main() -> None:
    """Run the target's command line; an expected error ends it with one line and its exit code."""
    logging.getLogger("urllib3").setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    mark_records()
    with Telemetry(TargetQBO.name):
        try:
            TargetQBO.cli()
        except Exception as error:
            ending = _ending(error)
            if ending is None:
                raise
            fields = {"event_name": "run_stopped", "exit_code": ending.exit_code}
            TargetQBO.logger.critical("%s", ending.line, extra=fields)
            sys.exit(ending.exit_code)


def _with_kept(config: Mapping[str, Any]) -> dict[str, Any]:
    place = Place(config.get("ledger_url") or LEDGER_URL, config.get("ledger_key"))
    realm_id = str(config.get("realm_id") or "").strip() or None
    with told(place.url):
        return with_kept(config, place.read(TargetQBO.name, realm_id), SETTINGS)


def _ending(error: Exception) -> Ending | None:
    if isinstance(error, (InvalidInputLine, MissingKeyPropertiesError, RecordsWithoutSchemaException)):
        return Ending(clean_text(str(error), _SHOWN_CHARACTERS), InputError.exit_code)
    if isinstance(error, (json.JSONDecodeError, simplejson.JSONDecodeError, FileNotFoundError, PermissionError)):
        return Ending(f"a settings file can't be read: {error}", ConfigurationError.exit_code)
    return ending_of(error)


def _tell(
    config: Mapping[str, Any], ledger: CompanyLedger | None, summary: RunSummary, problem: str | None = None
) -> None:
    """Send the run's notice, where the settings for notices can be read."""
    try:
        settings = NoticeSettings.from_config(config)
    except (ConfigurationError, TypeError, AttributeError):
        return  # they are what is wrong, or one of what is
    tell(settings, ledger, summary, problem)
