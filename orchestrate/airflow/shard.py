"""Airflow's operator for a shard: the night of some stores in one process, and of another try those that are left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowRuntimeError

from franpos_night.outcome import Code
from franpos_qbo.stores import Store, StoresAwayError, StoresError
from orchestrate.airflow import outcomes
from orchestrate.airflow.commands import franpos_qbo
from orchestrate.airflow.entries import stores_as_they_are
from orchestrate.airflow.environment import (
    MELTANO_PROJECT,
    Secrets,
    SecretsMissing,
    store_environment,
    variables_of_worker,
)
from orchestrate.airflow.plan import PLAN, shard_key
from orchestrate.airflow.process import NightProcess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrate.airflow.outcomes import Record

NIGHT = "night"
"""Key of the XCom that holds what each store of a shard came to, by its name."""
_ASKED_FOR = ".asked_for"
"""Key in the task's state store, where no store's name has a dot."""
_SHOWN_FIELDS = (
    *("store", "run", "realm", "location", "ticket", "receipt", "code", "event_name", "summary", "exit_codes"),
    *("plugin_exception",),
)
_LEVELS = {"debug", "info", "warning", "error", "critical"}

logger = structlog.get_logger("franpos_qbo")


class ShardNight(BaseOperator):
    """Sync the stores of a shard; a table of what each came to ends the log, and is the XCom ``night``.

    What a store came to is kept in the task's state store as soon as the night tells it, so that another try knows it
    even where this one was killed. Another try that Airflow makes by itself takes the stores that are neither done nor
    need a person; one that a person asks for, by clearing the task, takes all that are not done.

    Args:
        shard: The shard's title.
        stores_file: ``stores.yml``; what it says of a store now counts, which stores they are the night's plan says.
        at_once: How many stores at once.
        minutes: How long each may take.
    """

    template_fields: Sequence[str] = ("shard",)

    def __init__(self, *, shard: str, stores_file: str, at_once: int, minutes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shard = shard
        self.stores_file = stores_file
        self.at_once = at_once
        self.minutes = minutes
        self._process: NightProcess | None = None
        self._is_stopping = False

    def execute(self, context: Context) -> None:
        """Run the night.

        Raises:
            AirflowFailException: Each store that is not done needs a person.
            AirflowException: Another try is worth it for some.
        """
        context["shard"] = self.shard  # for the task's name in the UI
        task = context["ti"]
        plan = task.xcom_pull(task_ids=PLAN, key=shard_key(task.map_index))
        planned = [entry["name"] for entry in plan["stores"]]
        kept = _KeptOutcomes(context)
        earlier, since_asked = kept.read(planned)
        taken = outcomes.to_take(kept.asked_for(planned, earlier), since_asked)
        if earlier:
            _tell_what_is_left_alone(planned, taken, earlier)
        found: dict[str, Record] = dict(earlier)

        def tell(record: dict[str, Any]) -> None:
            found[record["store"]] = kept.keep(record)
            _relay_outcome(record)

        try:
            self._sync(plan, taken, tell)
        finally:
            task.xcom_push(key=NIGHT, value={name: found[name] for name in planned if name in found})
            for line in outcomes.table(found[name] for name in planned if name in found):
                logger.info(line)
        failed = [found[name] for name in planned if not outcomes.is_done(found[name])]
        if failed:
            problem = outcomes.told_failures(failed, len(planned))
            raise (AirflowFailException if all(map(outcomes.needs_a_person, failed)) else AirflowException)(problem)

    def _sync(self, plan: Mapping[str, Any], taken: Sequence[str], tell: Any) -> None:
        """Have the night of some stores run; of those that it can't be run for, tell why."""
        ready: list[tuple[Store, Mapping[str, Any]]] = []
        secrets = Secrets()
        try:
            stores = stores_as_they_are(plan, Path(self.stores_file))
            program = franpos_qbo()
        except (StoresError, FileNotFoundError) as error:
            code = Code.AGAIN if isinstance(error, StoresAwayError) else Code.SETTINGS
            for name in taken:
                tell(outcomes.outcome(name, code, str(error)))
            return
        for name in taken:
            try:
                if name not in stores:
                    raise StoresError(f"it stands no longer in {self.stores_file}")  # noqa: TRY301
                own = {} if stores[name].problems else secrets.of(stores[name])
                store_environment(stores[name], own)
            except StoresError as error:
                tell(outcomes.outcome(name, Code.SETTINGS, str(error)))
            except SecretsMissing as error:
                tell(outcomes.outcome(name, Code.FAILED, str(error)))
            else:
                ready.append((stores[name], own))
        if not ready:
            return
        self._process = NightProcess(
            program, MELTANO_PROJECT, variables_of_worker(), at_once=self.at_once, minutes=self.minutes
        )
        if self._is_stopping:
            self._process.stop()
        self._process.run(ready, tell, _relay)

    def on_kill(self) -> None:
        """End the night with the task; what is not done waits in the ledger."""
        self._is_stopping = True
        if self._process is not None:
            self._process.stop()


