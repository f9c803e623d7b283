"""``franpos-qbo night``: the night of many stores in one process."""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from franpos_qbo.starting import loading
from target_qbo.console.output import show, show_document
from target_qbo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from franpos_night.night import Shard
    from franpos_night.outcome import Outcome
    from franpos_qbo.stores import Store

_COLUMNS = ("store", "ended", "posted", "skipped", "waiting", "open", "seconds", "reason")
_FIGURES = ("posted", "skipped", "waiting", "open")

logger = logging.getLogger("franpos-qbo.night")


def _shard(_context: click.Context, _option: click.Parameter, text: str | None) -> Shard | None:
    from franpos_night.night import Shard  # noqa: PLC0415 (it takes long to load)

    if text is None:
        return None
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise click.BadParameter("is K/N, the K-th of N parts, as 2/5")
    return Shard(int(number), int(of))


@click.command("night")
@click.option(
    "--stores",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default="stores.yml",
    show_default=True,
    help="File of the stores.",
)
@click.option(
    "--secrets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the stores' secrets, a file NAME.json that nobody else may read.",
)
@click.option("--shard", callback=_shard, metavar="K/N", help="Only the K-th of N parts of the stores.")
@click.option("--store", "names", multiple=True, help="Only this store; may be repeated.")
@click.option("--at-once", type=click.IntRange(1), default=8, show_default=True, help="How many stores at once.")
@click.option(
    "--limit", type=click.FloatRange(0, min_open=True), default=60, show_default=True, help="Minutes a store may take."
)
@click.option(
    "--turn",
    type=click.IntRange(0),
    default=lambda: dt.datetime.now(dt.UTC).toordinal(),
    help="Which of a company's stores begins, counted around from 0.  [default: another one each day]",
)
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=lambda: os.environ.get("MELTANO_PROJECT_ROOT", "."),
    help="Folder of meltano.yml, where the bookmarks are.  [default: this one]",
)
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@click.option(
    "--log", type=click.Choice(("text", "json")), default="text", show_default=True, help="How stderr is written."
)
def night(
    path: Path,
    secrets: Path | None,
    shard: Shard | None,
    names: tuple[str, ...],
    at_once: int,
    limit: float,
    turn: int,
    project: Path,
    form: str,
    log: str,
) -> None:
    """Sync the stores of a file, many at once, each by its own settings, into its own books.

    For each of them it is as if tap-franpos | target-qbo were run with its settings, and its bookmarks are where
    meltano run --state-id-suffix=STORE has them. Stores of one company take turns, another one first each day. What
    goes wrong with one ends that one alone; one that is over the limit keeps those of its company that come after it
    from being begun. What is not done waits in its ledger for the next night.

    A store's secrets are those of the connection that the file names: the variable AIRFLOW_CONN_NAME as Airflow reads
    it (JSON with an extra), else NAME.json in the folder of --secrets, an object of the plugins' variables.

    Shown is what each store came to. Exit code 0: all are done; else that of the stores that failed which tells most: 4
    sign-in needed, 2 settings, 3 not to be reached, 1 any other.
    """
    with loading():
        from franpos_night.bookmarks import MeltanoBookmarks  # noqa: PLC0415 (the night's own parts take long to load)
        from franpos_night.fleet import Fleet  # noqa: PLC0415
        from franpos_night.logs import write_logs  # noqa: PLC0415
        from franpos_night.night import Night  # noqa: PLC0415
        from franpos_night.outcome import exit_code  # noqa: PLC0415
        from target_qbo.desk.shops import Shops  # noqa: PLC0415

    write_logs(as_json=log == "json")
    shops = Shops(path, secrets, os.environ)
    stores = _meant(shops.stores(), shard, names)
    bookmarks = MeltanoBookmarks(project.resolve(), shops.variables, os.environ)
    fleet = Fleet(shops.stores(), shops.variables, bookmarks, project)
    of_night = Night(fleet.sync, at_once=at_once, limit_seconds=limit * 60, tell=_tell, turn=turn)
    signal.signal(signal.SIGTERM, lambda *_: of_night.stop())
    signal.signal(signal.SIGINT, lambda *_: of_night.stop())
    outcomes = of_night.run(stores)
    _show(outcomes, form)
    code = exit_code(outcomes)
    if of_night.left_behind:
        # Their threads can't be ended, and Python would wait for what they have begun.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    bookmarks.close()
    sys.exit(code)


def _meant(stores: Sequence[Store], shard: Shard | None, names: Sequence[str]) -> list[Store]:
    if unknown := sorted(set(names) - {store.name for store in stores}):
        raise ConfigurationError(f"no store is named {', '.join(unknown)}")
    meant = [store for store in stores if not names or store.name in names]
    meant = [store for store in meant if shard is None or shard.holds(store)]
    wrong = [store.name for store in meant if store.problems]
    more = f", {len(wrong)} of them not to be used as they stand: {', '.join(wrong)}" if wrong else ""
    logger.info("%d of %d stores%s", len(meant), len(stores), more)
    return meant


def _tell(outcome: Outcome) -> None:
    """Log that a store is through."""
    level = logging.ERROR if outcome.code else logging.INFO
    told = outcome.reason or "done"
    fields = {"event_name": "night_ended", "night": outcome.as_record()}
    logger.log(level, "%s: %s", outcome.store, told, extra=fields)


def _show(outcomes: Sequence[Outcome], form: str) -> None:
    rows = [_row(outcome) for outcome in outcomes]
    failed = sum(outcome.code != 0 for outcome in outcomes)
    if form == "json":
        stores = [outcome.as_record() for outcome in outcomes]
        show_document({"stores": stores, "done": len(outcomes) - failed, "failed": failed})
        return
    show(rows, _COLUMNS, form)
    click.echo(f"{len(outcomes) - failed} of {len(outcomes)} stores done")


def _row(outcome: Outcome) -> dict[str, Any]:
    figures = {name: outcome.figures.get(name, "") for name in _FIGURES}
    return {
        "store": outcome.store,
        "ended": outcome.code.name.lower().replace("_", " "),
        **figures,
        "seconds": f"{outcome.seconds:.1f}",
        "reason": outcome.reason,
    }
