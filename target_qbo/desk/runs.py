"""Runs as rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.ledger import runs

if TYPE_CHECKING:
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.runs import Run

UNFINISHED = "unfinished"
KINDS = (DocumentKind.INVOICE, DocumentKind.REFUND_RECEIPT, DocumentKind.PAYMENT)


def latest(ledger: CompanyLedger, limit: int) -> list[dict[str, Any]]:
    """Return the latest runs, the newest first: when each began and ended (ISO, UTC), and what it came to."""
    return [_row(run) for run in runs.latest(ledger, limit)]


def _row(run: Run) -> dict[str, Any]:
    counts, amounts = run.summary.get("documents", {}), run.summary.get("amounts", {})
    return {
        "run": run.number,
        "kind": run.kind,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "outcome": run.outcome or UNFINISHED,
        "posted": run.summary.get("posted", 0),
        "skipped": run.summary.get("skipped", 0),
        "waiting": run.summary.get("waiting", 0),
        "undone": run.summary.get("undone", 0),
        "documents": [
            {"kind": kind.value, "count": counts[kind], "amount": Decimal(amounts.get(kind, "0"))}
            for kind in KINDS
            if counts.get(kind)
        ],
    }