class _KeptOutcomes:
    """What each store came to, in the task's state store, which the task's next tries see too.

    With each stands how many tries the task had then. Airflow makes them more where a person clears the task: that is
    how a try that a person asked for is told from one that Airflow makes by itself.
    """

    def __init__(self, context: Context) -> None:
        self._kept = context["task_state_store"]
        self._try = context["ti"].try_number
        self._tries = context["ti"].max_tries

    def read(self, stores: Sequence[str]) -> tuple[dict[str, Record], dict[str, Record]]:
        """Return what stores came to in earlier tries, by name; and of it what they did since they were asked for."""
        if self._try == 1:
            return {}, {}
        found = {store: kept for store in stores if (kept := self._kept.get(store))}
        earlier = {store: kept["night"] for store, kept in found.items()}
        return earlier, {store: night for store, night in earlier.items() if found[store]["tries"] == self._tries}

    def asked_for(self, planned: Sequence[str], earlier: Mapping[str, Record]) -> list[str]:
        """Return which stores are asked for, by this try or the one before it that a person or midnight began."""
        kept = self._kept.get(_ASKED_FOR) if self._try > 1 else None
        if kept and kept["tries"] == self._tries:
            return [store for store in planned if store in kept["stores"]]
        asked = outcomes.asked_for(planned, earlier)
        self._set(_ASKED_FOR, {"stores": asked})
        return asked

    def keep(self, record: Mapping[str, Any]) -> Record:
        """Keep what a store came to; returns it with the number of the try."""
        night = {**record, "try": self._try}
        self._set(record["store"], {"night": night})
        return night

    def _set(self, key: str, value: Mapping[str, Any]) -> None:
        try:
            self._kept.set(key, {"tries": self._tries, **value})
        except AirflowRuntimeError as error:  # another try then takes more than it needs to, which harms nothing
            logger.warning(f"{key} can't be kept for another try: {error}")


def _tell_what_is_left_alone(planned: Sequence[str], taken: Sequence[str], earlier: Mapping[str, Record]) -> None:
    done = [store for store in planned if store not in taken and outcomes.is_done(earlier[store])]
    wait = [store for store in planned if store not in taken and store not in done]
    logger.info(f"another try, of {len(taken)} of {len(planned)} stores: {', '.join(taken)}")
    if done:
        logger.info(f"done in an earlier try: {', '.join(done)}")
    if wait:
        logger.warning(f"left alone until somebody clears this task: {', '.join(wait)}")


def _relay(entry: Mapping[str, Any]) -> None:
    """Write one line of the night into the task's log."""
    extra = entry.get("extra") or {}
    fields = {name: extra[name] for name in _SHOWN_FIELDS if extra.get(name) is not None}
    if (error := entry.get("exception")) and isinstance(error, dict):
        fields["exception"] = _told_exception(error)
    level = str(entry.get("level", "info"))
    getattr(logger, level if level in _LEVELS else "info")(str(entry.get("message", "")), **fields)


def _told_exception(error: Mapping[str, Any]) -> str:
    frames = [f"  {frame['filename']}:{frame['lineno']} {frame['function']}" for frame in error.get("traceback", ())]
    return "\n".join([f"{error.get('type')}: {error.get('message')}", *frames])


def _relay_outcome(record: Mapping[str, Any]) -> None:
    store = record["store"]
    fields = {"event_name": "night_ended", "store": store, "exit_code": record["exit_code"]}
    if outcomes.is_done(record):
        logger.info(f"{store}: done", **fields)
    else:
        logger.error(f"{store}: {record['reason']}", **fields)
