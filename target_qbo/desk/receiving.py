"""Receiving a tap's messages into a ledger within a command: STATE goes nowhere, and nothing is posted."""

from __future__ import annotations

import logging
from typing import IO, TYPE_CHECKING, Any, cast

from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException
from singer_sdk.singerlib.exceptions import InvalidInputLine

from target_qbo.accounting.naming import clean_text
from target_qbo.errors import InputError
from target_qbo.reader import MessageReader
from target_qbo.sinks import SINKS, LedgerTarget, LeftOutSink, TicketsSink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from singer_sdk.sinks import Sink

    from target_qbo.ledger import CompanyLedger

_SHOWN_CHARACTERS = 300


def receive(
    messages: Iterable[str], ledger: CompanyLedger, *, source: str, ticket_came: Callable[[], None] | None = None
) -> None:
    """Receive Singer messages to their end into a ledger, in bounded memory.

    Args:
        messages: The tap's output.
        ledger: Where tickets, payments and discounts go.
        source: What an error calls the messages.
        ticket_came: Called for each ticket.

    Raises:
        InputError: The messages don't satisfy the record contract.
    """
    try:
        _Receiver(ledger, ticket_came).listen(cast("IO[str]", messages))  # which it reads line by line
    except (InvalidInputLine, MissingKeyPropertiesError, RecordsWithoutSchemaException, UnicodeError) as error:
        raise InputError(f"{source}: {clean_text(str(error), _SHOWN_CHARACTERS)}") from None


class _Receiver(LedgerTarget):
    """A target that receives, and then neither passes STATE on nor posts."""

    name = "franpos-qbo-receiver"
    config_jsonschema = {"type": "object", "properties": {}}  # noqa: RUF012 (the SDK's)
    message_reader_class = MessageReader

    def __init__(self, ledger: CompanyLedger, ticket_came: Callable[[], None] | None) -> None:
        super().__init__(config={})
        logging.getLogger("singer_sdk.metrics").setLevel(logging.WARNING)  # the SDK has just set it lower
        self.max_parallelism = 1  # the sinks share one ledger, which has one writer
        self._ledger = ledger
        self._ticket_came = ticket_came

    def _setup_signal_handlers(self) -> None:
        """Leave signals to the command: the SDK's handlers end it as if it were done, and a thread may set none."""

    @property
    def ledger(self) -> CompanyLedger:
        """The ledger that takes the records."""
        return self._ledger

    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """Return the sink of a stream of the contract; others are passed over."""
        return SINKS.get(stream_name, LeftOutSink)

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        super()._process_record_message(message_dict)
        if self._ticket_came is not None and message_dict["stream"] == TicketsSink.stream:
            self._ticket_came()

    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Keep stdout for what is shown, and the bookmarks of the nightly run where they are."""
