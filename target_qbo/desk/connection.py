"""Whether a company is connected, and until when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from target_qbo.errors import SignInNeededError, TargetError
from target_qbo.qbo.oauth import NOT_CONNECTED

if TYPE_CHECKING:
    from target_qbo.company import Company

# A refresh token lasts 100 days from its latest use (QuickBooks API notes, Sign-in).
_REFRESH_TOKEN_LASTS = dt.timedelta(days=100)


@dataclass(frozen=True, slots=True)
class Connection:
    """How a company is connected.

    Attributes:
        connected: Whether it is.
        name: The company's name as QuickBooks has it; None where it was not asked.
        refreshed_at: When its tokens were used last.
        problem: What came in the way.
    """

    connected: bool
    name: str | None = None
    refreshed_at: dt.datetime | None = None
    problem: TargetError | None = None

    @property
    def lasts_until(self) -> dt.date | None:
        """The day up to which the tokens last if they are not used."""
        return None if self.refreshed_at is None else (self.refreshed_at + _REFRESH_TOKEN_LASTS).date()


NOT_ANY_MORE = Connection(connected=False)


def connection(company: Company) -> Connection:
    """Ask QuickBooks for the company's name, which proves that it is connected; one metered read."""
    name, problem = None, None
    try:
        if not company.vault.load().refresh_token:
            raise SignInNeededError(NOT_CONNECTED)
        name = next(company.client.query("CompanyInfo"), {}).get("CompanyName")
    except TargetError as error:
        problem = error
    return Connection(connected=problem is None, name=name, refreshed_at=_refreshed_at(company), problem=problem)


def last_known(company: Company) -> Connection:
    """Tell how the company is connected as far as the ledger and the settings know: QuickBooks is not asked."""
    found = Connection(connected=bool(company.vault.load().refresh_token), refreshed_at=_refreshed_at(company))
    is_over = found.lasts_until is not None and found.lasts_until < dt.datetime.now(dt.UTC).date()
    return replace(found, connected=False) if is_over else found


def _refreshed_at(company: Company) -> dt.datetime | None:
    kept = company.vault.load()
    return kept.refreshed_at if kept.refresh_token else None
