"""The whole look at one company, and creating at once all that it lacks."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from target_qbo.ledger import references as stored
from target_qbo.names.references import References
from target_qbo.posting.takeover import Existing, unverified
from target_qbo.said import Said
from target_qbo.survey.findings import Finding, Verdict
from target_qbo.survey.names import Names
from target_qbo.survey.preferences import company_itself
from target_qbo.survey.rehearsal import Carrying, Rehearsal, scratch_ledger
from target_qbo.survey.till import first_day, unnamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_qbo.company import Company

logger = logging.getLogger("target-qbo.survey")

_DISCOUNT_TYPE = ("Setting", "discount_type")
_ANY_DAY = dt.date(2000, 1, 1)


class Survey:
    """Looks at one company.

    Args:
        company: The company.
        start: The tap's start date, from which on tickets may come.
    """

    def __init__(self, company: Company, start: dt.date | None) -> None:
        self._company = company
        self._ledger = company.ledger
        self._settings = company.settings
        self._earliest = first_day(company.ledger, company.settings, start)
        self._inventory_start = self._earliest or company.settings.inventory_start_date
        self._lists = Rehearsal(company.client)

    def findings(self) -> Iterator[Finding]:
        """Yield what the company has and lacks, in the order in which a sync would need it; nothing is written.

        Raises:
            TargetError: QuickBooks can't be reached or refuses the app.
        """
        lists = self._lists
        yield from company_itself(lists, self._settings, self._earliest)
        references = References(scratch_ledger(), lists, self._settings, self._inventory_start)
        names = Names(references, lists, self._settings, self._earliest)
        yield from names.ours()
        yield names.discounts(self._known_discount_type())
        yield from names.named_by_settings()
        yield self._existing(references)
        yield from unnamed(self._ledger, self._settings)

    def initialize(self, gift_card_account: str | None = None) -> Iterator[Finding]:
        """Create and make active again what :meth:`findings` found lacking, and yield what became of it.

        Args:
            gift_card_account: Name of a liability account to create besides.

        Raises:
            TargetError: QuickBooks can't be reached or refuses the app.
        """
        lists = Carrying(self._company.client, self._lists.read)
        with self._ledger.lock("posting", lambda: logger.warning("a run is posting: waiting for it to end")):
            discount_type = stored.load(self._ledger).get(_DISCOUNT_TYPE)
            if self._lists.writes:
                # What is remembered is looked at anew: a name may have been taken away since.
                stored.forget_all(self._ledger)
            references = References(self._ledger, lists, self._settings, self._inventory_start)
            names = Names(references, lists, self._settings, self._earliest)
            try:
                if self._lists.writes:
                    yield from names.ours()
                if gift_card_account is not None:
                    yield names.gift_card_account(gift_card_account)
            finally:
                if discount_type is not None:
                    stored.remember(self._ledger, discount_type)

    def _known_discount_type(self) -> str | None:
        known = stored.load(self._ledger).get(_DISCOUNT_TYPE)
        return known.name if known else None

    def _existing(self, references: References) -> Finding:
        """Tell which documents stand in the period to be posted that this ledger did not make."""
        what, name = "existing documents", self._settings.names.guest_customer
        period = unverified(self._ledger, self._earliest or _ANY_DAY)
        if period is None:
            return Finding(what, name, Verdict.FOUND, Said("the ledger knows what stands in the period to be posted"))
        guest = references.guest_customer().qbo_id
        if any(write.entity == "Customer" and write.created for write in self._lists.writes):
            return Finding(what, name, Verdict.FOUND, Said("none: the customer is not there yet"))
        existing = Existing(self._company, references.methods(), adopts=False)
        existing.read_all(guest, references.guest_balance(), period)
        since = f"from {self._earliest} on" if self._earliest else "at any time"
        ours = f"{existing.ours} of ours will be taken over" if existing.ours else ""
        if not existing.in_the_way:
            return Finding(what, name, Verdict.FOUND, ours or f"none {since}")
        told = f"not ours, {since}: {existing.told()}. The same sales may be in the books already"
        if self._settings.accept_existing:
            return Finding(what, name, Verdict.WARNING, f"{told}; accepted (accept_existing)")
        advice = "nothing will be posted until they are voided, or accept_existing is set"
        return Finding(what, name, Verdict.IN_THE_WAY, "; ".join(filter(None, (f"{told}: {advice}", ours))))
