"""The memory of `requestid`: the first answer to each, given again instead of doing the work twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.qbo import errors

if TYPE_CHECKING:
    from sandbox.qbo.options import Options

LONGEST = 50
LONGEST_ON_BATCH = 36
LONGEST_ITEM_ID = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it left.

    Attributes:
        status: The HTTP status.
        text: The body, JSON.
    """

    status: int
    text: str


class Replay:
    """First answers by requestid, for one company.

    A fault is an answer too: the id of a refused write can't be used again for another try. What has been
    deleted since is shown again as it was (QuickBooks API notes, "Seen live").

    Args:
        options: The company's options; they say whether repeated ids are honoured.

    Attributes:
        answers: The first answers.
        replayed: How often one was given again.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self.answers: dict[str, Answer] = {}
        self.replayed = 0

    def first(self, requestid: str | None, *, batch: bool) -> Answer | None:
        """Return the first answer to a requestid, if it is to be given again.

        Args:
            requestid: The id, if the request has one.
            batch: Whether the request is a batch.

        Raises:
            QboError: The id is too long (2050), or repeats one where the company answers that with 6000.
        """
        if requestid is None:
            return None
        longest = LONGEST_ON_BATCH if batch else LONGEST
        if not 0 < len(requestid) <= longest:
            raise errors.wrong_length("requestid", longest, len(requestid))
        known = self.answers.get(requestid)
        if known is None:
            return None
        mode = self._options.requestid
        if mode == "batch_answers_6000" and batch:
            raise errors.business("A request with this requestid has been made before.", "requestid")
        if mode == "ignored" or (mode == "batch_creates_twice" and batch):
            return None
        self.replayed += 1
        return known

    def keep(self, requestid: str | None, answer: Answer) -> None:
        """Remember an answer, unless an earlier one with the same id is."""
        if requestid is not None:
            self.answers.setdefault(requestid, answer)
