"""Airflow's operators: a store's night, and what all of them came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from franpos_qbo.stores import StoresError
from orchestrate import nightly
from orchestrate.airflow.environment import SecretsMissing, find_store, store_environment
from orchestrate.airflow.plan import PLAN
from orchestrate.nightly import Night, Nightly

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NIGHT = "night"
"""Key of the XCom in which a store's night is told."""
_NEEDS_A_PERSON = {nightly.SETTINGS, nightly.SIGN_IN}
_SHOWN_FIELDS = (
    *("name", "run", "realm", "location", "ticket", "receipt", "code", "event_name", "summary", "exit_codes"),
    *("metric_info", "plugin_exception", "err"),
)
_LEVELS = {"debug", "info", "warning", "error", "critical"}

logger = structlog.get_logger("franpos_qbo")


class StoreNight(BaseOperator):
    """Sync one store; its log is the task's, what it came to is the XCom ``night``.

    A failure that only a person can mend (settings, sign-in) fails the task at once, any other is tried again; a run
    that is still going is left alone: tried again too, and skipped at last.

    Args:
        store: The store's name as the file has it now; the night's plan goes before it.
        stores_file: ``stores.yml``, read by the worker when the task runs.
    """

    template_fields: Sequence[str] = ("store",)

    def __init__(self, *, store: str, stores_file: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.store = store
        self.stores_file = stores_file
        self._nightly: Nightly | None = None

    def execute(self, context: Context) -> None:
        """Run the night.

        Raises:
            AirflowFailException: A person is needed.
            AirflowException: It is worth another try.
            AirflowSkipException: Another run was still going at every try, or the store is not in the night's plan.
        """
        task = context["ti"]
        self.store = context["store"] = self._planned(task)  # in the context for the task's name in the UI
        night = self._night()
        task.xcom_push(key=NIGHT, value=night.as_record())
        if night.exit_code == nightly.DONE:
            return
        problem = f"store {self.store}: {night.reason}"
        if night.exit_code in _NEEDS_A_PERSON:
            raise AirflowFailException(problem)
        if night.exit_code == nightly.STILL_GOING and task.try_number > task.max_tries:
            raise AirflowSkipException(problem)
        raise AirflowException(problem)

    def _planned(self, task: Any) -> str:
        """Return the name of the store that has this task's number in the plan."""
        planned = (task.xcom_pull(task_ids=PLAN) or {}).get(task.task_id, [])
        if task.map_index >= len(planned):
            raise AirflowSkipException(f"{self.store} came into {self.stores_file} after this night had begun")
        name: str = planned[task.map_index]
        return name

    def _night(self) -> Night:
        try:
            environment = store_environment(find_store(self.store, self.stores_file)[0])
        except StoresError as error:
            return Night(run="", store=self.store, exit_code=nightly.SETTINGS, reason=str(error))
        except SecretsMissing as error:
            return Night(run="", store=self.store, exit_code=nightly.FAILED, reason=str(error))
        self._nightly = Nightly(self.store, environment)
        return self._nightly.run(_relay)

    def on_kill(self) -> None:
        """End the run with the task; what is not done waits in the ledger."""
        if self._nightly is not None:
            self._nightly.stop()


class Summary(BaseOperator):
    """Tell what the night came to, store by store; fails where a store did, so that the DAG run is red then.

    Args:
        night_tasks: Ids of the (mapped) tasks that synced them.
    """

    def __init__(self, *, night_tasks: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.night_tasks = list(night_tasks)

    def execute(self, context: Context) -> dict[str, Any]:
        """Log one line for each store, and return the figures.

        Raises:
            AirflowFailException: A store failed; says which, and why.
        """
        plan = context["ti"].xcom_pull(task_ids=PLAN)
        if plan is None:
            raise AirflowFailException(f"no store was synced: see the task {PLAN}")
        stores = sorted(name for names in plan.values() for name in names)
        found = context["ti"].xcom_pull(task_ids=self.night_tasks, key=NIGHT) or []
        nights = {night["store"]: night for night in found if night}
        failed, left_alone = {}, []
        for store in stores:
            night = nights.get(store)
            if night is None:
                failed[store] = "no word from its task: see its log"
                logger.error(f"{store}: {failed[store]}", store=store)
                continue
            _tell(night)
            if night["exit_code"] == nightly.STILL_GOING:
                left_alone.append(store)
            elif night["exit_code"] != nightly.DONE:
                failed[store] = night["reason"]
        done = len(stores) - len(failed) - len(left_alone)
        totals = _totals(nights.values())
        logger.info(f"{done} of {len(stores)} stores done, {len(left_alone)} left alone", **totals)
        if failed:
            reasons = "; ".join(f"{store}: {reason}" for store, reason in failed.items())
            raise AirflowFailException(f"{len(failed)} of {len(stores)} stores failed: {reasons}")
        return totals


def _relay(entry: Mapping[str, Any]) -> None:
    """Write one line of the run into the task's log."""
    level = str(entry.get("level", "info"))
    event = str(entry.get("event", ""))
    fields = {name: entry[name] for name in _SHOWN_FIELDS if entry.get(name) is not None}
    if "metric_info" in fields:
        level = "debug"
    getattr(logger, level if level in _LEVELS else "info")(event, **{"plugin": fields.pop("name", "meltano"), **fields})


def _tell(night: Mapping[str, Any]) -> None:
    store, summary = night["store"], night["summary"]
    if night["exit_code"] == nightly.DONE:
        skipped, more = night.get("skipped", []), night.get("skipped_more", 0)
        logger.info(f"{store}: done", posted=summary.get("posted"), skipped=len(skipped) + more)
        for ticket in (one for one in skipped if one["new"]):
            named = {name: value for name, value in ticket.items() if name != "reason"}
            logger.warning(f"{store}: skipped: {ticket['reason']}", **named)
        if more:
            logger.warning(f"{store}: {more} more are skipped: tickets --status skipped lists them")
    elif night["exit_code"] == nightly.STILL_GOING:
        logger.warning(f"{store}: {night['reason']}")
    else:
        logger.error(f"{store}: {night['reason']}", exit_code=night["exit_code"])


def _totals(nights: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    summaries = [night["summary"] for night in nights]
    return {name: sum(one.get(name, 0) for one in summaries) for name in ("posted", "skipped", "waiting", "open")}
