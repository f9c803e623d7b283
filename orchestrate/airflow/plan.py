"""The task that settles a night: which stores it is of, and whether what all of them need is there."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from airflow.sdk import BaseOperator, Context
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from franpos_qbo.stores import Store, StoresAwayError, StoresError, load_stores
from orchestrate.airflow.commands import franpos_qbo
from orchestrate.airflow.entries import fingerprint, planned_entry
from orchestrate.airflow.environment import MELTANO_PROJECT, Secrets, SecretsMissing, variables_of_worker
from orchestrate.airflow.shards import shards, title
from orchestrate.nightly import meltano

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAN = "plan"
"""Id of the task."""

logger = structlog.get_logger("franpos_qbo")


def shard_key(number: int) -> str:
    """Return the key of the XCom that holds a shard: what :func:`stores_as_they_are` takes."""
    return f"shard_{number}"


class NightPlan(BaseOperator):
    """Settle which stores are in which shard, for this run and all tries of it.

    Airflow counts mapped tasks and knows them by their number: where ``stores.yml`` is changed in the meantime, as
    whoever puts a store right does, another try of a number would be other stores'.

    Args:
        stores_file: ``stores.yml``, read when the task runs.
        stores_a_task: How many stores a shard has.
    """

    def __init__(self, *, stores_file: str, stores_a_task: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stores_file = stores_file
        self.stores_a_task = stores_a_task

    def execute(self, context: Context) -> list[str]:
        """Return the shards' titles; each shard is an XCom of its own (:func:`shard_key`).

        Raises:
            AirflowFailException: No store can be synced as things stand; says why in a line.
            AirflowException: No store can be synced now.
        """
        path = Path(self.stores_file)
        try:
            known_by = fingerprint(path)
            stores = load_stores(path)
            _look_at_what_all_need(stores)
        except (StoresAwayError, SecretsMissing) as error:
            raise AirflowException(f"no store is synced: {error}") from None
        except (StoresError, FileNotFoundError) as error:
            raise AirflowFailException(f"no store is synced: {error}") from None
        made = shards(stores, self.stores_a_task, conf.getint("core", "max_map_length", fallback=1024))
        for number, shard in enumerate(made):
            plan = {"fingerprint": known_by, "stores": [planned_entry(store) for store in shard]}
            context["ti"].xcom_push(key=shard_key(number), value=plan)
        largest = max(len(shard) for shard in made)
        logger.info(f"{len(stores)} stores in {len(made)} tasks, {largest} in the largest")
        for store in stores:
            if store.problems:
                logger.error(f"{store.name} can't be synced as it stands: {'; '.join(store.problems)}")
        return [title(shard) for shard in made]


def _look_at_what_all_need(stores: Sequence[Store]) -> None:
    """Look for what no store could be synced without: said once here, not by each of them.

    Raises:
        FileNotFoundError: A program is not installed, or there is no Meltano project.
        StoresError: What a connection that several stores name holds can't be used.
        SecretsMissing: Such a connection is not there.
    """
    franpos_qbo()
    if not (MELTANO_PROJECT / "meltano.yml").is_file():
        raise FileNotFoundError(f"no meltano.yml in {MELTANO_PROJECT}, where bookmarks are: set MELTANO_PROJECT_ROOT")
    if shutil.which(meltano(variables_of_worker(), MELTANO_PROJECT)) is None:
        raise FileNotFoundError("meltano, which keeps the bookmarks, is not installed: make setup meltano")
    secrets = Secrets()
    named = Counter(name for store in stores for name in store.secrets)
    for name in (name for name, number in named.items() if number > 1):
        secrets.connection(name)
