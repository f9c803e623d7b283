"""The DAG ``franpos_qbo_desk``: whoever looks after a store runs a command of ``franpos-qbo`` for it, by hand.

Triggered from Airflow's page, which asks for the store and the command, or with ``airflow dags trigger
franpos_qbo_desk --conf '{"store": "boise", "command": "resync --skipped"}'``.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import DAG, Param

from franpos_qbo.stores import StoresError, load_stores
from orchestrate.airflow.commands import COMMANDS
from orchestrate.airflow.desk import StoreDesk
from orchestrate.airflow.environment import STORES_FILE

_MOST_BYTES_READ = 256 * 1024
"""Of a larger file (some thousand stores) no names are offered: Airflow reads this module twice a minute."""


def store_names() -> list[str]:
    """Return the names to choose from; none: the file is large, or can't be read now."""
    try:
        if STORES_FILE.stat().st_size > _MOST_BYTES_READ:
            return []
        return [store.name for store in load_stores(STORES_FILE)]
    except (OSError, StoresError):
        return []


names = store_names()

with DAG(
    dag_id="franpos_qbo_desk",
    description="A command of franpos-qbo for one store",
    schedule=None,
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    max_active_runs=16,
    is_paused_upon_creation=False,
    params={
        "store": Param(names[0] if names else "", type="string", title="Store", **({"enum": names} if names else {})),
        "command": Param(
            "tickets --status skipped",
            type="string",
            pattern=rf"^({'|'.join(COMMANDS)})( |$)",
            title="Command",
            description=f"As after franpos-qbo: {', '.join(COMMANDS)}, with their options; undo needs --yes",
        ),
    },
    tags=["franpos", "quickbooks"],
):
    StoreDesk(
        task_id="command",
        store="{{ params.store }}",
        command="{{ params.command }}",
        stores_file=str(STORES_FILE),
        retries=0,
        execution_timeout=dt.timedelta(hours=4),
    )
