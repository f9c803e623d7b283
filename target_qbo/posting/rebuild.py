"""A ledger made again from what stands in QuickBooks, so that nothing is posted twice after it was lost.

Source: design, Posting, exactly once (6). What a sync finds out by itself for the period it posts into, this does for
all time, and it tells what it found.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from target_qbo.accounting.naming import suffixed
from target_qbo.ledger import references as stored
from target_qbo.ledger.adopting import enter_voided
from target_qbo.names.lists import EVERY, named
from target_qbo.names.methods import Methods
from target_qbo.names.plans import OURS
from target_qbo.posting.observe import find_unknown
from target_qbo.posting.plan import EARLIEST
from target_qbo.posting.takeover import Existing, Period

if TYPE_CHECKING:
    from target_qbo.ledger import CompanyLedger
    from target_qbo.qbo import QboClient
    from target_qbo.settings import Settings

logger = logging.getLogger("target-qbo.rebuild")


def rebuild(ledger: CompanyLedger, client: QboClient, settings: Settings) -> tuple[Existing, int]:
    """Enter all documents of ours that stand in the company, and those that were voided of tickets that have no other.

    Nothing is written in QuickBooks. What the ledger knows already stays as it is.

    Args:
        ledger: The company's ledger.
        client: The company.
        settings: The names, and whether documents that are not ours are accepted.

    Returns:
        What was found, and how many tickets have voided documents only: they are undone.

    Raises:
        TargetError: QuickBooks can't be reached, or a person is needed.
    """
    methods = Methods(ledger, lambda: client.query("PaymentMethod", EVERY))
    existing = Existing(ledger, methods, adopts=True)
    with ledger.lock("posting", lambda: logger.warning("a run is posting: waiting for it to end")):
        find_unknown(ledger, client, settings.settle_seconds)
        for customer in _guests(client, settings.names.guest_customer):
            existing.read_strangers(client, customer, Period(EARLIEST, None))
            existing.read(client, customer, None, Period(EARLIEST, None))
        undone = enter_voided(ledger, existing.voided, dt.datetime.now(dt.UTC))
        if settings.accept_existing or not existing.in_the_way:
            stored.write_company_facts(ledger, verified_from=EARLIEST)
    return existing, undone


def _guests(client: QboClient, name: str) -> list[str]:
    """Return the ids of the customers that documents of ours may be on, inactive ones too."""
    return [str(row["Id"]) for row in named(client, "Customer", (name, suffixed(name, OURS)))]
