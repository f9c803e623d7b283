"""The DAG ``franpos_qbo``: every midnight of Denver, each store of ``stores.yml`` a task of its own.

``FRANPOS_QBO_STORES`` names the file (default: ``stores.yml`` beside ``meltano.yml``). Stores that share a realm are
mapped in a task of the realm's own, in its pool: a pool can't be mapped (apache/airflow#33657).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable

from orchestrate.airflow.environment import STORES_FILE
from orchestrate.airflow.operators import StoreNight, Summary
from orchestrate.stores import by_realm, load_stores, pool_of

MOST = 1000

stores = load_stores(STORES_FILE)
alone, shared = by_realm(stores)

with DAG(
    dag_id="franpos_qbo",
    description="Every shop's tickets into its books",
    schedule=CronTriggerTimetable("0 0 * * *", timezone="America/Denver"),
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,  # a night that was missed is made up by the next one: bookmarks and ledger know what is new
    max_active_runs=1,
    default_args={
        "owner": "franpos-qbo",
        "retries": 3,
        # Meltano takes a run that died without a word for dead after five minutes.
        "retry_delay": dt.timedelta(minutes=10),
        "retry_exponential_backoff": 2,
        "max_retry_delay": dt.timedelta(hours=1),
        "execution_timeout": dt.timedelta(hours=12),
    },
    tags=["franpos", "quickbooks"],
):

    def nights(task_id: str, names: list[str], **kwargs: Any) -> StoreNight:
        """Map a task over stores."""
        return StoreNight.partial(
            task_id=task_id, stores_file=str(STORES_FILE), map_index_template="{{ store }}", **kwargs
        ).expand(store=names)

    # Airflow maps a task over 1,024 at most, as it comes.
    lists = [alone[start : start + MOST] for start in range(0, len(alone), MOST)]
    tasks = [
        nights("store" if number == 1 else f"store_{number}", [store.name for store in some])
        for number, some in enumerate(lists, 1)
    ]
    tasks += [
        nights(f"realm_{realm}", [store.name for store in sharing], pool=pool_of(realm))
        for realm, sharing in shared.items()
    ]
    summary = Summary(
        task_id="summary",
        stores=[store.name for store in stores],
        night_tasks=[task.task_id for task in tasks],
        trigger_rule="all_done",
        retries=0,
    )
    tasks >> summary
