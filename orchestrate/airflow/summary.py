"""Airflow's operator for the morning: what the night came to, store by store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from franpos_night.outcome import Code
from orchestrate.airflow import outcomes
from orchestrate.airflow.plan import PLAN, shard_key
from orchestrate.airflow.shard import NIGHT

if TYPE_CHECKING:
    from orchestrate.airflow.outcomes import Record

logger = structlog.get_logger("franpos_qbo")


class Summary(BaseOperator):
    """Tell what the night came to; fails where a store did, so that the DAG run is red then.

    Args:
        night_task: Id of the mapped task that synced the stores.
    """

    def __init__(self, *, night_task: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.night_task = night_task

    def execute(self, context: Context) -> dict[str, Any]:
        """Log a line for each store, those that failed first, and return the figures of all.

        Raises:
            AirflowFailException: A store failed; says which, and why.
        """
        titles = context["ti"].xcom_pull(task_ids=PLAN)
        if titles is None:
            raise AirflowFailException(f"no store was synced: see the task {PLAN}")
        records = [record for number in range(len(titles)) for record in self._shard(context, number)]
        for record in records:
            _tell_skipped(record)
        failed = [record for record in records if not outcomes.is_done(record)]
        done = [record for record in records if outcomes.is_done(record)]
        for line in outcomes.table([*failed, *done]):
            logger.info(line)
        figures = outcomes.totals(records)
        logger.info(f"{len(done)} of {len(records)} stores done", **figures)
        if failed:
            raise AirflowFailException(outcomes.told_failures(failed, len(records)))
        return figures

    def _shard(self, context: Context, number: int) -> list[Record]:
        """Return what each store of a shard came to; one shard at a time: of all there may be much."""
        told = context["ti"].xcom_pull(task_ids=self.night_task, key=NIGHT, map_indexes=number) or {}
        plan = context["ti"].xcom_pull(task_ids=PLAN, key=shard_key(number))
        return [
            told.get(entry["name"])
            or outcomes.outcome(
                entry["name"], Code.AGAIN, f"no word from its task {self.night_task}[{number}]: see its log"
            )
            for entry in plan["stores"]
        ]


def _tell_skipped(record: Record) -> None:
    for ticket in record["skipped"]:
        named = {name: value for name, value in ticket.items() if name != "reason"}
        logger.warning(f"{record['store']}: skipped: {ticket['reason']}", **named)
    if more := record["skipped_more"]:
        logger.warning(f"{record['store']}: {more} more were skipped: tickets --status skipped lists them")
