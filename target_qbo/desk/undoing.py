"""Taking what a run or a period posted out of QuickBooks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_qbo.desk.watching import Stage
from target_qbo.errors import NotThereError
from target_qbo.ledger import runs
from target_qbo.ledger.undoing import Choice
from target_qbo.posting.undo import undo as take_out
from target_qbo.said import Said

if TYPE_CHECKING:
    from target_qbo.company import Company
    from target_qbo.desk.watching import Watch
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.undoing import Figures
    from target_qbo.posting.undo import Undone


def of_run(ledger: CompanyLedger, number: int, location: str | None) -> Choice:
    """Return what a run posted, as far as it still stands.

    Raises:
        NotThereError: There is no such run.
    """
    run = runs.named(ledger, number)
    if run is None:
        raise NotThereError(f"there is no run {number}: see franpos-qbo runs")
    return Choice(location_id=location, sent_from=run.started_at, sent_before=run.until)


def undo(company: Company, choice: Choice, found: Figures, undone: Undone, watch: Watch) -> None:
    """Take a choice out of QuickBooks.

    Args:
        company: The company.
        choice: Whose documents.
        found: What that is, as it was shown to whoever asked for it.
        undone: Gathers what is done, also where this stops early.
        watch: Watches how far it is.

    Raises:
        TargetError: QuickBooks can't be reached, or a person is needed. What was done is written down.
    """

    def done() -> tuple[int, int]:
        return undone.undone + len(undone.left), undone.chosen or found.tickets

    with watch.stage(Stage(Said("undoing"), lambda: {Said("documents taken back"): undone.summary.taken_back}, done)):
        take_out(company, choice, undone)
