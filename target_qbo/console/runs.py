"""``franpos-qbo runs``: what each run did, by the number that names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from target_qbo.console.output import format_option, show
from target_qbo.desk import runs as desk

if TYPE_CHECKING:
    from target_qbo.desk.config import DeskConfig

_COLUMNS = (
    "run",
    "kind",
    "started_at",
    "finished_at",
    "outcome",
    "posted",
    "skipped",
    "undone",
    *(f"{kind}s" for kind in desk.KINDS),
)


@click.command("runs")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Show so many, the newest.")
@format_option
@click.pass_obj
def runs(config: DeskConfig, limit: int, form: str) -> None:
    """List the latest runs: when each began and ended, what it posted or took back.

    Each line has the run's number, which undo --run takes. A run whose outcome is "unfinished" goes on at this moment
    or was killed; "stopped" means that it ended early, and what was left waited for the next one. Times are UTC. Sums
    of what was taken back are negative.
    """
    rows = desk.latest(config.ledger(), limit)
    show([_for_people(row) for row in rows] if form != "json" else rows, _COLUMNS, form)


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    figures = {one["kind"]: f"{one['count']:,} of {one['amount']:,.2f}" for one in row["documents"]}
    sums = {f"{kind}s": figures.get(kind, "") for kind in desk.KINDS}
    times = {name: (row[name] or "")[:19].replace("T", " ") for name in ("started_at", "finished_at")}
    return {**row, **times, **sums}
