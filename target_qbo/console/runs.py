"""``franpos-qbo runs``: what each run did, by the number that names it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from target_qbo.console.output import format_option, show
from target_qbo.ledger import runs as stored

if TYPE_CHECKING:
    from target_qbo.console.settings import ConsoleConfig
    from target_qbo.ledger.runs import Run

_KINDS = ("invoice", "refund_receipt", "payment")
_COLUMNS = (
    "run",
    "kind",
    "started_at",
    "finished_at",
    "outcome",
    "posted",
    "skipped",
    "undone",
    *(f"{kind}s" for kind in _KINDS),
)


@click.command("runs")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Show so many, the newest.")
@format_option
@click.pass_obj
def runs(config: ConsoleConfig, limit: int, form: str) -> None:
    """List the latest runs: when each began and ended, what it posted or took back.

    Each line has the run's number, which undo --run takes. A run whose outcome is "unfinished" goes on at this moment
    or was killed; "stopped" means that it ended early, and what was left waited for the next one. Times are UTC. Sums
    of what was taken back are negative.
    """
    rows = [_row(run) for run in stored.latest(config.company().ledger, limit)]
    show([_for_people(row) for row in rows] if form != "json" else rows, _COLUMNS, form)


def _row(run: Run) -> dict[str, Any]:
    counts, amounts = run.summary.get("documents", {}), run.summary.get("amounts", {})
    return {
        "run": run.number,
        "kind": run.kind,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "outcome": run.outcome or "unfinished",
        "posted": run.summary.get("posted", 0),
        "skipped": run.summary.get("skipped", 0),
        "waiting": run.summary.get("waiting", 0),
        "undone": run.summary.get("undone", 0),
        "documents": [
            {"kind": kind, "count": counts[kind], "amount": Decimal(amounts.get(kind, "0"))}
            for kind in _KINDS
            if counts.get(kind)
        ],
    }


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    figures = {one["kind"]: f"{one['count']:,} of {one['amount']:,.2f}" for one in row["documents"]}
    sums = {f"{kind}s": figures.get(kind, "") for kind in _KINDS}
    times = {name: (row[name] or "")[:19].replace("T", " ") for name in ("started_at", "finished_at")}
    return {**row, **times, **sums}
