"""Posting on demand: what is pending goes into the books now, and whoever is to be told is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_qbo.desk.watching import Watch
from target_qbo.endings import ending_of, line_of
from target_qbo.errors import TargetError
from target_qbo.notices import tell
from target_qbo.posting.summary import RunSummary

if TYPE_CHECKING:
    from target_qbo.company import Company


def post(
    company: Company, watch: Watch | None = None, summary: RunSummary | None = None, problem: str | None = None
) -> RunSummary:
    """Post everything that is pending; another process that posts for the company is waited for.

    Args:
        company: The company.
        watch: Watches how far it is.
        summary: Where figures are gathered, so that the caller has them where the run stops early too.
        problem: What went wrong before, at the till, and is to be told with the rest.

    Returns:
        The run's figures.

    Raises:
        TargetError: QuickBooks can't be reached, or a person is needed; what was done is written down. Who is to be
            told of that (or of skipped tickets) by the settings is told.
    """
    summary = summary if summary is not None else RunSummary()
    try:
        with (watch or Watch()).posting(company.ledger, summary):
            company.post_pending(summary)
    except Exception as error:
        ending = ending_of(error)
        tell(company.settings.notices, company.ledger, summary, line_of(error))
        if ending is None or isinstance(error, TargetError):
            raise
        raise ending.as_error() from None
    tell(company.settings.notices, company.ledger, summary, problem)
    return summary
