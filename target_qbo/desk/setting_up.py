"""The first steps of a shop: which are done, and which is next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_qbo.desk.config import TAP
from target_qbo.desk.connection import last_known
from target_qbo.desk.keeping import schema_of
from target_qbo.ledger import references

if TYPE_CHECKING:
    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.rehearsing import Rehearsals

FRANPOS, QUICKBOOKS, ACCOUNTS, REHEARSAL, TENDERS, NIGHTS = (
    "franpos",
    "quickbooks",
    "accounts",
    "rehearsal",
    "tenders",
    "nights",
)
STEPS = (FRANPOS, QUICKBOOKS, ACCOUNTS, REHEARSAL, TENDERS, NIGHTS)


@dataclass(frozen=True, slots=True)
class Step:
    """A step.

    Attributes:
        name: One of :data:`STEPS`.
        is_done: Whether it is done, as far as is known here.
        is_open: Whether it can be done now.
    """

    name: str
    is_done: bool
    is_open: bool


def steps(config: DeskConfig, company: Company | None, rehearsals: Rehearsals, *, has_nights: bool) -> list[Step]:
    """Return the steps in their order.

    Args:
        config: Where the settings are.
        company: The company; None: none is known yet.
        rehearsals: What was rehearsed.
        has_nights: Whether nights are begun from here.
    """
    tap = config.in_force(TAP, schema_of(TAP))
    done = {
        FRANPOS: bool(tap.get("location_ids") and (tap.get("auth_token") or tap.get("location_tokens"))),
        QUICKBOOKS: company is not None and last_known(company).connected,
        ACCOUNTS: company is not None and bool(references.load(company.ledger)),
        REHEARSAL: company is not None and rehearsals.latest(company) is not None,
        TENDERS: company is not None and _all_known(company, rehearsals),
        NIGHTS: has_nights,
    }
    begun = done[FRANPOS] and done[QUICKBOOKS]
    return [Step(name, done[name], begun or name in {FRANPOS, QUICKBOOKS}) for name in STEPS]


def following(found: list[Step]) -> Step | None:
    """Return the first step that is not done; None: all are."""
    return next((step for step in found if not step.is_done), None)


def _all_known(company: Company, rehearsals: Rehearsals) -> bool:
    latest = rehearsals.latest(company)
    if latest is None:
        return False
    return not any(one.is_unknown for one in latest.tenders(company.settings.rules.tender_map))
