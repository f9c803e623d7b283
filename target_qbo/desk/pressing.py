"""What needs a person, the most urgent first: values that a page and a notice put into words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from target_qbo.accounting.liabilities import Owed
from target_qbo.ledger.runs import DONE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from target_qbo.desk.connection import Connection
    from target_qbo.desk.quota import CallsLeft
    from target_qbo.ledger.attention import Amiss, Group
    from target_qbo.ledger.runs import Run

_ENDS_SOON_DAYS = 14
LATE_NIGHTS = 2


class What(StrEnum):
    """What is the matter, in the order of urgency."""

    NOT_CONNECTED = "not_connected"
    STOPPED = "stopped"
    NEVER_SYNCED = "never_synced"
    NOT_SYNCED = "not_synced"
    HALF_DONE = "half_done"
    CHANGED_BY_HAND = "changed_by_hand"
    DIFFERENCES = "differences"
    OPEN_CREDIT = "open_credit"
    SIGN_IN_ENDS = "sign_in_ends"
    SKIPPED = "skipped"
    GIFT_CARDS = "gift_cards"
    TENDERS = "tenders"
    FEW_CALLS = "few_calls"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that needs a person; what does not belong to it is left empty.

    Attributes:
        what: What it is.
        number: How many: nights, tickets, payments, differences, calls.
        amount: What they come to, in the company's currency.
        second: The other amount: of gift cards, what was redeemed.
        first: A day, or the first of a period.
        last: The last day of the period.
        name: Why, which reason, tender or location.
    """

    what: What
    number: int = 0
    amount: Decimal | None = None
    second: Decimal | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Proven:
    """What the latest proof of a period came to: how many differences it named."""

    first: dt.date
    last: dt.date
    problems: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a company.

    Attributes:
        today: The day, by the clock of the shop.
        connection: Whether it is connected.
        run: The latest sync that ended; None: there was none.
        synced: Whether it was ever synced.
        nights: For how many nights nothing was; 0: not for two yet.
        half_done: Tickets that are half done, and what they come to.
        waiting: Tickets that wait for their payments, likewise.
        amiss: What stands in QuickBooks otherwise than it was posted.
        proven: What the latest proof came to; None: none is remembered.
        skipped: Skipped tickets by reason.
        owed: What of gift cards and deposits was posted as income of late.
        tenders: Tenders that no rule knows, posted of late, with their sums.
        calls: What is left of Franpos' quota, by location, where that is known.
    """

    today: dt.date
    connection: Connection
    run: Run | None
    synced: bool
    nights: int
    half_done: tuple[int, Decimal]
    waiting: tuple[int, Decimal]
    amiss: Amiss
    proven: Proven | None
    skipped: Sequence[Group]
    owed: Owed
    tenders: Mapping[str, Decimal]
    calls: Sequence[CallsLeft]


def pressing(known: Known) -> list[Matter]:
    """Return what needs a person, the most urgent first; of a kind, as it was given."""
    order = list(What)
    return sorted(_matters(known), key=lambda matter: order.index(matter.what))


def _matters(known: Known) -> Iterator[Matter]:
    yield from _of_the_connection(known)
    yield from _of_the_runs(known)
    yield from _of_the_books(known)
    if known.waiting[0]:
        yield Matter(What.WAITING, *known.waiting)
    for group in known.skipped:
        yield Matter(What.SKIPPED, group.tickets, group.total, name=group.code)
    if known.owed != Owed():
        yield Matter(What.GIFT_CARDS, amount=known.owed.sold, second=known.owed.redeemed)
    for name, amount in known.tenders.items():
        yield Matter(What.TENDERS, amount=amount, name=name)
    for one in known.calls:
        if one.few(known.today):
            yield Matter(What.FEW_CALLS, one.left, name=one.location_id)


def _of_the_connection(known: Known) -> Iterator[Matter]:
    until = known.connection.lasts_until
    if not known.connection.connected:
        yield Matter(What.NOT_CONNECTED)
    elif until is not None and (until - known.today).days <= _ENDS_SOON_DAYS:
        yield Matter(What.SIGN_IN_ENDS, (until - known.today).days, first=until)


def _of_the_runs(known: Known) -> Iterator[Matter]:
    run = known.run
    if run is not None and (run.outcome != DONE or run.summary.get("problem")):
        yield Matter(What.STOPPED, first=run.started_at.date(), name=run.summary.get("problem", ""))
    if not known.synced:
        yield Matter(What.NEVER_SYNCED)
    elif known.nights >= LATE_NIGHTS:
        yield Matter(What.NOT_SYNCED, known.nights)


def _of_the_books(known: Known) -> Iterator[Matter]:
    if known.half_done[0]:
        yield Matter(What.HALF_DONE, *known.half_done)
    if known.amiss.changed:
        yield Matter(What.CHANGED_BY_HAND, known.amiss.changed)
    if known.amiss.loose:
        yield Matter(What.OPEN_CREDIT, known.amiss.loose, known.amiss.credit)
    if known.proven is not None and known.proven.problems:
        yield Matter(What.DIFFERENCES, known.proven.problems, first=known.proven.first, last=known.proven.last)
