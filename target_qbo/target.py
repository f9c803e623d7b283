"""The Singer target: receives into the ledger, passes STATE on, then posts what is pending."""

from __future__ import annotations

import json
import logging
import sys
import time
from copy import deepcopy
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

import simplejson
from singer_sdk import Target
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
    from collections.abc import Callable, Iterable, Mapping

    from singer_sdk.sinks import Sink

    from target_qbo.closing import Closing
    from target_qbo.ledger import CompanyLedger
    from target_qbo.qbo import RateLimits

_SHOWN_CHARACTERS = 300
# A pipe's end looks the same however it came: a tap that gives bookmarks gives them out once it has come to its own.
_NO_STATE = "the tap did not come to its end: its log tells why; what came of it is posted"


class TargetQBO(LedgerTarget):
    """Posts tickets, payments and discounts into QuickBooks Online.

    Args:
        limits: The company's, where other runs of this process share them; None: its own.
        give_state: Takes each STATE of which all before is in the ledger, as JSON; None: standard output, as Singer
            has it.
        options: The SDK's.

    Attributes:
        summary: What the run did.
        ended: What it said at its end; None: it did not come so far.
    """

    name = "target-qbo"
    package_name = "franpos-qbo"
    message_reader_class = MessageReader
    config_jsonschema: ClassVar[dict[str, Any]] = deepcopy(SETTINGS)  # the SDK adds its own to it

    def __init__(
        self,
        *,
        limits: RateLimits | None = None,
        give_state: Callable[[str], None] | None = None,
        **options: Any,  # noqa: ANN401 (the SDK's)
    ) -> None:
        self.summary = RunSummary()
        self.ended: Closing | None = None
        self._limits = limits
        self._give_state = give_state
        try:
            super().__init__(**options)
        except ConfigValidationError as error:
            problem = f"settings: {_without_secrets('; '.join(error.errors), self._config)}"
            self._tell(problem)
            raise ConfigurationError(problem) from None
        except Exception as error:
            self._tell(_line_of(error))
            raise
        mark_records(realm=str(self.config.get("realm_id", "")))
        self.max_parallelism = 1  # the sinks share one ledger, which has one writer

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Take what the back-office page keeps of the settings where they say nothing, then check them."""
        if raise_errors:
            self._config = _with_kept(self._config)
        return super()._validate_config(raise_errors=raise_errors)

    @classmethod
    def invoke(  # type: ignore[override]  # as the SDK's own differs from its base
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,  # noqa: ANN401 (the SDK's own type, which it does not give out)
        file_input: IO[str] | None = None,
    ) -> None:
        """Run the target as its command line says; see the SDK.

        Raises:
            ConfigurationError: The settings don't satisfy their schema.
        """
        super(Target, cls).invoke(about=about, about_format=about_format)  # the SDK's would read and post by itself
        cls.print_version(print_fn=cls.logger.info)
        given = {"config": config.config, "parse_env_config": config.parse_env} if config else {}
        cls(**given).run(file_input)

    def run(self, lines: Iterable[str] | None = None) -> None:
        """Receive all messages and post; who is to be told of skipped tickets, or of what stopped the run, is told.

        Args:
            lines: The messages; None: standard input.

        Raises:
            TargetError: What stops a run; whatever else the SDK raises where a message is none.
        """
        try:
            self.listen(cast("IO[str] | None", lines))
        except Exception as error:
            self._tell(_line_of(error))
            raise
        self._tell(self.summary.problem or None)

    @cached_property
    def company(self) -> Company:
        """The company of the settings, opened on first use."""
        return Company.open(Settings.from_config(self.config), self._limits)

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
            self.ended = close_run(self.logger, self.company, self.summary, time.monotonic() - begun)

    def close(self) -> None:
        """Let go of the ledger's database, where it was opened: for a process that goes on after this run."""
        if (opened := self._opened()) is not None:
            opened.ledger.engine.dispose()

    def _write_state_message(self, state: dict[str, Any]) -> None:
        if self._give_state is None:
            super()._write_state_message(state)
        else:
            self._give_state(json.dumps(state))

    def _opened(self) -> Company | None:
        return self.__dict__.get("company")  # as far as the run came

    def _tell(self, problem: str | None = None) -> None:
        """Send the run's notice, where the settings for notices can be read."""
        try:
            settings = NoticeSettings.from_config(self._config)
        except (ConfigurationError, TypeError, AttributeError):
            return  # they are what is wrong, or one of what is
        opened = self._opened()
        tell(settings, opened.ledger if opened else None, self.summary, problem)


def main() -> None:
    """Run the target's command line; an expected error ends it with one line and its exit code."""
    logging.getLogger("urllib3").setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    mark_records()
    with Telemetry(TargetQBO.name):
        try:
            TargetQBO.cli()
        except Exception as error:
            ending = ending_of_run(error)
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


def ending_of_run(error: Exception) -> Ending | None:
    """Return how an error ends a run of the target; None: it is none that is expected."""
    if isinstance(error, (InvalidInputLine, MissingKeyPropertiesError, RecordsWithoutSchemaException)):
        return Ending(clean_text(str(error), _SHOWN_CHARACTERS), InputError.exit_code)
    if isinstance(error, (json.JSONDecodeError, simplejson.JSONDecodeError, FileNotFoundError, PermissionError)):
        return Ending(f"a settings file can't be read: {error}", ConfigurationError.exit_code)
    return ending_of(error)


def _line_of(error: Exception) -> str:
    ending = ending_of_run(error)
    return ending.line if ending else f"an error of the program ({type(error).__name__}): see its log"


def _without_secrets(text: str, config: Mapping[str, Any]) -> str:
    for name in SECRETS:
        value = config.get(name)
        text = text.replace(repr(value), "(secret)") if value else text
    return text
