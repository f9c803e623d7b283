"""The DAG ``franpos_qbo``: every midnight of Denver, each store of ``stores.yml`` a task of its own.

``FRANPOS_QBO_STORES`` names the file (default: ``stores.yml`` beside ``meltano.yml``), ``FRANPOS_QBO_AT_ONCE`` how many
nights may go on at the same time. Stores that share a realm are mapped in a task of the realm's own, in its pool: a
pool can't be mapped (apache/airflow#33657).
"""

from __future__ import annotations

import datetime as dt
import os

from airflow.sdk import DAG, CronTriggerTimetable

from franpos_qbo.stores import by_realm, load_stores
from orchestrate.airflow.environment import STORES_FILE
from orchestrate.airflow.operators import StoreNight, Summary
from orchestrate.airflow.plan import PLAN, NightPlan, mapped_tasks, realm_task
from orchestrate.stores import pool_of

stores = load_stores(STORES_FILE)
pools = {realm_task(realm): pool_of(realm) for realm in by_realm(stores)[1]}

with DAG(
    dag_id="franpos_qbo",
    description="Every shop's tickets into its books",
    schedule=CronTriggerTimetable("0 0 * * *", timezone="America/Denver"),
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,  # a night that was missed is made up by the next one: bookmarks and ledger know what is new
    max_active_runs=1,
    max_active_tasks=int(os.environ.get("FRANPOS_QBO_AT_ONCE", "16")),
    # What still waits then, for a pool that nobody made or for a run that hangs, must not keep the next night away.
    dagrun_timeout=dt.timedelta(hours=22),
    default_args={
        "owner": "franpos-qbo",
        "retries": 3,
        # Meltano takes a run that died without a word for dead after five minutes.
        "retry_delay": dt.timedelta(minutes=10),
        "retry_exponential_backoff": 2,
        "max_retry_delay": dt.timedelta(hours=1),
        "execution_timeout": dt.timedelta(hours=4),
    },
    tags=["franpos", "quickbooks"],
):
    plan = NightPlan(task_id=PLAN, stores_file=str(STORES_FILE))
    nights = [
        StoreNight.partial(
            task_id=task_id,
            stores_file=str(STORES_FILE),
            map_index_template="{{ store }}",
            **({"pool": pools[task_id]} if task_id in pools else {}),
        ).expand(store=names)
        for task_id, names in mapped_tasks(stores).items()
    ]
    summary = Summary(
        task_id="summary", night_tasks=[task.task_id for task in nights], trigger_rule="all_done", retries=0
    )
    plan >> nights >> summary
