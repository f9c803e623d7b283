"""One operation on a document in QuickBooks, and what can become of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import simplejson

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from target_qbo.accounting import DocumentKind
    from target_qbo.ledger.changes import Key
    from target_qbo.posting.standing import Standing
    from target_qbo.posting.unit import Unit
    from target_qbo.qbo import Fault


class Verb(StrEnum):
    """What is done to a document. All but ``CREATE`` can be done again without harm, so only that one is journaled."""

    LOOK = "look"
    CREATE = "create"
    UPDATE = "update"
    TAKE_BACK = "take back"


@dataclass(frozen=True)
class Op:
    """An operation.

    Attributes:
        work: Whose it is.
        verb: What is done.
        kind: To which kind of document.
        number: Our own number of the document.
        amount: What it comes to.
        date: Its date in the books.
        method: Its payment method, where it has one.
        body: What is sent: of ``CREATE`` and ``UPDATE`` the entity, of ``TAKE_BACK`` the row as it was read last.
        sent_as: The requestid of a request that was never answered and left nothing.
        field: Of ``LOOK``: by what it is looked for.
        values: Of ``LOOK``: the values of that field.
    """

    work: Unit
    verb: Verb
    kind: DocumentKind
    number: str
    amount: Decimal
    date: dt.date
    method: str | None = None
    body: Mapping[str, Any] | None = None
    sent_as: str | None = None
    field: str = "Id"
    values: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """The document in the ledger."""
        return (self.work.unit, self.kind, self.number)

    @cached_property
    def _text(self) -> str:
        return simplejson.dumps(self.body, use_decimal=True)

    @property
    def size(self) -> int:
        """How many bytes of a request it takes."""
        return len(self._text)

    def digest(self) -> str:
        """Return a hash of what is sent."""
        return hashlib.sha256(self._text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Done:
    """It was done: the entity as QuickBooks has it."""

    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was looked for and found."""

    found: Sequence[Standing]


@dataclass(frozen=True, slots=True)
class Refused:
    """It was refused, and nothing was done."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been done. ``answered``: QuickBooks did answer, with an error; so nothing is executing any more."""

    answered: bool
    told: str


@dataclass(frozen=True, slots=True)
class NotDone:
    """It was not carried out: to be sent again.

    Attributes:
        throttled: It was turned away for the number of requests.
        alone: It spoilt, or may have spoilt, a batch.
        smaller: The request was too large.
    """

    throttled: bool = False
    alone: bool = False
    smaller: bool = False


Fate = Done | Seen | Refused | Unknown | NotDone
