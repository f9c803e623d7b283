"""What the tickets that wait in the ledger foretell: the first day to be posted, gift cards that no setting names yet.

Source: accounting rules, Tenders (gift cards and deposits) and After posting (documents that are not ours).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from target_qbo.accounting import Document, PaymentMethod, decide_records
from target_qbo.accounting.liabilities import Owed, booked_as_income
from target_qbo.ledger import references, runs, tickets
from target_qbo.posting.takeover import first_date
from target_qbo.survey.findings import Finding, Verdict

if TYPE_CHECKING:
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


def gift_cards(ledger: CompanyLedger, settings: Settings) -> Finding:
    """Tell what was or will be booked as income of gift cards and deposits, because nothing says where they belong."""
    has_account = PaymentMethod.GIFT_CARD in settings.deposit_accounts
    posted = Owed()
    for summary in runs.summaries(ledger):
        owed = summary.get("owed") or {}
        posted += Owed(Decimal(owed.get("sold", 0)), Decimal(owed.get("redeemed", 0)))
    waiting = _waiting(ledger, settings, has_account=has_account)
    if has_account and settings.rules.item_rules:
        posted = Owed()  # before it was set
    what, name = "gift cards", "sold and redeemed"
    if posted == waiting == Owed():
        return Finding(what, name, Verdict.FOUND, "as set" if has_account else f"none yet; {_advice()}")
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


def _waiting(ledger: CompanyLedger, settings: Settings, *, has_account: bool) -> Owed:
    owed = Owed()
    for pending in tickets.pending(ledger):
        decision = decide_records(
            pending.record, pending.payments, pending.discounts, settings.rules, dt.datetime.now(dt.UTC)
        )
        if isinstance(decision, Document):
            owed += booked_as_income(decision, gift_cards_have_an_account=has_account)
    return owed
