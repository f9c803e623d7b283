"""A dry run: days of the till are fetched beside the ledger, and shown as they would be posted; no trace is left."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from target_qbo.accounting import PaymentMethod
from target_qbo.accounting.liabilities import Owed, booked_as_income
from target_qbo.accounting.tender_names import UNNAMED, known_tender, normalise_tender
from target_qbo.desk.previewing import as_record, of_received
from target_qbo.desk.pulling import pull
from target_qbo.desk.works import Came
from target_qbo.ledger import open_ledger
from target_qbo.posting.preview import Totals
from target_qbo.said import Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_qbo.accounting.tender_names import Tender
    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.deeds import Do
    from target_qbo.desk.watching import Watch
    from target_qbo.posting.preview import Preview

_SHOWN = 50
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TenderFound:
    """A tender of the till, by its name.

    Attributes:
        name: As the till spells it.
        cards: The cards' names, where the till has some.
        number: How often it occurs.
        amount: What it comes to; refunds negative.
        known: What it is to the books, which may differ by card.
        is_unknown: Whether no rule knows it, or not with all of its cards.
    """

    name: str
    cards: Sequence[str]
    number: int
    amount: Decimal
    known: Sequence[Tender]
    is_unknown: bool


@dataclass(slots=True)
class Rehearsed:
    """What the days would come to.

    Attributes:
        realm_id: For which company.
        first: First day.
        last: Last day, included.
        tickets: How many came from the till.
        totals: What would be posted.
        shown: The first of the tickets, as plain values.
        owed: What of gift cards and deposits would be booked as income.
    """

    realm_id: str
    first: dt.date
    last: dt.date
    tickets: int = 0
    totals: Totals = field(default_factory=Totals)
    shown: list[dict[str, Any]] = field(default_factory=list)
    owed: Owed = field(default_factory=Owed)
    _tenders: dict[tuple[str, str | None], list[Decimal]] = field(default_factory=lambda: defaultdict(list))

    def add(self, one: Preview, *, gift_cards_have_an_account: bool) -> None:
        """Take in a ticket."""
        self.tickets += 1
        if len(self.shown) < _SHOWN:
            self.shown.append(as_record(one))
        if one.document is not None:
            self.owed += booked_as_income(one.document, gift_cards_have_an_account=gift_cards_have_an_account)
        for row in one.view.payments:
            name = (row.get("method") or "").strip() or UNNAMED
            self._tenders[name, row.get("card_type") or None].append(Decimal(row["amount"]))

    def tenders(self, tender_map: Mapping[str, Tender]) -> list[TenderFound]:
        """Return what the till was paid with, the unknown first, then the most.

        Args:
            tender_map: What the settings say of names, normalised.
        """
        by_name: dict[str, list[tuple[str | None, list[Decimal]]]] = defaultdict(list)
        for (name, card), amounts in self._tenders.items():
            by_name[name].append((card, amounts))
        found = [_tender(name, cards, tender_map) for name, cards in by_name.items()]
        return sorted(found, key=lambda one: (not one.is_unknown, -abs(one.amount), one.name))


def _tender(
    name: str, cards: Sequence[tuple[str | None, list[Decimal]]], tender_map: Mapping[str, Tender]
) -> TenderFound:
    method = None if name == UNNAMED else name
    known = {card: known_tender(method, card, tender_map) for card, _ in cards}
    amounts = [amount for _, some in cards for amount in some]
    return TenderFound(
        name,
        sorted(card for card in known if card),
        len(amounts),
        sum(amounts, Decimal(0)),
        sorted({tender for tender in known.values() if tender is not None}),
        None in known.values(),
    )


class Rehearsals:
    """Has days rehearsed, and remembers the latest ones as long as the process lives.

    Args:
        config: Where the settings are.
    """

    def __init__(self, config: DeskConfig) -> None:
        self._config = config
        self._latest: Rehearsed | None = None

    def latest(self, company: Company) -> Rehearsed | None:
        """Return what was rehearsed last for a company; None: nothing was."""
        latest = self._latest
        return latest if latest is not None and latest.realm_id == company.settings.realm_id else None

    def to_rehearse(self, first: dt.date, last: dt.date) -> Do:
        """Return the work of fetching days beside the ledger and of looking what they would become."""

        def do(company: Company, watch: Watch) -> Came:
            found = Rehearsed(company.settings.realm_id, first, last)
            with tempfile.TemporaryDirectory(prefix="franpos-qbo-") as folder:
                aside = open_ledger(f"sqlite:///{folder}/rehearsal.db", environment="preview", realm_id="preview")
                try:
                    pull(self._config, aside, start=first, end=last + _DAY, watch=watch)
                    has_account = PaymentMethod.GIFT_CARD in company.settings.deposit_accounts
                    for one in of_received(aside, company, found.totals):
                        found.add(one, gift_cards_have_an_account=has_account)
                finally:
                    aside.engine.dispose()
            self._latest = found
            return Came([_looked_at(found.tickets)])

        return do


def _looked_at(number: int) -> Said:
    return Said("{number} tickets looked at; nothing was posted, and nothing kept", number=number)


def yesterday(zone: str, now: dt.datetime) -> dt.date:
    """Return the latest day that is over where the shops are; by UTC where nobody knows the zone.

    Args:
        zone: Name of their time zone.
        now: The present moment.
    """
    try:
        place: dt.tzinfo = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        place = dt.UTC
    return now.astimezone(place).date() - _DAY


def mapped(tender_map: Mapping[str, str], chosen: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a map of tenders with choices added, each in the place of one for the same name.

    Args:
        tender_map: As the setting has it.
        chosen: Names of the till and what each is; empty: as the rules have it.
    """
    found = dict(tender_map)
    for name, kind in chosen:
        key = "" if name == UNNAMED else name
        for other in [one for one in found if normalise_tender(one) == normalise_tender(key)]:
            del found[other]
        if kind:
            found[key] = kind
    return found
