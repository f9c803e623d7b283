"""Which mapped task syncs which stores, and the task that settles it for a night."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context

from franpos_qbo.stores import Store, by_realm, load_stores

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAN = "plan"
"""Id of the task that settles the night's stores; what it returns is a list of names by task id."""
_MOST = 1000  # Airflow maps a task over 1,024 at most, as it comes


def mapped_tasks(stores: Sequence[Store]) -> dict[str, list[str]]:
    """Return the names of the stores that each mapped task is for, by the task's id.

    Stores that have a company of their own come by the thousand, those that share one in a task of the company's.
    """
    alone, shared = by_realm(stores)
    tasks = {
        "store" if start == 0 else f"store_{start // _MOST + 1}": [store.name for store in alone[start : start + _MOST]]
        for start in range(0, len(alone), _MOST)
    }
    return tasks | {realm_task(realm): [store.name for store in sharing] for realm, sharing in shared.items()}


def realm_task(realm: str) -> str:
    """Return the id of the task for the stores of a company."""
    return f"realm_{realm}"


class NightPlan(BaseOperator):
    """Settle which store is which of a task's mapped ones, for this run and all tries of it.

    Airflow counts mapped tasks and knows them by their number: where ``stores.yml`` is changed in the meantime, as
    whoever puts a store right does, another try of a number would be another store's.

    Args:
        stores_file: ``stores.yml``, read when the task runs.
    """

    def __init__(self, *, stores_file: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stores_file = stores_file

    def execute(self, context: Context) -> dict[str, list[str]]:  # noqa: ARG002 (Airflow's)
        """Return the names by task id.

        Raises:
            StoresError: The file can't be used.
        """
        return mapped_tasks(load_stores(Path(self.stores_file)))
