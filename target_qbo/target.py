"""The Singer target: receives into the ledger, passes STATE on, then posts what is pending."""

from __future__ import annotations

import json
import logging
import sys
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
from sqlalchemy.exc import DBAPIError

from target_qbo.accounting.naming import clean_text
from target_qbo.company import Company
from target_qbo.errors import ConfigurationError, InputError, TargetError, UnreachableError
from target_qbo.posting.summary import RunSummary
from target_qbo.qbo import QboFaultError
from target_qbo.reader import MessageReader
from target_qbo.settings import SECRETS, SETTINGS, Settings
from target_qbo.sinks import SINKS, LedgerTarget, LeftOutSink

if TYPE_CHECKING:
    from singer_sdk.sinks import Sink

    from target_qbo.ledger import CompanyLedger

_SHOWN_CHARACTERS = 300


class TargetQBO(LedgerTarget):
    """Posts tickets, payments and discounts into QuickBooks Online."""

    name = "target-qbo"
    package_name = "franpos-qbo"
    message_reader_class = MessageReader
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS.to_dict()

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 (the SDK's)
        super().__init__(**kwargs)
        self.max_parallelism = 1  # the sinks share one ledger, which has one writer

    @classmethod
    def invoke(cls, **kwargs: Any) -> None:  # noqa: ANN401 (the SDK's)
        """Run the target; see the SDK.

        Raises:
            ConfigurationError: The settings don't satisfy their schema.
        """
        try:
            super().invoke(**kwargs)
        except ConfigValidationError as error:
            config = kwargs.get("config")
            text = "; ".join(error.errors)
            for name in SECRETS:
                value = config.config.get(name) if config is not None else None
                text = text.replace(repr(value), "(secret)") if value else text
            raise ConfigurationError(f"settings: {text}") from None

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
        summary = RunSummary()
        try:
            self.company.post_pending(summary)
        finally:
            for line in summary.lines(self.ledger):
                self.logger.info("%s", line)


def main() -> None:
    """Run the target's command line; an expected error ends it with one line and its exit code."""
    logging.getLogger("urllib3").setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        TargetQBO.cli()
    except TargetError as error:
        TargetQBO.logger.critical("%s", error)
        sys.exit(error.exit_code)
    except QboFaultError as error:
        TargetQBO.logger.critical("QuickBooks refused what a run can't do without: %s", error)
        sys.exit(ConfigurationError.exit_code)
    except DBAPIError as error:
        TargetQBO.logger.critical("the ledger can't be read or written (%s): what stands in it stays", error.orig)
        sys.exit(UnreachableError.exit_code)
    except (json.JSONDecodeError, simplejson.JSONDecodeError, FileNotFoundError, PermissionError) as error:
        TargetQBO.logger.critical("a settings file can't be read: %s", error)
        sys.exit(ConfigurationError.exit_code)
    except (InvalidInputLine, MissingKeyPropertiesError, RecordsWithoutSchemaException) as error:
        TargetQBO.logger.critical("%s", clean_text(str(error), _SHOWN_CHARACTERS))
        sys.exit(InputError.exit_code)
