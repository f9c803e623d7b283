"""The DAG ``franpos_qbo``: every midnight of Denver, the stores of ``stores.yml``, some of them to a task.

``FRANPOS_QBO_STORES`` names the file (default: ``stores.yml`` beside ``meltano.yml``), which is read when the night
begins, not here; ``FRANPOS_QBO_STORES_A_TASK`` how many stores share a task, and a process; ``FRANPOS_QBO_AT_ONCE`` how
many tasks go on at the same time, ``FRANPOS_QBO_STORES_AT_ONCE`` how many stores in each; ``FRANPOS_QBO_RETRY_MINUTES``
after how long another try follows, each further one after twice as long.
"""

from __future__ import annotations

import datetime as dt
import os

from airflow.sdk import DAG, CronTriggerTimetable

from orchestrate.airflow.environment import STORES_FILE
from orchestrate.airflow.plan import PLAN, NightPlan
from orchestrate.airflow.shard import ShardNight
from orchestrate.airflow.summary import Summary

MINUTES_A_STORE = 120

with DAG(
    dag_id="franpos_qbo",
    description="Every shop's tickets into its books",
    schedule=CronTriggerTimetable("0 0 * * *", timezone="America/Denver"),
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,  # a night that was missed is made up by the next one: bookmarks and ledger know what is new
    max_active_runs=1,
    max_active_tasks=int(os.environ.get("FRANPOS_QBO_AT_ONCE", "4")),
    # What still waits then must not keep the next night away.
    dagrun_timeout=dt.timedelta(hours=22),
    default_args={
        "owner": "franpos-qbo",
        "retries": 3,
        "retry_delay": dt.timedelta(minutes=float(os.environ.get("FRANPOS_QBO_RETRY_MINUTES", "10"))),
        "retry_exponential_backoff": 2,
        "max_retry_delay": dt.timedelta(hours=1),
    },
    tags=["franpos", "quickbooks"],
) as dag:
    plan = NightPlan(
        task_id=PLAN,
        stores_file=str(STORES_FILE),
        stores_a_task=int(os.environ.get("FRANPOS_QBO_STORES_A_TASK", "50")),
        execution_timeout=dt.timedelta(hours=1),
    )
    nights = ShardNight.partial(
        task_id="stores",
        stores_file=str(STORES_FILE),
        at_once=int(os.environ.get("FRANPOS_QBO_STORES_AT_ONCE", "6")),
        minutes=MINUTES_A_STORE,
        map_index_template="{{ shard }}",
        execution_timeout=dt.timedelta(hours=8),
    ).expand(shard=plan.output)
    summary = Summary(task_id="summary", night_task=nights.task_id, trigger_rule="all_done", retries=0)
    nights >> summary
