"""What tickets foretell, and those posted have shown: the first day to be posted, and what the settings don't name yet.

Source: accounting rules, Tenders (gift cards and deposits, tender names) and After posting (documents that are not
ours).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from target_qbo.accounting import Document, PaymentMethod, decide_records
from target_qbo.accounting.liabilities import Owed, booked_as_income
from target_qbo.accounting.unmapped import Unmapped
from target_qbo.ledger import references, runs, tickets, units
from target_qbo.posting.takeover import first_date
from target_qbo.said import Said
from target_qbo.survey.findings import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_qbo.ledger import CompanyLedger
    from target_qbo.settings import Settings

GIFT_CARD_ACCOUNT = "Gift cards and deposits"


def first_day(ledger: CompanyLedger, settings: Settings, start: dt.date | None) -> dt.date | None:
    """Return the first date that a document of the next sync may have; None: not known.

    Args:
        ledger: The company's ledger.
        settings: Names and choices.
        start: The tap's start date: it counts until the ledger has verified the company once.
    """
    pending = tickets.pending_dates(ledger)
    days = [pending[0]] if pending else []
    verified_from = references.company_facts(ledger).verified_from
    if verified_from is None and start is not None:
        days.append(start)
    elif verified_from is not None and not days:
        return verified_from
    return first_date(min(days), settings.rules) if days else None


@dataclass(slots=True)
class Unnamed:
    """What settings don't name: gift cards and deposits, and tenders."""

    owed: Owed = field(default_factory=Owed)
    tenders: Unmapped = field(default_factory=Unmapped)


def unnamed(ledger: CompanyLedger, settings: Settings) -> Iterator[Finding]:
    """Yield what was or will be posted otherwise than the shop may want, because no setting says what it is."""
    known, waiting = posted(ledger, settings), _waiting(ledger, settings)
    yield _gift_cards(known.owed, waiting.owed, settings)
    yield _tenders(known.tenders, waiting.tenders)


def posted(ledger: CompanyLedger, settings: Settings, since: dt.datetime | None = None) -> Unnamed:
    """Return what was posted, in runs that began then or later, that the settings as they are now don't name either."""
    found = Unnamed()
    for summary in runs.summaries(ledger, since):
        owed = summary.get("owed") or {}
        found.owed += Owed(Decimal(owed.get("sold", 0)), Decimal(owed.get("redeemed", 0)))
        found.tenders.add((name, Decimal(amount)) for name, amount in (summary.get("unmapped") or {}).items())
    if PaymentMethod.GIFT_CARD in settings.deposit_accounts and settings.rules.item_rules:
        found.owed = Owed()  # it was posted before they were set
    found.tenders = found.tenders.still(settings.rules.tender_map)
    return found


def _gift_cards(posted: Owed, waiting: Owed, settings: Settings) -> Finding:
    has_account = PaymentMethod.GIFT_CARD in settings.deposit_accounts
    what, name = "gift cards", Said("sold and redeemed")
    if posted == waiting == Owed():
        return Finding(what, name, Verdict.FOUND, Said("as set") if has_account else f"none yet; {_advice()}")
    figures = [
        f"{word}: {owed.sold:,.2f} sold as income, {owed.redeemed:,.2f} redeemed as money received"
        for word, owed in (("posted", posted), ("to be posted", waiting))
        if owed != Owed()
    ]
    return Finding(what, name, Verdict.WARNING, f"{'; '.join(figures)}. They are a liability: {_advice()}")


def _advice() -> str:
    return (
        f"franpos-qbo check --initialize --gift-card-account {GIFT_CARD_ACCOUNT!r} makes an account for them and tells "
        "what to set"
    )


def _tenders(posted: Unmapped, waiting: Unmapped) -> Finding:
    what, name = "tenders", Said("names that no rule knows")
    figures = [f"{word}: {some.told()}" for word, some in (("posted", posted), ("to be posted", waiting)) if some]
    if not figures:
        return Finding(what, name, Verdict.FOUND, Said("none"))
    advice = "As long as tender_map does not say what they are, they are Other: money received"
    return Finding(what, name, Verdict.WARNING, f"{'; '.join(figures)}. {advice}")


def _waiting(ledger: CompanyLedger, settings: Settings) -> Unnamed:
    has_account = PaymentMethod.GIFT_CARD in settings.deposit_accounts
    found = Unnamed()
    for pending in units.pending(ledger):
        decision = decide_records(
            pending.record, pending.payments, pending.discounts, settings.rules, dt.datetime.now(dt.UTC)
        )
        if isinstance(decision, Document):
            found.owed += booked_as_income(decision, gift_cards_have_an_account=has_account)
            found.tenders.add(decision.unmapped)
    return found
