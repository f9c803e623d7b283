"""Proving a period: till, ledger and QuickBooks held against each other."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from target_qbo.ledger.remembered import What, remember
from target_qbo.reconcile.reconciling import reconcile
from target_qbo.reconcile.remembered import DecidedDays
from target_qbo.reconcile.telling import as_document

if TYPE_CHECKING:
    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.watching import Watch
    from target_qbo.reconcile.model import Period

_MIDNIGHT = dt.time(0)


def prove(company: Company, period: Period, known: DecidedDays | None = None) -> dict[str, Any]:
    """Prove a period and remember what it came to; returns what :func:`target_qbo.reconcile.telling.as_document` tells.

    Args:
        company: The company.
        period: The days.
        known: Keeps what was decided for proofs of it before; None: there was none.

    Raises:
        TargetError: QuickBooks can't be reached, or refuses the app.
    """
    proof, reads, unread = reconcile(company, period, known or DecidedDays())
    told = as_document(proof, period, reads, unread)
    kept = {"first": told["from"], "last": told["to"], "problems": len(told["problems"])}
    remember(company.ledger, What.PROOF, kept, dt.datetime.now(dt.UTC))
    return told


def refetch(config: DeskConfig, company: Company, period: Period, watch: Watch) -> None:
    """Fetch a period anew from the till, so that what changed there long ago is seen.

    Raises:
        TargetError: The till can't be asked.
    """
    from target_qbo.desk.pulling import pull  # noqa: PLC0415 (the SDK takes long to load)

    spare = 1 if company.settings.rules.business_day_start == _MIDNIGHT else 2
    end = period.last + dt.timedelta(days=spare)
    locations = [period.location_id] if period.location_id else []
    pull(config, company.ledger, start=period.first, end=end, locations=locations, watch=watch)
